"""Which network a training starts from: one of the hub with its Keras source, a file, or one that has seen nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edgewright import hub
from edgewright.errors import UsageError
from edgewright.mistaken import meant
from edgewright.model import InputMetadata
from edgewright.spelling import argument

DEFAULT = "efficientnet_lite0"

_SUFFIXES = (".keras", ".h5")

# As the hub names trained ones: version, width, side of the picture.
_UNTRAINED = re.compile(r"mobilenet_v([12])_(\d+_\d+)_(\d+):untrained")
_EXAMPLE = "mobilenet_v2_0_35_96:untrained"

# MobileNets take pixels from -1 to 1 (keras.applications, mobilenet_v2.preprocess_input).
_MINUS_ONE_TO_ONE = InputMetadata(mean=(127.5,), std=(127.5,))

# The smallest side that keras.applications builds them for, and a largest that still fits small computers.
_LEAST_SIDE, _MOST_SIDE = 32, 512

_MOST_WIDTH = 2


@dataclass(frozen=True)
class Shape:
    """A MobileNet without weights: its version, width (1 is the usual one) and the side of its pictures in pixels."""

    version: int
    width: float
    side: int


@dataclass(frozen=True)
class Backbone:
    """A network in a Keras file, or one that is still to be built. `described`: how a picture is prepared for it.

    That is said as far as it is known. `network` is a path, or the shape of an untrained one.
    """

    name: str
    network: Path | Shape
    described: InputMetadata

    @property
    def untrained(self) -> bool:
        """Whether it has seen nothing yet."""
        return isinstance(self.network, Shape)


def find_backbone(name: str) -> Backbone:
    """The backbone of a name or path; "" is EfficientNet-Lite0. Nothing is downloaded.

    Raises `HubError` with the line to type where the hub's model is not on this machine, `UsageError` for what is no
    backbone.
    """
    name = name or DEFAULT
    path = Path(name)
    if path.suffix in _SUFFIXES:
        if not path.is_file():
            raise UsageError(f"{argument('backbone', name)}: there is no such file{meant(path)}")
        return Backbone(path.name, path.resolve(), InputMetadata())
    if found := _UNTRAINED.fullmatch(name):
        return Backbone(name, _shape(name, *found.groups()), _MINUS_ONE_TO_ONE)
    if name not in hub.with_source():
        wrong = "has no Keras source to train on" if name in hub.names() else "is unknown"
        raise UsageError(
            f"{argument('backbone', name)} {wrong}. Expected {', '.join(hub.with_source())}, the path of a .keras "
            f"file, or a MobileNet without weights such as {_EXAMPLE}"
        )
    return Backbone(name, hub.source(name), hub.entry(name).preparation)


def _shape(name: str, version: str, width: str, side: str) -> Shape:
    shape = Shape(int(version), float(width.replace("_", ".")), int(side))
    if not 0 < shape.width <= _MOST_WIDTH or not _LEAST_SIDE <= shape.side <= _MOST_SIDE:
        raise UsageError(f"{argument('backbone', name)}: expected a width up to 2_0 and a side from 32 to 512 pixels")
    return shape
