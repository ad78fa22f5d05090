"""What of a model is rewritten from uint8 to int8: islands of operators that can be, and are worth it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgewright.model import ModelFile, Operator
from edgewright.rewrite.modernize_rules import RULES, is_legacy, obstacle, rounds_otherwise, tensors_of
from edgewright.rewrite.modernize_weights import fitting
from edgewright.rewrite.protocol import LeftAlone

# Files compiled for it run there; what is left on the processor belongs to a fixed hand-over.
_EDGE_TPU = "edgetpu-custom-op"

_NO_GAIN = "no operator with weights beside it: int8 would gain nothing"


@dataclass(frozen=True)
class Plan:
    """The operators to rewrite, by index, and why the others that work on uint8 are left alone."""

    operators: frozenset[int]
    left_alone: tuple[LeftAlone, ...]


def plan(model: ModelFile, *, lossless: bool) -> Plan:
    """Judge each operator by itself, then drop islands that hold nothing which gets faster."""
    legacy = [one for one in model.ops if any(map(is_legacy, tensors_of(one, model)))]
    if any(one.name == _EDGE_TPU for one in model.ops):
        reason = "compiled for the Edge TPU: rewrite the file that it was compiled from"
        return Plan(frozenset(), (LeftAlone("the whole file", reason),) if legacy else ())
    reasons: dict[int, str | None] = {one.index: _reason(one, model, lossless) for one in legacy}
    able = [one for one in legacy if reasons[one.index] is None]
    idle = [island for island in _islands(able, model) if not any(RULES[one.name].weights for one in island)]
    reasons |= {one.index: _NO_GAIN for island in idle for one in island}
    left_alone = [
        LeftAlone(f"operator {index} ({model.ops[index].name})", reason) for index, reason in reasons.items() if reason
    ]
    return Plan(frozenset(index for index, reason in reasons.items() if not reason), tuple(left_alone))


def _reason(operator: Operator, model: ModelFile, lossless: bool) -> str | None:
    found = obstacle(operator, model) or rounds_otherwise(operator)
    if found is None and lossless:
        return _misfit(operator, model)
    return found


def _misfit(operator: Operator, model: ModelFile) -> str | None:
    places = RULES[operator.name].weights
    if places is None:
        return None
    weights = model.main.tensors[operator.inputs[places.weights]]
    fits = fitting(model.constant(weights), weights, places.axis)
    if fits.all():
        return None
    return f"{(~fits).sum()} of {len(fits)} channels do not fit into -127 to 127 and would be rounded"


def _islands(operators: Iterable[Operator], model: ModelFile) -> list[list[Operator]]:
    """Operators that are joined by uint8 results, in groups."""
    islands: list[tuple[set[int], list[Operator]]] = []
    for operator in operators:
        touched = {one.index for one in tensors_of(operator, model) if is_legacy(one) and not model.constant(one)}
        members = [operator]
        for other in [one for one in islands if one[0] & touched]:
            islands.remove(other)
            touched |= other[0]
            members += other[1]
        islands.append((touched, members))
    return [members for _, members in islands]
