"""Where a graph that stands alone begins and ends: the tensors that are named, or those that can only be meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.errors import UsageError
from edgewright.spelling import argument

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")
# What stands at the end of a graph and is no result.
_ASIDE = frozenset({"NoOp", "Assert", "Const", "PlaceholderWithDefault", *_PLACEHOLDERS})
_MOST_NAMED = 6


@dataclass(frozen=True)
class Ends:
    """Tensors by their whole names ("images:0"), each with the name that people use for it."""

    inputs: dict[str, str]
    outputs: dict[str, str]


def ends_of(graph: MetaGraph, options: ConversionOptions, source: str) -> Ends:
    """Inputs and outputs as the options name them; else the placeholders, and what nothing else uses.

    Raises `UsageError` for names that the graph does not have, and where several outputs could be meant.
    """
    outputs = options.outputs or _only_end(graph, source)
    named = _tensors(graph, outputs, "outputs", source)
    inputs = options.inputs or _placeholders(graph, named)
    if not inputs:
        said = f"nothing says what goes in: {', '.join(outputs)} depends on no placeholder"
        raise UsageError(f"{source}: {said}. Name its inputs: {argument('inputs')}")
    return Ends(_tensors(graph, inputs, "inputs", source), named)


def is_placeholder(graph: MetaGraph, tensor: str) -> bool:
    """Whether a tensor is what a program fed."""
    return graph.nodes[_node(tensor)].op in _PLACEHOLDERS


def _only_end(graph: MetaGraph, source: str) -> tuple[str, ...]:
    ends = tuple(_ends(graph))
    if len(ends) == 1:
        return ends
    listed = f"nothing else uses {_listed(ends)}" if ends else "something uses each of its operators"
    raise UsageError(
        f"{source}: a graph does not say what comes out of it; {listed}. Name its outputs: {argument('outputs')}"
    )


def _ends(graph: MetaGraph) -> Iterator[str]:
    used = {name for node in graph.nodes.values() for name in node.inputs}
    return (node.name for node in graph.nodes.values() if node.name not in used and node.op not in _ASIDE)


def _placeholders(graph: MetaGraph, outputs: dict[str, str]) -> tuple[str, ...]:
    """Those that the outputs depend on, in the order of the graph."""
    entered = replace(graph, entry_nodes=tuple(map(_node, outputs.values())))
    reached = {placed.node.name for placed in entered.called() if not placed.function}
    return tuple(node.name for node in graph.nodes.values() if node.name in reached and node.op in _PLACEHOLDERS)


def _tensors(graph: MetaGraph, names: Sequence[str], kind: str, source: str) -> dict[str, str]:
    """Names as they were given to whole names; the first result of an operator is meant where none is said."""
    tensors: dict[str, str] = {}
    for name in names:
        node, _, port = name.partition(":")
        if node not in graph.nodes or not (port or "0").isdecimal():
            raise UsageError(f"{source}: there is no tensor {name!r} in the graph{_instead(graph, name, kind)}")
        tensors[name] = f"{node}:{port or 0}"
    if len(set(tensors.values())) < len(names):
        raise UsageError(f"{source}: {argument(kind)} names a tensor twice: {', '.join(names)}")
    return tensors


def _instead(graph: MetaGraph, name: str, kind: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, graph.nodes, n=1, cutoff=0.7)
    if near:
        return f". Did you mean {near[0]!r}?"
    likely = list(_ends(graph))
    if kind == "inputs":
        likely = [node.name for node in graph.nodes.values() if node.op in _PLACEHOLDERS]
    return f". It has {_listed(likely)}" if likely else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def _node(tensor: str) -> str:
    return tensor.partition(":")[0]
