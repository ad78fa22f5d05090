"""Looks numbers up, through the operators that make them, as far back as the file's constants."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from edgewright.model.graph import Graph, Operator, TensorSpec
from edgewright.model.storage.buffers import Buffers

Number = int | float

FORMATS: Mapping[str, str] = {
    "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
    "float32": "f", "bool": "?",
}  # fmt: skip


class Value(NamedTuple):
    """A tensor's numbers, in the order of its elements."""

    dtype: str
    shape: tuple[int, ...]
    numbers: tuple[Number, ...]


# Shapes, indices and sizes are short, and made in few steps.
_MOST_ELEMENTS = 1024
_DEEPEST = 64


class Folding:
    """What the small tensors of a file hold, where that is known; each is computed once, when it is asked for."""

    def __init__(self, graph: Graph, buffers: Buffers) -> None:
        self._graph = graph
        self._buffers = buffers
        self._makers: dict[int, dict[int, Operator]] = {}
        self._known: dict[tuple[int, int], Value | None] = {}

    def value(self, number: int, index: int, depth: int = 0) -> Value | None:
        """The numbers of a tensor of a subgraph; `None` where they are many, or depend on what the model is given."""
        place = (number, index)
        if place not in self._known:
            self._known[place] = None  # also the answer for one that is made of itself, which no sound file has
            self._known[place] = self._find(number, index, depth)
        return self._known[place]

    def _find(self, number: int, index: int, depth: int) -> Value | None:
        subgraph = self._graph.subgraphs[number]
        if not 0 <= index < len(subgraph.tensors) or depth > _DEEPEST:
            return None
        tensor = subgraph.tensors[index]
        if tensor.dtype not in FORMATS or tensor.is_sparse or tensor.is_variable or tensor.scale:
            return None
        data = self._buffers[tensor.buffer] if tensor.buffer < len(self._buffers) else b""
        if len(data):
            return self._stored(tensor, data)
        maker = self._maker(number, index)
        return None if maker is None else self._made(number, maker, tensor, depth)

    def _stored(self, tensor: TensorSpec, data: memoryview | bytes) -> Value | None:
        if tensor.elements > _MOST_ELEMENTS or len(data) != tensor.nbytes:
            return None
        return Value(tensor.dtype, tensor.shape, struct.unpack(f"<{tensor.elements}{FORMATS[tensor.dtype]}", data))

    def _made(self, number: int, maker: Operator, tensor: TensorSpec, depth: int) -> Value | None:
        if maker.name == "SHAPE" and len(maker.inputs) == 1:
            return self._shape_of(number, maker.inputs[0], tensor.dtype)
        if maker.outputs != (tensor.index,):
            return None
        from edgewright.model.checking.folding.arithmetic import compute  # most files compute nothing of constants

        inputs = [self.value(number, index, depth + 1) for index in maker.inputs]
        given = [value for value in inputs if value is not None]
        made = compute(maker, given, tensor) if len(given) == len(inputs) else None
        return made if made is not None and len(made.numbers) <= _MOST_ELEMENTS else None

    def _shape_of(self, number: int, index: int, dtype: str) -> Value | None:
        """Of a constant: what files say of the shapes of others is not what the runtime finds."""
        subgraph = self._graph.subgraphs[number]
        if not 0 <= index < len(subgraph.tensors):
            return None
        tensor = subgraph.tensors[index]
        fixed = len(self._buffers[tensor.buffer]) > 0 if tensor.buffer < len(self._buffers) else False
        if not fixed or -1 in tensor.shape_signature:
            return None
        return Value(dtype, (len(tensor.shape),), tensor.shape)

    def _maker(self, number: int, index: int) -> Operator | None:
        if number not in self._makers:
            operators = self._graph.subgraphs[number].operators
            self._makers[number] = {made: operator for operator in operators for made in operator.outputs}
        return self._makers[number].get(index)
