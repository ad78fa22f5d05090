"""What of a model is rewritten from uint8 to int8: islands of operators that can be, and that pay for their shores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edgewright.model import ModelFile, Operator, multiply_accumulates
from edgewright.rewrite.modernizing.rules import RULES, is_legacy, obstacle, rounds_otherwise, tensors_of
from edgewright.rewrite.modernizing.weights import fitting
from edgewright.rewrite.protocol import LeftAlone

_EDGE_TPU = "edgetpu-custom-op"


@dataclass(frozen=True)
class Plan:
    """The operators to rewrite, by index, and why the others that work on uint8 are left alone."""

    operators: frozenset[int]
    left_alone: tuple[LeftAlone, ...]


def plan(
    model: ModelFile, *, edges_stay: bool, lossless: bool, worth: int, numbers: Sequence[int] | None = None
) -> Plan:
    """Judge each operator by itself, then each island of those that can be rewritten.

    An island is rewritten if it has `worth` multiply-accumulates for each value that is converted on its shores.
    `numbers`: by which each operator is named where it is left alone; its index by default.
    """
    legacy = [one for one in model.ops if any(map(is_legacy, tensors_of(one, model)))]
    if any(one.name == _EDGE_TPU for one in model.ops):
        reason = "compiled for the Edge TPU: rewrite the file that it was compiled from"
        return Plan(frozenset(), (LeftAlone("the whole file", reason),) if legacy else ())
    reasons = {one.index: _reason(one, model, lossless) for one in legacy}
    edges = {*model.main.inputs, *model.main.outputs} if edges_stay else set()
    for island in _islands([one for one in legacy if reasons[one.index] is None], model):
        useless = _gains_nothing(island, model, edges, worth)
        reasons |= {one.index: useless for one in island}
    called = numbers or range(len(model.ops))
    left_alone = [
        LeftAlone(f"operator {called[index]} ({model.ops[index].name})", reason.text, reason.kind)
        for index, reason in reasons.items()
        if reason
    ]
    operators = frozenset(index for index, reason in reasons.items() if not reason)
    return Plan(operators, (*left_alone, *_other_subgraphs(model)))


class _Reason(NamedTuple):
    """Why an operator is left alone, and of what kind that is where it has numbers of its own."""

    text: str
    kind: str = ""


def _reason(operator: Operator, model: ModelFile, lossless: bool) -> _Reason | None:
    found = obstacle(operator, model) or rounds_otherwise(operator, anywhere=lossless)
    if found:
        return _Reason(found)
    return _misfit(operator, model) if lossless else None


def _misfit(operator: Operator, model: ModelFile) -> _Reason | None:
    places = RULES[operator.name].weights
    if places is None:
        return None
    weights = model.main.tensors[operator.inputs[places.weights]]
    fits = fitting(model.constant(weights), weights, places.axis)
    if fits.all():
        return None
    text = f"{(~fits).sum()} of {len(fits)} channels do not fit into -127 to 127 and would be rounded"
    return _Reason(text, "rounded")


def _islands(operators: Iterable[Operator], model: ModelFile) -> list[list[Operator]]:
    """Operators that are joined by uint8 results, in groups."""
    islands: list[tuple[set[int], list[Operator]]] = []
    for operator in operators:
        touched, members = _results(operator, model), [operator]
        for other in [one for one in islands if one[0] & touched]:
            islands.remove(other)
            touched |= other[0]
            members += other[1]
        islands.append((touched, members))
    return [members for _, members in islands]


def _results(operator: Operator, model: ModelFile) -> set[int]:
    """The uint8 tensors of an operator that are no constants."""
    return {one.index for one in tensors_of(operator, model) if is_legacy(one) and not model.constant(one)}


def _gains_nothing(island: Sequence[Operator], model: ModelFile, edges: set[int], worth: int) -> _Reason | None:
    """Why an island is not worth it, `None` where it is."""
    work = sum(multiply_accumulates(one, model.main) or 0 for one in island)
    members = {one.index for one in island}
    outside = (set(one.inputs) | set(one.outputs) for one in model.ops if one.index not in members)
    shore = set().union(edges, *outside) & set().union(*(_results(one, model) for one in island))
    converted = sum(model.main.tensors[index].elements for index in shore)
    if work and work >= worth * converted:
        return None
    text = f"nothing to gain: {work:,} multiply-accumulates in int8 for {converted:,} values converted"
    return _Reason(text, "nothing to gain")


def _other_subgraphs(model: ModelFile) -> list[LeftAlone]:
    return [
        LeftAlone(f"subgraph {number}", "bodies of control flow are not rewritten")
        for number, subgraph in enumerate(model.graph.subgraphs)
        if number and any(map(is_legacy, subgraph.tensors))
    ]
