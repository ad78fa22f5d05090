"""Constants of operators that change from uint8 to int8: weights, biases and constant values, in their new form."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import TENSOR_TYPES, ModelFile, Operator, Table, TensorSpec
from edgewright.rewrite.modernize_rules import RULES, is_legacy, zero_point_of
from edgewright.rewrite.modernize_weights import SignedWeights, rescaled_bias, signed

SHIFT = 128  # From the middle of uint8 to that of int8.


class Constants:
    """Gives each use of a constant a tensor: the old one where nothing else needs it as it was, else a new one.

    `staying` are the tensors that are needed as they are. `weights` collects what became of weights, by operator.
    """

    def __init__(self, model: ModelFile, tables: Table, staying: Collection[int]) -> None:
        self.weights: dict[int, SignedWeights] = {}
        self._model = model
        self._tables = tables
        self._staying = staying
        self._placed: dict[Hashable, int] = {}
        self._changed: set[int] = set()

    def inputs(self, operator: Operator) -> Sequence[int]:
        """The inputs of a rewritten operator, constants in their new form."""
        places = RULES[operator.name].weights
        if places is None:
            return [self._value(index) for index in operator.inputs]
        found = list(operator.inputs)
        weights = self._model.main.tensors[operator.inputs[places.weights]]
        made = self.weights[operator.index] = signed(self._model.constant(weights), weights, places.axis)
        scales = made.scales
        if operator.name == "FULLY_CONNECTED" and made.fits.all():
            scales = scales[:1]  # One for all is what most runtimes take here.
        found[places.weights] = self._weights(weights, made, scales, places.axis)
        if places.bias < len(found) and found[places.bias] >= 0:
            values = self._model.main.tensors[operator.inputs[places.values]]
            bias = self._model.main.tensors[operator.inputs[places.bias]]
            found[places.bias] = self._bias(bias, values, weights, made, scales)
        return found

    def _value(self, index: int) -> int:
        """A constant that is no weight keeps its scale: each number less 128."""
        spec = self._model.main.tensors[index]
        if index < 0 or not is_legacy(spec) or not self._model.constant(spec):
            return index
        values = np.frombuffer(self._model.constant(spec), np.uint8) ^ np.uint8(SHIFT)
        return self._place("value", spec, values, shifted(self._table(spec), spec))

    def _weights(self, spec: TensorSpec, made: SignedWeights, scales: npt.NDArray[np.float32], axis: int) -> int:
        key = ("weights", len(scales), axis)
        return self._place(key, spec, made.values, {"type": _INT8, "quantization": _symmetric(scales, axis)})

    def _bias(
        self,
        spec: TensorSpec,
        values: TensorSpec,
        weights: TensorSpec,
        made: SignedWeights,
        scales: npt.NDArray[np.float32],
    ) -> int:
        stored = rescaled_bias(self._model.constant(spec), weights.scale[0], made.scales)
        products = np.float32(values.scale[0]) * scales
        return self._place(("bias", products.tobytes()), spec, stored, {"quantization": _symmetric(products, 0)})

    def _place(self, use: Hashable, spec: TensorSpec, data: npt.NDArray[Any], changes: Table) -> int:
        """One tensor for each way of using a constant."""
        key = (spec.index, use)
        if key not in self._placed:
            buffers, tensors = self._tables["buffers"], self._tables["subgraphs"][0]["tensors"]
            buffers.append({"data": data.tobytes()})
            table = {**self._table(spec), **changes, "buffer": len(buffers) - 1}
            if spec.index in self._staying or spec.index in self._changed:
                self._placed[key] = append(tensors, table, f"{spec.name}_int8")
            else:
                self._changed.add(spec.index)
                tensors[spec.index] = table
                self._placed[key] = spec.index
        return self._placed[key]

    def _table(self, spec: TensorSpec) -> Table:
        table: Table = self._tables["subgraphs"][0]["tensors"][spec.index]
        return table


_INT8 = TENSOR_TYPES.index("int8")


def shifted(table: Table, spec: TensorSpec) -> Table:
    """What a tensor's table has in int8: the same real numbers, each stored one less 128."""
    quantization = {**table["quantization"], "zero_point": (zero_point_of(spec) - SHIFT,)}
    return {"type": _INT8, "quantization": quantization}


def append(tensors: list[Table], table: Table, name: str) -> int:
    """Add a tensor under a name that no other has; the return value is its index."""
    names = {one["name"] for one in tensors}
    while name in names:
        name += "_"
    tensors.append({**table, "name": name})
    return len(tensors) - 1


def _symmetric(scales: npt.NDArray[np.float32], axis: int) -> Table:
    return {
        "scale": tuple(map(float, scales)),
        "zero_point": (0,) * len(scales),
        "quantized_dimension": axis if len(scales) > 1 else 0,
    }
