"""Where channels stand: sources in the order of PyTorch and ONNX have them first, LiteRT's models last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.ports import InputPort, OutputPort

_Port = TypeVar("_Port", InputPort, OutputPort)

_CHANNELS = (1, 3, 4)
_LAST, _FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


@dataclass(frozen=True)
class Layout:
    """Which inputs and outputs a file has channels-last where its source has them channels-first, in their order."""

    inputs: tuple[bool, ...]
    outputs: tuple[bool, ...]

    @classmethod
    def of(
        cls, inputs: Sequence[InputPort], outputs: Sequence[Sequence[int | None] | None], *, keep: bool = False
    ) -> Layout:
        """The layout of a file: pictures that go in are turned, and outputs that are maps of such a picture.

        A picture has the shape (n, 1, 3 or 4, height, width) and real numbers or bytes; its maps are as high and wide.
        `keep`: nothing is turned. `outputs` are their shapes, None where not known.
        """
        turned = tuple(not keep and _is_picture(port) for port in inputs)
        sizes = {port.shape[2:] for port, yes in zip(inputs, turned, strict=True) if yes}
        maps = tuple(shape is not None and len(shape) == 4 and tuple(shape[2:]) in sizes for shape in outputs)
        return cls(turned, maps)

    @property
    def turns(self) -> bool:
        """Whether anything is turned."""
        return any((*self.inputs, *self.outputs))

    def as_filed(self, ports: Sequence[_Port], turned: Sequence[bool]) -> tuple[_Port, ...]:
        """The source's ports with the shapes that the file has; `turned` is `inputs` or `outputs`."""
        return tuple(
            replace(port, shape=tuple(port.shape[axis] for axis in _LAST)) if yes and port.shape else port
            for port, yes in zip(ports, turned, strict=True)
        )


def channels_first(array: Array) -> Array:
    """(n, height, width, channels) -> (n, channels, height, width), in one piece of memory."""
    return np.ascontiguousarray(array.transpose(_FIRST))


def channels_last(array: Array) -> Array:
    """(n, channels, height, width) -> (n, height, width, channels), in one piece of memory."""
    return np.ascontiguousarray(array.transpose(_LAST))


def _is_picture(port: InputPort) -> bool:
    shape = port.shape
    if len(shape) != 4 or shape[1] not in _CHANNELS or np.dtype(port.dtype).kind not in "fu":
        return False
    return all(size is None or size > max(_CHANNELS) for size in shape[2:])
