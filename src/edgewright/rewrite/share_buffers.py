"""Constants with the same bytes, stored once."""

from __future__ import annotations

from edgewright.model import ModelFile, Table
from edgewright.rewrite.protocol import LeftAlone, Rewritten
from edgewright.rewrite.tables import renumber_buffers

# Less than this is saved for nothing: what the file says of its own origin grows by as much.
_WORTH = 256


class ShareBuffers:
    """Let constants of equal bytes, of whatever type and shape, refer to one buffer."""

    name = "share-buffers"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Share over all subgraphs. States are written to while a model runs, so each keeps its own."""
        tables = model.edit()
        first = _first_of_equals(model, _states(model))
        saved = _redirect(tables, first, model)
        total = sum(saved.values())
        if total < _WORTH:
            reason = f"{total:,} bytes in all, which is less than a note about it takes"
            return Rewritten(model, left_alone=(LeftAlone("equal constants", reason),) if saved else ())
        renumber_buffers(tables)
        count = len(saved)
        change = f"{count} buffer{'s' * (count > 1)} of {total:,} bytes shared with one of the same bytes"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,))


def _states(model: ModelFile) -> set[int]:
    return {spec.buffer for subgraph in model.graph.subgraphs for spec in subgraph.tensors if spec.is_variable}


def _first_of_equals(model: ModelFile, states: set[int]) -> dict[int, int]:
    """For every buffer of a constant the first buffer with the same bytes."""
    by_content: dict[bytes, int] = {}
    first = {}
    for subgraph in model.graph.subgraphs:
        for spec in subgraph.tensors:
            if spec.buffer not in states and len(model.constant(spec)):
                first[spec.buffer] = by_content.setdefault(bytes(model.constant(spec)), spec.buffer)
    return first


def _redirect(tables: Table, first: dict[int, int], model: ModelFile) -> dict[int, int]:
    """Point tensors to the first of equals; the return value is the bytes of each buffer that lost its tensors."""
    saved = {}
    for table, subgraph in zip(tables["subgraphs"], model.graph.subgraphs, strict=True):
        for tensor, spec in zip(table["tensors"], subgraph.tensors, strict=True):
            if first.get(spec.buffer, spec.buffer) != spec.buffer:
                tensor["buffer"] = first[spec.buffer]
                saved[spec.buffer] = len(model.constant(spec))
    return saved
