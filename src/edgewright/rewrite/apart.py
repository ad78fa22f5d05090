"""An output that joins several meanings as so many outputs: each can then be quantized with a scale of its own.

The joining is undone from its end backwards, through whatever only moves numbers about. Where something computes on
all of them together, they are cut out of its result: they had one scale there already.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from edgewright.model import ModelFile, Operator, TensorSpec
from edgewright.rewrite.drop_dead import DropDead
from edgewright.rewrite.tables import add_constant, add_tensor, new_operator

Shape = tuple[int, ...]

# Versions of the kernels for float32, in which these operators are written.
_VERSIONS = {"CONCATENATION": 1, "TRANSPOSE": 1, "RESHAPE": 1, "SLICE": 1}


def outputs_apart(model: ModelFile, place: int, axis: int, sizes: Sequence[int], names: Sequence[str]) -> ModelFile:
    """The model with the output at `place` as outputs of their own: neighboring entries of an axis, so many in each.

    The first one stays in its place, the others come behind all outputs; `names` are what they are called. Their
    numbers are the same. The signature of the old outputs goes.
    """
    work = _Apart(model)
    return work.built(place, work.pieces(model.outputs[place].index, axis, tuple(sizes)), names)


def last_apart(model: ModelFile, place: int, axis: int, each: int, names: Sequence[str]) -> ModelFile | None:
    """The model with the output at `place`, of `each` numbers for every thing along an axis, as two: the last of them.

    None where the graph does not join them. The second one comes behind all outputs.
    """
    work = _Apart(model)
    pieces = work.last(model.outputs[place], axis, each)
    return None if pieces is None else work.built(place, pieces, names)


class _Apart:
    """Takes tensors of the main subgraph apart, in a copy of the model's tables."""

    def __init__(self, model: ModelFile) -> None:
        self.tables = model.edit()
        self.subgraph = self.tables["subgraphs"][0]
        self._model = model
        self._makers = {output: operator for operator in model.ops for output in operator.outputs}

    def pieces(self, index: int, axis: int, sizes: tuple[int, ...]) -> list[int]:
        """Tensors with so many entries of the axis each, which together are the tensor."""
        spec = self._model.main.tensors[index]
        if len(sizes) == 1:
            return [self._renamable(index)]
        maker = self._makers.get(index)
        undo = None if maker is None else _UNDONE.get(maker.name)
        found = undo(self, maker, spec, axis, sizes) if undo is not None and maker is not None else None
        return found if found is not None else self._slices(spec, axis, sizes)

    def last(self, spec: TensorSpec, axis: int, each: int) -> list[int] | None:
        """All but the last of `each` numbers for every thing along an axis, and the last; None where nothing shows."""
        maker = self._makers.get(spec.index)
        things = spec.shape[axis] // each
        apart = (*spec.shape[:axis], things, each, *spec.shape[axis + 1 :])
        if maker is None or maker.name != "RESHAPE" or self._shape(maker.inputs[0]) != apart:
            return None
        found = []
        for piece, size in zip(self.pieces(maker.inputs[0], axis + 1, (each - 1, 1)), (each - 1, 1), strict=True):
            shape = (*spec.shape[:axis], things * size, *spec.shape[axis + 1 :])
            found.append(self._made("RESHAPE", [piece, self._constant(shape)], shape))
        return found

    def built(self, place: int, pieces: list[int], names: Sequence[str]) -> ModelFile:
        """The model with these tensors in place of an output."""
        for piece, name in zip(pieces, names, strict=True):
            self.subgraph["tensors"][piece]["name"] = name
        outputs = [output.index for output in self._model.outputs]
        self.subgraph["outputs"] = (*outputs[:place], pieces[0], *outputs[place + 1 :], *pieces[1:])
        self.tables["signature_defs"] = None
        return DropDead()(ModelFile.build(self.tables, self._model.files, self._model.name)).model

    def joined(self, operator: Operator, spec: TensorSpec, axis: int, sizes: tuple[int, ...]) -> list[int] | None:
        """Of a concatenation: its parts as they are, where it joins along this axis; else the pieces of each."""
        along = operator.options.get("axis", 0) % len(spec.shape)
        if operator.options.get("fused_activation_function"):
            return None
        if along != axis:
            columns = [self._pieces_of(part, axis, sizes) for part in operator.inputs]
            return [self._concatenated(list(parts), along) for parts in zip(*columns, strict=True)]
        return self._regrouped(operator, axis, sizes)

    def transposed(self, operator: Operator, spec: TensorSpec, axis: int, sizes: tuple[int, ...]) -> list[int] | None:
        """Of a transposition: the pieces of what is transposed, each transposed."""
        order = self._numbers(operator.inputs[1])
        if order is None:
            return None
        found = []
        for piece in self._pieces_of(operator.inputs[0], order[axis], sizes):
            shape = self._shape(piece)
            found.append(self._made("TRANSPOSE", [piece, operator.inputs[1]], tuple(shape[one] for one in order)))
        return found

    def reshaped(self, operator: Operator, spec: TensorSpec, axis: int, sizes: tuple[int, ...]) -> list[int] | None:
        """Of a reshaping that keeps the axis: the pieces of what is reshaped, each reshaped."""
        before = self._model.main.tensors[operator.inputs[0]].shape
        there = _same_axis(before, spec.shape, axis)
        if there is None:
            return None
        found = []
        for piece, size in zip(self._pieces_of(operator.inputs[0], there, sizes), sizes, strict=True):
            shape = (*spec.shape[:axis], size, *spec.shape[axis + 1 :])
            found.append(self._made("RESHAPE", [piece, self._constant(shape)], shape))
        return found

    def _regrouped(self, operator: Operator, axis: int, sizes: tuple[int, ...]) -> list[int]:
        """The parts of a concatenation in groups of so many entries; a part that is in two of them is cut."""
        ends = list(accumulate(sizes))
        groups: list[list[int]] = [[] for _ in sizes]
        first = 0
        for part in operator.inputs:
            stop = first + self._shape(part)[axis]
            cuts = [first, *(end for end in ends if first < end < stop), stop]
            widths = tuple(after - before for before, after in pairwise(cuts))
            for piece, start in zip(self._pieces_of(part, axis, widths), cuts, strict=False):
                groups[next(number for number, end in enumerate(ends) if start < end)].append(piece)
            first = stop
        return [self._concatenated(group, axis) for group in groups]

    def _pieces_of(self, index: int, axis: int, sizes: tuple[int, ...]) -> list[int]:
        """The pieces of a tensor on the way, which itself may be one of them."""
        return [index] if len(sizes) == 1 else self.pieces(index, axis, sizes)

    def _slices(self, spec: TensorSpec, axis: int, sizes: tuple[int, ...]) -> list[int]:
        found = []
        for first, size in zip(accumulate((0, *sizes)), sizes, strict=False):
            shape = (*spec.shape[:axis], size, *spec.shape[axis + 1 :])
            begin = tuple(first if place == axis else 0 for place in range(len(shape)))
            found.append(self._made("SLICE", [spec.index, self._constant(begin), self._constant(shape)], shape))
        return found

    def _concatenated(self, parts: list[int], axis: int) -> int:
        if len(parts) == 1:
            return self._renamable(parts[0])
        shapes = [self._shape(part) for part in parts]
        shape = (*shapes[0][:axis], sum(one[axis] for one in shapes), *shapes[0][axis + 1 :])
        return self._made("CONCATENATION", parts, shape, axis=axis, fused_activation_function=0)

    def _renamable(self, index: int) -> int:
        """The tensor, or where it is an input, a constant or an output already, one with the same numbers."""
        tensor = self._model.main.tensors[index] if index < len(self._model.main.tensors) else None
        if tensor is None or (index in self._makers and index not in self._model.main.outputs):
            return index
        return self._made("RESHAPE", [index, self._constant(tensor.shape)], tensor.shape)

    def _made(self, name: str, inputs: list[int], shape: Shape, **options: int) -> int:
        dtype = self._model.main.tensors[inputs[0]].dtype if inputs[0] < len(self._model.main.tensors) else "float32"
        made = add_tensor(self.subgraph, f"apart/{len(self.subgraph['tensors'])}", dtype, shape)
        self.subgraph["operators"].append(new_operator(self.tables, name, _VERSIONS[name], inputs, [made], **options))
        return made

    def _constant(self, numbers: Shape) -> int:
        name, data = f"apart/{len(self.subgraph['tensors'])}", np.array(numbers, "<i4").tobytes()
        return add_constant(self.tables, self.subgraph, name, "int32", (len(numbers),), data)

    def _numbers(self, index: int) -> Shape | None:
        """The whole numbers of a constant; None where the tensor is none."""
        spec = self._model.main.tensors[index]
        data = self._model.constant(spec)
        return tuple(np.frombuffer(data, "<i4").tolist()) if len(data) and spec.dtype == "int32" else None

    def _shape(self, index: int) -> Shape:
        return tuple(self.subgraph["tensors"][index]["shape"])


_UNDONE = {"CONCATENATION": _Apart.joined, "TRANSPOSE": _Apart.transposed, "RESHAPE": _Apart.reshaped}


def _same_axis(before: Shape, after: Shape, axis: int) -> int | None:
    """The axis of a tensor that is this one behind a reshaping; None where it is split up or joined with another."""
    left, right = math.prod(after[:axis]), math.prod(after[axis + 1 :])
    for place, size in enumerate(before):
        if size == after[axis] and math.prod(before[:place]) == left and math.prod(before[place + 1 :]) == right:
            return place
    return None
