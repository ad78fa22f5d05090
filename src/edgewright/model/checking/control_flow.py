"""Operators that run another subgraph: it is there, takes and gives what they do, and never ends up running itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgewright.errors import FormatError
from edgewright.model.graph import Graph, Operator, Subgraph
from edgewright.values import dataclass

# No converter nests loops and branches nearly this deep; the runtime needs its own stack for each level.
_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class _Call:
    """A subgraph that an operator runs. `skips` of the operator's inputs are for itself, the others for the subgraph.

    `gives` says whether the subgraph's outputs are the operator's; `tests` that it has one output, a bool.
    """

    option: str
    skips: int = 0
    gives: bool = True
    tests: bool = False


_CALLS: Mapping[str, tuple[_Call, ...]] = {
    "IF": (_Call("then_subgraph_index", skips=1), _Call("else_subgraph_index", skips=1)),
    "WHILE": (_Call("cond_subgraph_index", gives=False, tests=True), _Call("body_subgraph_index")),
    "STABLEHLO_WHILE": (_Call("cond_subgraph_index", gives=False, tests=True), _Call("body_subgraph_index")),
    "CALL_ONCE": (_Call("init_subgraph_index"),),
    "CALL": (_Call("subgraph"),),
    "STABLEHLO_COMPOSITE": (_Call("decomposition_subgraph_index"),),
}

# Their subgraphs work on single elements, so what they take is not what the operator takes.
_ELEMENTWISE: Mapping[str, str] = {
    "STABLEHLO_REDUCE": "body_subgraph_index",
    "STABLEHLO_REDUCE_WINDOW": "body_subgraph_index",
    "STABLEHLO_SORT": "comparator_subgraph_index",
    "STABLEHLO_SCATTER": "update_computation_subgraph_index",
}


def check_control_flow(graph: Graph) -> None:
    """Raise `FormatError` for a subgraph that is not there, does not fit its operator, or runs itself."""
    runs = [_check_subgraph(number, subgraph, graph) for number, subgraph in enumerate(graph.subgraphs)]
    if not any(runs):
        return
    depth: dict[int, int] = {}
    for number in range(len(runs)):
        _measure(number, runs, depth, 0)


def _check_subgraph(number: int, subgraph: Subgraph, graph: Graph) -> list[int]:
    """The subgraphs that this one runs, each of them checked."""
    runs = []
    for operator in subgraph.operators:
        where = f"subgraph {number}, operator {operator.index} ({operator.name})"
        for call in _CALLS.get(operator.name, ()):
            index = _existing(where, call.option, operator.options.get(call.option, 0), graph)
            _check_fit(where, call, operator, subgraph, graph.subgraphs[index])
            runs.append(index)
        if operator.name in _ELEMENTWISE:
            option = _ELEMENTWISE[operator.name]
            runs.append(_existing(where, option, operator.options.get(option, 0), graph))
        for index in operator.options.get("branch_subgraph_indices") or ():
            runs.append(_existing(where, "branch_subgraph_indices", index, graph))
    return runs


def _existing(where: str, option: str, index: int, graph: Graph) -> int:
    if not 0 <= index < len(graph.subgraphs):
        raise FormatError(f"{where}: {option} is {index}, and the file has {len(graph.subgraphs)} subgraphs")
    return index


def _check_fit(where: str, call: _Call, operator: Operator, caller: Subgraph, called: Subgraph) -> None:
    given = operator.inputs[call.skips :]
    if not _same_types(caller, given, called, called.inputs):
        raise FormatError(f"{where}: {call.option} takes other inputs than it is given")
    if call.gives and not _same_types(caller, operator.outputs, called, called.outputs):
        raise FormatError(f"{where}: {call.option} gives other outputs than are expected")
    if call.tests and [called.tensors[index].dtype for index in called.outputs] != ["bool"]:
        raise FormatError(f"{where}: {call.option} gives something else than one bool")


def _same_types(one: Subgraph, first: Sequence[int], other: Subgraph, second: Sequence[int]) -> bool:
    return len(first) == len(second) and all(
        a < 0 or one.tensors[a].dtype == other.tensors[b].dtype for a, b in zip(first, second, strict=True)
    )


def _measure(number: int, runs: Sequence[Sequence[int]], depth: dict[int, int], level: int) -> int:
    """How many subgraphs deep this one runs others; `level` are above it. What was measured before counts in full."""
    if level + depth.get(number, 1) > _MAX_DEPTH + 1:
        raise FormatError(f"subgraph {number} runs itself, or more than {_MAX_DEPTH} subgraphs run one another")
    if number not in depth:
        depth[number] = 1 + max((_measure(one, runs, depth, level + 1) for one in set(runs[number])), default=0)
    return depth[number]
