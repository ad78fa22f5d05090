"""Weights that need nine bits, each as two of eight: what they are multiplied with is there twice, which is exact.

A convolution gets the values of such a weight once more, as a column behind the others. A depthwise convolution adds up
no two columns, so a channel of it that does not fit is computed beside it, by a convolution over its values and a copy
of them, and comes in as a column behind the others too; its own column is not read any more. All of that is still in
uint8, and stays the same number by number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile, Operator, Table, TensorSpec
from edgewright.rewrite.modernizing.added import Added
from edgewright.rewrite.modernizing.rules import is_legacy, obstacle, zero_point_of
from edgewright.rewrite.modernizing.weights import LIMIT, centered
from edgewright.rewrite.tables import readers, renumber_buffers, renumber_tensors

Weights = npt.NDArray[np.int16]

_CONVOLUTION, _DEPTHWISE = "CONV_2D", "DEPTHWISE_CONV_2D"
_TILE = 32  # channels that the runtime's convolution makes at a time
_GROUP = 16  # channels of several pixels in one, where there are few
_PICTURE = 4  # dimensions: batch, height, width, channels


class Split(NamedTuple):
    """The model with such weights split; `numbers` has for each of its operators that of the one it is made for."""

    model: ModelFile
    numbers: tuple[int, ...]


def split(model: ModelFile) -> Split:
    """Split all weights of convolutions that int8 cannot hold, where that can be done."""
    splitting = _Splitting(model)
    tables = splitting.tables
    made = [(operator.index, table) for operator in model.ops for table in splitting.operators(operator)]
    if len(made) == len(model.ops):
        return Split(model, tuple(range(len(made))))
    graph = tables["subgraphs"][0]
    graph["operators"] = [table for _, table in made]
    gone = _named(model.edit()["subgraphs"][0]) - _named(graph)
    renumber_tensors(tables, 0, set(range(len(graph["tensors"]))) - gone)
    renumber_buffers(tables)
    return Split(ModelFile.build(tables, model.files, model.name), tuple(number for number, _ in made))


def _named(graph: Table) -> set[int]:
    """The tensors that operators, the caller or the result name."""
    return {index for one in (graph, *graph["operators"]) for index in (*one["inputs"], *one["outputs"]) if index >= 0}


class _Splitting:
    def __init__(self, model: ModelFile) -> None:
        self.tables = model.edit()
        self._model = model
        self._tensors = model.main.tensors
        self._before: list[Table] = list(self.tables["subgraphs"][0]["operators"])
        self._added = Added(self.tables, signed=False)
        read = readers(model.main)
        kept = {*model.main.outputs}
        makers = {operator.outputs[0]: operator for operator in model.ops if operator.name == _DEPTHWISE}
        self._beside = {
            operator.index: makers[values]
            for operator in model.ops
            if self._can_be(operator)
            and (values := operator.inputs[0]) in makers
            and len(read[values]) == 1
            and values not in kept
            and self._can_be(makers[values])
        }

    def operators(self, operator: Operator) -> Iterator[Table]:
        """What computes the same as an operator of the original."""
        columns = list(self._columns(operator)) if self._can_be(operator) else []
        if not columns:
            yield self._without_unread(operator)
            return
        values = self._tensors[operator.inputs[0]]
        joined = self._added.like(values, (*values.shape[:3], values.shape[3] + len(columns)))
        yield from self._joined(self._beside.get(operator.index), values, columns, joined)
        yield self._wider(operator, columns, joined)

    def _joined(
        self, depthwise: Operator | None, values: TensorSpec, columns: list[int], joined: int
    ) -> Iterator[Table]:
        """Values with columns behind them."""
        if depthwise is None and values.shape[3] + len(columns) <= _TILE:
            yield from self._chosen(values, [*range(values.shape[3]), *columns], joined)
            return
        made = self._added.like(values, (*values.shape[:3], len(columns)))
        yield from self._again(depthwise, columns, made) if depthwise else self._chosen(values, columns, made)
        yield self._added.operator("CONCATENATION", 1, (values.index, made), joined, axis=3)

    def _without_unread(self, operator: Operator) -> Table:
        """As it was; of a depthwise convolution the channels that are computed beside it are cut off to fit."""
        table = self._before[operator.index]
        if operator not in self._beside.values() or not _outside(self._weights(operator)):
            return table
        inputs = list(operator.inputs)
        inputs[1] = self._stored(self._tensors[inputs[1]], _halves(self._weights(operator))[0])
        return table | {"inputs": tuple(inputs)}

    def _columns(self, operator: Operator) -> Iterator[int]:
        """The channels of a convolution's values that it needs beside those it has, some of them twice."""
        if operator.name != _CONVOLUTION:
            return
        weights, beside = self._weights(operator), self._beside.get(operator.index)
        elsewhere = _outside(self._weights(beside)) if beside else frozenset()
        for channel in sorted(_outside(weights) | elsewhere):
            yield from [channel] * ((channel in _outside(weights)) + (channel in elsewhere))

    def _chosen(self, values: TensorSpec, channels: list[int], result: int) -> Iterator[Table]:
        """Some channels of values as they are, by a convolution with ones; few of them for several pixels at a time."""
        depth, pixels = values.shape[3], math.prod(values.shape[:3])

        def fits(group: int) -> bool:
            return pixels % group == 0 and group * depth <= _GROUP and group * len(channels) <= _GROUP

        group = next(one for one in (4, 2, 1) if one == 1 or fits(one))
        chosen = np.kron(np.eye(group, dtype=np.uint8), np.eye(depth, dtype=np.uint8)[channels])
        weights = self._added.constant(f"{values.name}_chosen", chosen.reshape(-1, 1, 1, group * depth), 1.0)
        bias = self._added.constant(f"{values.name}_nothing", np.zeros(len(chosen), "<i4"), values.scale[0])
        options = {"padding": 1, "stride_w": 1, "stride_h": 1}
        if group == 1:
            yield self._added.operator(_CONVOLUTION, 1, (values.index, weights, bias), result, **options)
            return
        packed, made = (
            self._added.like(values, (1, pixels // group, 1, group * count)) for count in (depth, len(channels))
        )
        yield self._added.reshape(values.index, packed)
        yield self._added.operator(_CONVOLUTION, 1, (packed, weights, bias), made, **options)
        yield self._added.reshape(made, result)

    def _again(self, depthwise: Operator, channels: list[int], result: int) -> Iterator[Table]:
        """Some channels of a depthwise convolution, by a convolution over their values and copies of them."""
        values, weights = self._tensors[depthwise.inputs[0]], self._weights(depthwise)[0]
        outside = _outside(self._weights(depthwise))
        sources = [channel for channel in sorted({*channels}) for _ in range(1 + (channel in outside))]
        chosen = self._added.like(values, (*values.shape[:3], len(sources)))
        yield from self._chosen(values, sources, chosen)
        height, width, _ = weights.shape
        dense = np.zeros((len(channels), height, width, len(sources)), np.int16)
        for place, channel in enumerate(channels):
            first, rest = _halves(weights[..., channel])
            at = sources.index(channel)
            dense[place, ..., at] = first
            if channel in outside:
                dense[place, ..., at + 1] = rest
        spec = self._tensors[depthwise.inputs[1]]
        inputs = [chosen, self._stored(spec, dense)]
        if len(depthwise.inputs) > 2 and depthwise.inputs[2] >= 0:
            inputs.append(self._bias(self._tensors[depthwise.inputs[2]], channels))
        options = {name: value for name, value in depthwise.options.items() if name != "depth_multiplier"}
        yield self._added.operator(_CONVOLUTION, 1, inputs, result, **options)

    def _wider(self, operator: Operator, columns: list[int], joined: int) -> Table:
        """A convolution that takes the columns too, each weight that does not fit divided between two of them."""
        weights, beside = self._weights(operator), self._beside.get(operator.index)
        elsewhere = _outside(self._weights(beside)) if beside else frozenset()
        first, rest = _halves(weights)
        kept = first.copy()
        kept[..., sorted(elsewhere)] = 0
        more = [
            first[..., channel] if channel in elsewhere and columns.index(channel) == place else rest[..., channel]
            for place, channel in enumerate(columns)
        ]
        spec = self._tensors[operator.inputs[1]]
        stored = self._stored(spec, np.concatenate([kept, np.stack(more, axis=-1)], axis=-1))
        return self._before[operator.index] | {"inputs": (joined, stored, *operator.inputs[2:])}

    def _stored(self, spec: TensorSpec, weights: Weights) -> int:
        values = (weights + zero_point_of(spec)).astype(np.uint8)
        return self._added.constant(f"{spec.name}_split", values, spec.scale[0], zero_point_of(spec))

    def _bias(self, spec: TensorSpec, channels: list[int]) -> int:
        values = np.frombuffer(self._model.constant(spec), "<i4")[channels]
        return self._added.constant(f"{spec.name}_split", values, spec.scale[0])

    def _weights(self, operator: Operator) -> Weights:
        """The weights counted from their zero point."""
        spec = self._tensors[operator.inputs[1]]
        return centered(self._model.constant(spec), spec)

    def _can_be(self, operator: Operator) -> bool:
        """Whether it is a convolution of which everything is known, and two numbers of eight bits are enough."""
        if operator.name not in (_CONVOLUTION, _DEPTHWISE) or obstacle(operator, self._model):
            return False
        values, weights = (self._tensors[index] for index in operator.inputs[:2])
        return (
            is_legacy(values)
            and len(values.shape) == _PICTURE
            and values.shape == values.shape_signature
            and values.shape[3] == weights.shape[3]
            and int(np.abs(self._weights(operator)).max(initial=0)) <= 2 * LIMIT
        )


def _outside(weights: Weights) -> frozenset[int]:
    """The channels, along the last axis, of weights that do not fit."""
    return frozenset(map(int, np.flatnonzero((np.abs(weights) > LIMIT).any(axis=(0, 1, 2)))))


def _halves(weights: Weights) -> tuple[Weights, Weights]:
    """As much of each weight as fits, and the rest."""
    first = weights.clip(-LIMIT, LIMIT)
    return first, weights - first
