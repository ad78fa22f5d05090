"""Constants of operators that change from uint8 to int8: weights, biases and constant values, in their new form."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import TENSOR_TYPES, ModelFile, Operator, Table, TensorSpec
from edgewright.rewrite.modernizing.rules import RULES, is_legacy, zero_point_of
from edgewright.rewrite.modernizing.weights import SignedWeights, rescaled_bias, signed

SHIFT = 128  # From the middle of uint8 to that of int8.


class Constants:
    """Gives each use of a constant a tensor: the old one where nothing else needs it as it was, else a new one.

    `staying` are the tensors that are needed as they are. `weights` collects what became of weights, by operator.
    """

    def __init__(self, model: ModelFile, tables: Table, staying: Collection[int]) -> None:
        self.weights: dict[int, SignedWeights] = {}
        self._model = model
        self._buffers = tables["buffers"]
        self._tensors = tables["subgraphs"][0]["tensors"]
        self._before = list(self._tensors)
        self._staying = set(staying)
        self._placed: dict[Hashable, int] = {}

    def inputs(self, operator: Operator) -> Sequence[int]:
        """The inputs of a rewritten operator, constants in their new form."""
        places = RULES[operator.name].weights
        if places is None:
            return [self._value(index) for index in operator.inputs]
        found = list(operator.inputs)
        weights, values = (self._model.main.tensors[found[place]] for place in (places.weights, places.values))
        made = self.weights[operator.index] = signed(self._model.constant(weights), weights, places.axis)
        # One scale for all, where there is one, is what most runtimes take in FULLY_CONNECTED.
        scales = made.scales[:1] if operator.name == "FULLY_CONNECTED" and made.fits.all() else made.scales
        changes = {"type": _INT8, "quantization": _symmetric(scales, places.axis)}
        found[places.weights] = self._place(weights, made.values, changes)
        if places.bias < len(found) and found[places.bias] >= 0:
            bias = self._model.main.tensors[found[places.bias]]
            stored = rescaled_bias(self._model.constant(bias), weights.scale[0], made.scales)
            changes = {"quantization": _symmetric(np.float32(values.scale[0]) * scales, 0)}
            found[places.bias] = self._place(bias, stored, changes)
        return found

    def _value(self, index: int) -> int:
        """A constant that is no weight keeps its scale: each number less 128."""
        spec = self._model.main.tensors[index]
        if index < 0 or not is_legacy(spec) or not self._model.constant(spec):
            return index
        values = np.frombuffer(self._model.constant(spec), np.uint8) ^ np.uint8(SHIFT)
        return self._place(spec, values, shifted(self._before[index], spec))

    def _place(self, spec: TensorSpec, values: npt.NDArray[Any], changes: Table) -> int:
        """The tensor for one way of using a constant; the same way again has the same one."""
        data = values.tobytes()
        key = (spec.index, data, repr(changes))
        if key not in self._placed:
            self._buffers.append({"data": data})
            table = {**self._before[spec.index], **changes, "buffer": len(self._buffers) - 1}
            if spec.index in self._staying:
                self._placed[key] = append(self._tensors, table, f"{spec.name}_int8")
            else:
                self._tensors[spec.index], self._placed[key] = table, spec.index
                self._staying.add(spec.index)
        return self._placed[key]


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
