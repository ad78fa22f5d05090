"""What a model computes, as values: tensors, operators, subgraphs and signatures.

They are named tuples and not data classes because reading a model is on the way of every short program, and a data
class takes five times as long to define.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from edgewright.errors import FormatError
from edgewright.model.storage.flatbuffer import Blob, Table
from edgewright.model.storage.schema import BUILTIN_OPERATORS, TENSOR_TYPES

_CUSTOM = BUILTIN_OPERATORS.index("CUSTOM")

# Bits per element; `string`, `resource` and `variant` have no fixed size.
BITS = {
    "int2": 2,
    "int4": 4,
    "uint4": 4,
    **dict.fromkeys(("bool", "int8", "uint8", "float8_e4m3fn", "float8_e5m2"), 8),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 16),
    **dict.fromkeys(("int32", "uint32", "float32"), 32),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 64),
    "complex128": 128,
}


class TensorSpec(NamedTuple):
    """One tensor: its place in the subgraph, shape, type and quantization.

    `shape` has 1 where a dimension is free and `shape_signature` has -1 there. `scale` and `zero_point` hold one
    entry for the whole tensor or one per slice along `axis`; both are empty where the tensor is not quantized:
    real = scale * (stored - zero_point). `buffer` is the index of its constant data, 0 where it has none.
    """

    index: int  # type: ignore[assignment]  # hides the method of tuples, which nobody needs here
    name: str
    shape: tuple[int, ...]
    dtype: str
    shape_signature: tuple[int, ...] = ()
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    axis: int = 0
    buffer: int = 0
    is_variable: bool = False
    is_sparse: bool = False

    @property
    def quantized(self) -> bool:
        """Whether the stored numbers stand for real ones through `scale` and `zero_point`."""
        return bool(self.scale)

    @property
    def elements(self) -> int:
        """The number of elements; 1 for a scalar."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int | None:
        """Size in bytes as the format stores it (4-bit types are packed), `None` for types without a fixed size."""
        bits = BITS.get(self.dtype)
        return None if bits is None else (self.elements * bits + 7) // 8


class Operator(NamedTuple):
    """One step of the computation.

    `inputs` and `outputs` are tensor indices of the operator's subgraph; -1 stands for an optional input left out.
    `options` are the fields of its option table, by the names of the schema; `option_table` is the table's name. Both
    are empty where the file leaves the table out. `custom_options` are the bytes of a custom operator's.
    """

    index: int  # type: ignore[assignment]  # hides the method of tuples, which nobody needs here
    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = MappingProxyType({})
    option_table: str = ""
    is_custom: bool = False
    custom_options: bytes = b""


class Subgraph(NamedTuple):
    """A graph of operators in the order of their execution; the first one of a file is the model itself."""

    name: str
    tensors: tuple[TensorSpec, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]


class Signature(NamedTuple):
    """A named way to call the model: argument and result names with their tensor indices."""

    key: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    subgraph: int = 0


class Graph(NamedTuple):
    """All subgraphs of a file and the signatures into them."""

    subgraphs: tuple[Subgraph, ...]
    signatures: tuple[Signature, ...]


def build_graph(model: Table) -> Graph:
    """Turn the decoded root table into values. Indices are taken as they are: `checks` judges them."""
    codes = [_operator_code(code) for code in model["operator_codes"] or ()]
    subgraphs = tuple(_subgraph(table, codes) for table in model["subgraphs"] or ())
    return Graph(subgraphs, tuple(_signature(table) for table in model["signature_defs"] or ()))


def builtin_code(code: Table) -> int:
    """The builtin operator's number: files from before 2020 have it in the older, one-byte field only."""
    return max(int(code["builtin_code"]), int(code["deprecated_builtin_code"]))


def _operator_code(code: Table) -> tuple[str, int, bool]:
    number = builtin_code(code)
    if not 0 <= number < len(BUILTIN_OPERATORS):
        raise FormatError(
            f"operator code {number} is unknown to this version (it knows 0 to {len(BUILTIN_OPERATORS) - 1})"
        )
    if number != _CUSTOM:
        return BUILTIN_OPERATORS[number], code["version"], False
    return code["custom_code"] or "(unnamed custom operator)", code["version"], True


def _subgraph(table: Table, codes: list[tuple[str, int, bool]]) -> Subgraph:
    return Subgraph(
        name=table["name"] or "",
        tensors=tuple(_tensor(index, tensor) for index, tensor in enumerate(table["tensors"] or ())),
        inputs=table["inputs"] or (),
        outputs=table["outputs"] or (),
        operators=tuple(_operator(index, operator, codes) for index, operator in enumerate(table["operators"] or ())),
    )


def _tensor(index: int, table: Table) -> TensorSpec:
    type_ = table["type"]
    if not 0 <= type_ < len(TENSOR_TYPES):
        raise FormatError(f"tensor {index} has type {type_}, unknown to this version")
    quantization = table["quantization"] or {}
    shape = table["shape"] or ()
    return TensorSpec(
        index=index,
        name=table["name"] or "",
        shape=shape,
        dtype=TENSOR_TYPES[type_],
        shape_signature=table["shape_signature"] or shape,
        scale=quantization.get("scale") or (),
        zero_point=quantization.get("zero_point") or (),
        axis=quantization.get("quantized_dimension") or 0,
        buffer=table["buffer"],
        is_variable=table["is_variable"],
        is_sparse=table["sparsity"] is not None,
    )


def _operator(index: int, table: Table, codes: list[tuple[str, int, bool]]) -> Operator:
    number = table["opcode_index"]
    if number >= len(codes):
        raise FormatError(f"operator {index} has code {number}, and the file lists {len(codes)}")
    name, version, is_custom = codes[number]
    union = table["builtin_options"] or table["builtin_options2"]
    return Operator(
        index=index,
        name=name,
        version=version,
        inputs=table["inputs"] or (),
        outputs=table["outputs"] or (),
        options=_plain(union[1]) if union else {},
        option_table=union[0] if union else "",
        is_custom=is_custom,
        custom_options=bytes(table["custom_options"] or b"") if is_custom else b"",
    )


def _plain(options: Table) -> Table:
    return {name: bytes(value) if isinstance(value, Blob) else value for name, value in options.items()}


def _signature(table: Table) -> Signature:
    def names(maps: list[Table] | None) -> dict[str, int]:
        return {one["name"] or "": one["tensor_index"] for one in maps or ()}

    return Signature(
        table["signature_key"] or "", names(table["inputs"]), names(table["outputs"]), table["subgraph_index"]
    )
