"""Where channels stand: sources in the order of PyTorch and ONNX have them first, LiteRT's models last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.ports import InputPort, OutputPort

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

    def filed_inputs(self, ports: Sequence[InputPort]) -> tuple[InputPort, ...]:
        """The source's inputs with the shapes that the file has."""
        return tuple(
            replace(port, shape=_turned(port.shape), turned=True) if yes else port
            for port, yes in zip(ports, self.inputs, strict=True)
        )

    def filed_outputs(self, ports: Sequence[OutputPort]) -> tuple[OutputPort, ...]:
        """The source's outputs with the shapes that the file has."""
        return tuple(
            replace(port, shape=_turned(port.shape)) if yes and port.shape else port
            for port, yes in zip(ports, self.outputs, strict=True)
        )

    def as_sourced(self, shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """The source's own shapes of its inputs, of those that the file has."""
        return [
            tuple(shape[axis] for axis in _FIRST) if turned else shape
            for shape, turned in zip(shapes, self.inputs, strict=True)
        ]


def channels_first(array: Array) -> Array:
    """(n, height, width, channels) -> (n, channels, height, width), in one piece of memory."""
    return np.ascontiguousarray(array.transpose(_FIRST))


def channels_last(array: Array) -> Array:
    """(n, channels, height, width) -> (n, height, width, channels), in one piece of memory."""
    return np.ascontiguousarray(array.transpose(_LAST))


def _turned(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return tuple(shape[axis] for axis in _LAST)


def _is_picture(port: InputPort) -> bool:
    shape = port.shape
    if len(shape) != 4 or shape[1] not in _CHANNELS or np.dtype(port.dtype).kind not in "fu":
        return False
    return all(size is None or size > max(_CHANNELS) for size in shape[2:])
