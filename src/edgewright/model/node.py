"""One operator together with what it refers to: what the checks of operators ask."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from edgewright.errors import FormatError
from edgewright.model.checking.folding import Folding
from edgewright.model.graph import Graph, Operator, TensorSpec
from edgewright.model.storage.buffers import Buffers

_INTEGERS = {"int32": "i", "int64": "q"}

Shape = tuple[int, ...]


class Node(NamedTuple):
    """An operator in its subgraph (`graph.subgraphs[number]`), with the constants of the file."""

    operator: Operator
    number: int
    graph: Graph
    buffers: Buffers
    folding: Folding | None = None

    def broken(self, why: str) -> FormatError:
        """The error to raise: where the operator is, and what is wrong with it."""
        return FormatError(f"subgraph {self.number}, operator {self.operator.index} ({self.operator.name}): {why}")

    def option(self, name: str) -> int:
        """An integer or bool option. Without its table the runtime takes zero, not the schema's default."""
        return int(self.operator.options.get(name, 0))

    def input(self, place: int) -> TensorSpec | None:
        """The input in a place of the list; `None` where it is left out."""
        return self._tensor(self.operator.inputs, place)

    def output(self, place: int) -> TensorSpec | None:
        """The output in a place of the list; `None` where it is left out."""
        return self._tensor(self.operator.outputs, place)

    def input_shape(self, place: int) -> Shape | None:
        """The shape of an input; `None` where it is left out or may have another shape when the model runs."""
        return self._known(self.input(place))

    def output_shape(self, place: int) -> Shape | None:
        """The shape of an output; `None` where it is left out or may have another shape when the model runs."""
        return self._known(self.output(place))

    def is_constant(self, tensor: TensorSpec) -> bool:
        """Whether the tensor's bytes are in the file."""
        return bool(len(self.buffers[tensor.buffer]))

    def integers(self, place: int) -> Shape | None:
        """The values of an int32 or int64 input that is constant or, with `folding`, made of constants; else `None`."""
        tensor = self.input(place)
        if tensor is None or tensor.is_sparse or tensor.dtype not in _INTEGERS:
            return None
        if not self.is_constant(tensor):
            made = self.folding and self.folding.value(self.number, tensor.index)
            return tuple(map(int, made.numbers)) if made else None
        data = self.buffers[tensor.buffer]
        return struct.unpack(f"<{tensor.elements}{_INTEGERS[tensor.dtype]}", data)

    def numbers(self, place: int) -> tuple[float, ...] | None:
        """The values of a short input of any plain type that is constant or made of constants; else `None`."""
        tensor = self.input(place)
        made = self.folding.value(self.number, tensor.index) if self.folding and tensor else None
        return made.numbers if made else None

    def _tensor(self, indices: Sequence[int], place: int) -> TensorSpec | None:
        if place >= len(indices) or indices[place] < 0:
            return None
        return self.graph.subgraphs[self.number].tensors[indices[place]]

    def _known(self, tensor: TensorSpec | None) -> Shape | None:
        """Tensors of unknown rank are written with an empty shape, like scalars."""
        if tensor is None or -1 in tensor.shape_signature or not (tensor.shape or self.is_constant(tensor)):
            return None
        return tensor.shape
