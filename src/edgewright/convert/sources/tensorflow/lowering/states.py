"""What a graph keeps from one run to the next, or draws anew at each, and why: a file can do neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from edgewright.convert.obstacles.advice import Obstacle, find_advice
from edgewright.convert.obstacles.unsupported import UnsupportedOperator
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph, Placed
from edgewright.convert.sources.tensorflow.names import layer_of

_WRITES = frozenset({"AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"})
_REASONS: dict[Obstacle, str] = {
    "state": "keeps a state in a variable from one run to the next, and a file has no first value for it",
    "statistics": "works as in training: it measures each batch anew and keeps the result in a variable",
    "chance": "draws random numbers at each run, as in training",
}
_NORMALIZATION = re.compile(r"(batch|spectral)_?norm|AssignMovingAvg", re.IGNORECASE)
# Seeds are whole numbers (DataType of types.proto: int32, int64, uint32, uint64), what is measured is none.
_WHOLE = frozenset({3, 9, 22, 23})


def kept_states(graphs: Sequence[MetaGraph], layers: Mapping[str, str]) -> Iterator[UnsupportedOperator]:
    """The operators that write to variables; `layers` are names of layers and their classes."""
    known = frozenset(layers)
    for graph in graphs:
        called = graph.called()
        for call in called:
            if call.node.op in _WRITES:
                layer = layer_of(call.node.name, known)
                why = _why(call, called, layers.get(layer, ""))
                yield UnsupportedOperator("AssignVariableOp", layer, _REASONS[why], why)


def all_kept_states(graph: MetaGraph) -> Iterator[UnsupportedOperator]:
    """The operators that write to variables in a graph of which all runs, with the name of each."""
    for placed in graph.all_nodes():
        if placed.node.op in _WRITES:
            yield UnsupportedOperator("AssignVariableOp", placed.node.name, _REASONS["state"], "state")


def random_draws(graphs: Sequence[MetaGraph], layers: Mapping[str, str]) -> Iterator[UnsupportedOperator]:
    """The operators that draw random numbers when the graph runs."""
    known = frozenset(layers)
    for graph in graphs:
        for call in graph.called():
            if _is_random(call):
                layer = layer_of(call.node.name, known)
                yield UnsupportedOperator(call.node.op, layer, "draws random numbers at each run", "chance")


def _why(write: Placed, called: Sequence[Placed], kind: str) -> Obstacle:
    """What a variable is written for: by its type, its layer's class, or the names around it."""
    around = [call for call in called if call.function == write.function]
    if write.node.types.get("dtype") in _WHOLE:
        return "chance" if any(map(_is_random, around)) else "state"
    return "statistics" if _NORMALIZATION.search(kind or write.node.name) else "state"


def _is_random(call: Placed) -> bool:
    entry = find_advice(call.node.op)
    return entry is not None and entry.key == "random"
