"""Tensors and operators that the original has not, in the tables of a model that changes from uint8 to int8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import TENSOR_TYPES, Table, TensorSpec
from edgewright.rewrite.modernizing.constants import append, shifted
from edgewright.rewrite.tables import operator_code

_OPTIONS = {
    "CONV_2D": ("Conv2DOptions", {"dilation_w_factor": 1, "dilation_h_factor": 1}),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", {"dilation_w_factor": 1, "dilation_h_factor": 1}),
    "CONCATENATION": ("ConcatenationOptions", {"fused_activation_function": 0}),
}


class Added:
    """Adds to the main subgraph of `tables`; what it gives back are indices of tensors, or operators' tables.

    `signed`: results are int8; else they are uint8 as before.
    """

    def __init__(self, tables: Table, *, signed: bool = True) -> None:
        self._tables = tables
        self._signed = signed
        self._tensors = tables["subgraphs"][0]["tensors"]

    def like(self, spec: TensorSpec, shape: Sequence[int]) -> int:
        """A result of another shape that stores the numbers of a uint8 tensor: as it does, or each one less 128."""
        quantization = {"scale": tuple(spec.scale), "zero_point": tuple(spec.zero_point)}
        table = {"type": TENSOR_TYPES.index("uint8"), "shape": tuple(shape), "buffer": 0, "quantization": quantization}
        return append(self._tensors, table | (shifted(table, spec) if self._signed else {}), f"{spec.name}_part")

    def real(self, index: int) -> int:
        """A tensor of the real numbers that another one stands for."""
        table = self._tensors[index]
        changes = {"type": TENSOR_TYPES.index("float32"), "quantization": None, "buffer": 0}
        return append(self._tensors, {**table, **changes}, f"{table['name']}_real")

    def constant(self, name: str, values: npt.NDArray[Any], scale: float | None = None, zero: int = 0) -> int:
        """A constant, quantized where it has a scale."""
        quantization = None if scale is None else {"scale": (scale,), "zero_point": (zero,)}
        self._tables["buffers"].append({"data": values.tobytes()})
        table = {
            "type": TENSOR_TYPES.index(values.dtype.name),
            "shape": values.shape,
            "buffer": len(self._tables["buffers"]) - 1,
            "quantization": quantization,
        }
        return append(self._tensors, table, name)

    def operator(self, name: str, version: int, inputs: Sequence[int], output: int, **options: int) -> Table:
        """An operator with one result, its options filled up."""
        union = None
        if name in _OPTIONS:
            table, defaults = _OPTIONS[name]
            union = (table, {**defaults, **options})
        code = operator_code(self._tables, name, version)
        return {"opcode_index": code, "inputs": tuple(inputs), "outputs": (output,), "builtin_options": union}

    def reshape(self, source: int, result: int) -> Table:
        """From one tensor to another of as many values."""
        shape = np.asarray(self._tensors[result]["shape"], "<i4")
        wanted = self.constant(f"{self._tensors[result]['name']}_shape", shape)
        return self.operator("RESHAPE", 1, (source, wanted), result)
