"""A model file written operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import BUILTIN_OPERATORS, TENSOR_TYPES, ModelFile, Table

# The older, one-byte field for operator codes ends here.
_ONE_BYTE = 127

# The first version of an operator is 1; these are the first that take what is used here: 8-bit weights beside float32
# numbers, with a scale for each row. Source: tensorflow/lite/tools/versioning/op_version.cc.
_VERSIONS = {"FULLY_CONNECTED": 12, "EMBEDDING_LOOKUP": 3, "BATCH_MATMUL": 1, "GELU": 1}


class GraphWriter:
    """Collects tensors and operators; every method that makes a tensor returns its index."""

    def __init__(self) -> None:
        self._tensors: list[Table] = []
        self._operators: list[Table] = []
        self._codes: list[tuple[str, int]] = []
        self._buffers: list[Table] = [{}]
        self._inputs: list[int] = []

    def input(self, name: str, shape: Sequence[int], dtype: str) -> int:
        """Add an input of the model."""
        self._inputs.append(self._tensor(name, shape, dtype))
        return self._inputs[-1]

    def constant(self, name: str, values: npt.NDArray[Any], scales: npt.NDArray[np.float32] | None = None) -> int:
        """Add numbers that the file holds; with `scales`, (rows,), each row is quantized around 0."""
        self._buffers.append({"data": np.ascontiguousarray(values).tobytes()})
        quantization = None
        if scales is not None:
            zeros = [0] * len(scales)
            quantization = {"scale": scales.tolist(), "zero_point": zeros, "quantized_dimension": 0}
        more = {"buffer": len(self._buffers) - 1, "quantization": quantization}
        return self._tensor(name, values.shape, str(values.dtype), **more)

    def operator(
        self,
        kind: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        *,
        name: str = "",
        dtype: str = "float32",
        options: tuple[str, Table] | None = None,
    ) -> int:
        """Add an operator with one output of this shape and type."""
        code = (kind, _VERSIONS.get(kind, 1))
        if code not in self._codes:
            self._codes.append(code)
        output = self._tensor(name or f"{kind.lower()}_{len(self._operators)}", shape, dtype)
        index = self._codes.index(code)
        table = {"opcode_index": index, "inputs": list(inputs), "outputs": [output], "builtin_options": options}
        self._operators.append(table)
        return output

    def model(self, outputs: Sequence[int], name: str) -> ModelFile:
        """Write the file. Raises `ModelError` where it is no sound model."""
        graph = {
            "tensors": self._tensors, "operators": self._operators, "inputs": self._inputs, "outputs": list(outputs)
        }  # fmt: skip
        codes = [_code(*code) for code in self._codes]
        tables = {"version": 3, "subgraphs": [graph], "operator_codes": codes, "buffers": self._buffers}
        return ModelFile.build({**tables, "metadata": None}, {}, name)

    def _tensor(self, name: str, shape: Sequence[int], dtype: str, **more: Any) -> int:
        table = {"name": name, "shape": list(shape), "type": TENSOR_TYPES.index(dtype), "buffer": 0, **more}
        self._tensors.append(table)
        return len(self._tensors) - 1


def _code(kind: str, version: int) -> Table:
    number = BUILTIN_OPERATORS.index(kind)
    return {"deprecated_builtin_code": min(number, _ONE_BYTE), "builtin_code": number, "version": version}
