"""Each operator of a model as a model of its own, for targets that are asked by running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgewright.errors import ModelError
from edgewright.model import ModelFile, Operator, Table


def alone(model: ModelFile) -> Iterator[tuple[Operator, ModelFile | None]]:
    """The operators of the main subgraph with their models; `None` for one that needs more than its own tensors.

    That are operators which run other subgraphs, keep a state elsewhere, or have no valid meaning by themselves.
    """
    tables = model.edit()
    for operator in model.ops:
        try:
            yield operator, _one(tables, operator)
        except ModelError:
            yield operator, None


def _one(tables: Table, operator: Operator) -> ModelFile | None:
    if any(name.endswith("subgraph_index") or name == "subgraph" for name in operator.options):
        return None
    main = tables["subgraphs"][0]
    used = list(dict.fromkeys(index for index in (*operator.inputs, *operator.outputs) if index >= 0))
    place = {index: position for position, index in enumerate(used)} | {-1: -1}
    tensors, buffers = _tensors(tables, [main["tensors"][index] for index in used])
    table = main["operators"][operator.index]
    code = tables["operator_codes"][table["opcode_index"]]
    read = list(dict.fromkeys(place[index] for index in operator.inputs if index >= 0))
    given = [index for index in read if not tensors[index]["buffer"] and not tensors[index]["is_variable"]]
    made = [place[index] for index in operator.outputs if index >= 0]
    subgraph = {
        "tensors": tensors,
        "inputs": given,
        "outputs": made,
        "operators": [{**table, "opcode_index": 0, **_renumbered(table, place)}],
    }
    whole = {"version": 3, "operator_codes": [code], "subgraphs": [subgraph], "buffers": buffers, "metadata": None}
    return ModelFile.build(whole, {}, f"operator {operator.index}")


def _renumbered(table: Table, place: dict[int, int]) -> Table:
    fields = {key: [place[index] for index in table[key] or ()] for key in ("inputs", "outputs")}
    return {**fields, "intermediates": None}


def _tensors(tables: Table, chosen: list[Table]) -> tuple[list[Table], list[Any]]:
    """Copies of the tensors, and the buffers they use; the first buffer is the empty one."""
    buffers: list[Table] = [{}]
    tensors = []
    for tensor in chosen:
        buffer = tables["buffers"][tensor["buffer"]]
        constant = bool(len(buffer.get("data") or b""))
        tensors.append({**tensor, "buffer": len(buffers) if constant else 0})
        if constant:
            buffers.append(buffer)
    return tensors, buffers
