"""What passes do to the tables of a model: add a tensor, a constant or an operator, read another one, count anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from edgewright.model import BUILTIN_OPERATORS, TENSOR_TYPES, Subgraph, Table, builtin_code

_OLD_FIELD_ENDS = 127  # The older, one-byte field for operator codes.

_DETAILS = ("scales", "zero_points")


def add_tensor(subgraph: Table, name: str, dtype: str, shape: Sequence[int], **more: Any) -> int:
    """Append a tensor without data and return its index."""
    tensor = {"name": name, "type": TENSOR_TYPES.index(dtype), "shape": tuple(shape), "buffer": 0, **more}
    subgraph["tensors"].append(tensor)
    return len(subgraph["tensors"]) - 1


def add_constant(
    tables: Table, subgraph: Table, name: str, dtype: str, shape: Sequence[int], data: bytes, **more: Any
) -> int:
    """Append a constant, its bytes little-endian, and return its index."""
    tables["buffers"].append({"data": data})
    return add_tensor(subgraph, name, dtype, shape, **more | {"buffer": len(tables["buffers"]) - 1})


def new_operator(
    tables: Table, name: str, version: int, inputs: Sequence[int], outputs: Sequence[int], **options: int
) -> Table:
    """An operator to be put into a subgraph; `options` are those of its own option table."""
    union = (_option_table(name), options) if options else None
    code = operator_code(tables, name, version)
    return {"opcode_index": code, "inputs": tuple(inputs), "outputs": tuple(outputs), "builtin_options": union}


def _option_table(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_")) + "Options"


def operator_code(tables: Table, name: str, version: int) -> int:
    """The index of an operator's code, made where there is none of that version."""
    number = BUILTIN_OPERATORS.index(name)
    for index, code in enumerate(tables["operator_codes"]):
        if builtin_code(code) == number and code["version"] == version:
            return index
    code = {"builtin_code": number, "deprecated_builtin_code": min(number, _OLD_FIELD_ENDS), "version": version}
    tables["operator_codes"].append(code)
    return len(tables["operator_codes"]) - 1


def readers(subgraph: Subgraph) -> dict[int, list[int]]:
    """Which operators read each tensor, by their indices; tensors that none reads are not in it."""
    found: dict[int, list[int]] = {}
    for operator in subgraph.operators:
        for index in dict.fromkeys(operator.inputs):
            found.setdefault(index, []).append(operator.index)
    return found


def read_instead(subgraph: Table, replaced: Mapping[int, int]) -> None:
    """Let every operator read another tensor in place of one; chains of replacements are followed."""

    def final(index: int) -> int:
        while index in replaced:
            index = replaced[index]
        return index

    for operator in subgraph["operators"]:
        operator["inputs"] = tuple(map(final, operator["inputs"] or ()))


def in_details(tensor: Table) -> dict[str, int]:
    """The tensors that hold a tensor's scales and zero points, where those lie in tensors of their own."""
    details = (tensor.get("quantization") or {}).get("details")
    return {key: details[1][key] for key in _DETAILS if details[1].get(key, -1) >= 0} if details else {}


def renumber_tensors(tables: Table, number: int, used: Collection[int]) -> int:
    """Keep only the tensors `used` of a subgraph; the return value is how many went."""
    subgraph = tables["subgraphs"][number]
    before = len(subgraph["tensors"])
    subgraph["tensors"], new = _kept(subgraph["tensors"], used)
    for table in (subgraph, *subgraph["operators"]):
        for key in ("inputs", "outputs", "intermediates"):
            if table.get(key):
                table[key] = tuple(new.get(index, index) for index in table[key])
    for tensor in subgraph["tensors"]:
        for key, index in in_details(tensor).items():
            tensor["quantization"]["details"][1][key] = new[index]
    for signature in tables["signature_defs"] or ():
        if signature["subgraph_index"] == number:
            for one in (*(signature["inputs"] or ()), *(signature["outputs"] or ())):
                one["tensor_index"] = new[one["tensor_index"]]
    return before - len(new)


def renumber_buffers(tables: Table) -> list[int]:
    """Keep only the buffers that something refers to, and number 0, that of no data; the sizes of those that went."""
    tensors = [tensor for subgraph in tables["subgraphs"] for tensor in subgraph["tensors"] or ()]
    entries = tables["metadata"] or []
    others = tables["metadata_buffer"] or ()
    used = {0, *others, *(one["buffer"] for one in (*tensors, *entries))}
    gone = [len(one.get("data") or b"") for index, one in enumerate(tables["buffers"]) if index not in used]
    tables["buffers"], new = _kept(tables["buffers"], used)
    for one in (*tensors, *entries):
        one["buffer"] = new[one["buffer"]]
    tables["metadata_buffer"] = tuple(new[index] for index in others) or None
    return gone


def renumber_codes(tables: Table) -> int:
    """Keep only the operator codes that an operator has; the return value is how many went."""
    operators = [operator for subgraph in tables["subgraphs"] for operator in subgraph["operators"] or ()]
    before = len(tables["operator_codes"])
    used = {operator["opcode_index"] for operator in operators}
    tables["operator_codes"], new = _kept(tables["operator_codes"], used)
    for operator in operators:
        operator["opcode_index"] = new[operator["opcode_index"]]
    return before - len(new)


def _kept(items: Sequence[Table], used: Collection[int]) -> tuple[list[Table], dict[int, int]]:
    """The items whose index is used, in their order, and their new indices by the old ones."""
    places = [index for index in range(len(items)) if index in used]
    return [items[index] for index in places], {old: new for new, old in enumerate(places)}
