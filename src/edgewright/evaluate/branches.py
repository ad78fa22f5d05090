"""Which branches of a graph an output joins: for each of its numbers, the operator that it comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile, Operator, TensorSpec

Ids = npt.NDArray[np.int32]

_RESHAPING = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "STABLEHLO_RESHAPE"})
_STORING = frozenset({"QUANTIZE", "DEQUANTIZE", "CAST"})
_ONE_BY_ONE = frozenset({"RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "ELU", "GELU", "HARD_SWISH", "ABS", "NEG"})
_FOLLOWED = _RESHAPING | _STORING | _ONE_BY_ONE | {"TRANSPOSE"}
_ARITHMETIC = frozenset({"MUL", "ADD", "SUB", "DIV"})

# What comes of these lies in 0 to 1, or in -1 to 1: each is of one meaning, however many entries it has.
_BOUNDED = frozenset({"SOFTMAX", "LOGISTIC", "STABLEHLO_LOGISTIC", "TANH", "L2_NORMALIZATION"})

# Beyond these nothing is followed: no output of a model is that long, or that far from what joins it.
_MOST_NUMBERS = 20_000_000
_DEEPEST = 64

_SCORES = -1


class Branches(NamedTuple):
    """What an output is put together from.

    `ids`: the branch of each number, of the output's shape; all the same where nothing is joined. `bounded` are those
    branches whose numbers lie in 0 to 1, or -1 to 1, by construction. `entries`: the axis along which the entries of
    the last layer lie, which is its last axis until it is transposed.
    """

    ids: Ids
    bounded: frozenset[int]
    entries: int


def branches_of(model: ModelFile, position: int) -> Branches:
    """Follow an output back to the operators that made its numbers, through what joins and lays them out.

    All scores are one branch: what came of a softmax or a sigmoid is of one size, whichever of them it was.
    """
    walk, index = _Walk(model), model.outputs[position].index
    ids = walk.ids(index)
    return Branches(ids, frozenset({_SCORES}) & frozenset(np.unique(ids).tolist()), walk.entries(index))


class _Walk:
    """Follows tensors back; a branch is called by the index of the tensor that it ends in, or `_SCORES`."""

    def __init__(self, model: ModelFile) -> None:
        self._model = model
        self._tensors = model.main.tensors
        self._makers = {index: operator for operator in model.ops for index in operator.outputs}

    def ids(self, index: int, depth: int = 0) -> Ids:
        """The branch of each number of a tensor."""
        tensor, maker = self._tensors[index], self._makers.get(index)
        found: Ids | None = None
        if maker is not None and depth < _DEEPEST and tensor.elements <= _MOST_NUMBERS:
            found = self._through(maker, tensor, depth + 1)
        if found is not None and found.shape == tensor.shape:
            return found
        return np.full(tensor.shape, index, np.int32)

    def entries(self, index: int, depth: int = 0) -> int:
        """The axis of a tensor along which the entries of the layer lie that computes it."""
        shape, maker = self._tensors[index].shape, self._makers.get(index)
        last = len(shape) - 1
        if maker is None or depth >= _DEEPEST or maker.name not in (_FOLLOWED | {"CONCATENATION"}):
            return last
        before = self.entries(maker.inputs[0], depth + 1)
        if maker.name == "TRANSPOSE":
            order = self._order(maker)
            return order.index(before) if before in order else last
        return _reshaped(before, self._tensors[maker.inputs[0]].shape, shape)

    def _through(self, maker: Operator, tensor: TensorSpec, depth: int) -> Ids | None:
        """The same, by the operator that makes the tensor; `None` where that begins a branch."""
        if maker.name in _BOUNDED:
            return np.full(tensor.shape, _SCORES, np.int32)
        if maker.name in ("CONCATENATION", "PACK"):
            return self._joined(maker, depth)
        if maker.name in _ARITHMETIC:
            return self._computed(maker, tensor, depth)
        if maker.name not in _FOLLOWED:
            return None
        before = self.ids(maker.inputs[0], depth)
        if maker.name in _RESHAPING:
            return before.reshape(tensor.shape) if before.size == tensor.elements else None
        if maker.name == "TRANSPOSE":
            return self._transposed(maker, before)
        return before if maker.name in _STORING or _several(before) else None

    def _joined(self, maker: Operator, depth: int) -> Ids | None:
        parts = [self.ids(index, depth) for index in maker.inputs]
        axis = int(maker.options.get("axis", 0))
        try:
            return np.concatenate(parts, axis) if maker.name == "CONCATENATION" else np.stack(parts, axis)
        except ValueError:  # shapes that are known only when it runs
            return None

    def _computed(self, maker: Operator, tensor: TensorSpec, depth: int) -> Ids | None:
        """What was joined, and then multiplied by constants or added to them; scores are none any more after that."""
        moving = [index for index in maker.inputs if index in self._makers]
        before = self.ids(moving[0], depth) if len(moving) == 1 else None
        if before is None or before.shape != tensor.shape or not _several(before):
            return None
        return np.where(before == _SCORES, np.int32(moving[0]), before)

    def _transposed(self, maker: Operator, before: Ids) -> Ids | None:
        order = self._order(maker)
        return before.transpose(order) if sorted(order) == list(range(before.ndim)) else None

    def _order(self, maker: Operator) -> list[int]:
        constant = self._model.constant(self._tensors[maker.inputs[1]])
        return np.frombuffer(constant, np.int32).tolist()  # type: ignore[no-any-return]


def _reshaped(axis: int, before: Sequence[int], after: Sequence[int]) -> int:
    """Where an axis is after a reshape; the last one where several may be it, and where it is no axis any more."""
    for place, size in reversed([*enumerate(after)]):
        if before[axis : axis + 1] == (size,) and math.prod(after[:place]) == math.prod(before[:axis]):
            return place
    return len(after) - 1


def _several(ids: npt.NDArray[Any]) -> bool:
    return bool(ids.size) and bool((ids != ids.flat[0]).any())
