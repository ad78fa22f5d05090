"""Prediction of what an accelerator takes: its op set decides operator by operator, its habit which piece of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgewright.check.op_set import OpSet, op_set
from edgewright.check.partition import Piece, blockers, neighbors, pieces
from edgewright.check.results import OperatorVerdict, TargetReport, Verdict, judged
from edgewright.model import ModelFile, Node, multiply_accumulates

Choose = Callable[[Sequence[Piece]], Piece]


def predict(target: str, model: ModelFile, choose: Choose) -> TargetReport:
    """What becomes of each operator where the target takes the one piece that `choose` picks of those it could."""
    known = op_set(target)
    refused = {node.operator.index: why for node in model.nodes if (why := known.why_not(node))}
    possible = {operator.index for operator in model.ops} - refused.keys()
    found = [piece for piece in pieces(model.main, possible) if piece.taken]
    taken = set(choose(found).operators) if found else set()
    operators = _verdicts(model, taken, refused)
    return TargetReport(
        target=target,
        title=known.title,
        basis=f"predicted for {known.describes} by the list of {known.date}: {known.source}",
        operators=operators,
        problem=_problem(known, operators),
        pieces=len(found),
        splits=tuple(sorted(neighbors(model.main, taken) & refused.keys())),
        notices=known.notes,
    )


def _verdicts(model: ModelFile, taken: set[int], refused: dict[int, str]) -> tuple[OperatorVerdict, ...]:
    before = blockers(model.main, refused.keys())
    return tuple(_verdict(model, node, taken, refused, before) for node in model.nodes)


def _verdict(
    model: ModelFile, node: Node, taken: set[int], refused: dict[int, str], before: dict[int, int]
) -> OperatorVerdict:
    index = node.operator.index
    macs = multiply_accumulates(node.operator, model.main)
    if index in taken:
        return judged(node, macs, Verdict.RUNS)
    if is_foreign(node):
        return judged(node, macs, Verdict.UNSUPPORTED, "a custom operator that LiteRT does not have either")
    if index in refused:
        return judged(node, macs, Verdict.CPU, refused[index])
    blocker = before.get(index)
    if blocker is None:
        return judged(node, macs, Verdict.CPU, "in a smaller piece than the one that is taken")
    return judged(node, macs, Verdict.CPU, f"comes after operator {blocker} ({model.ops[blocker].name})", blocker)


def is_foreign(node: Node) -> bool:
    """Whether it is a custom operator whose kernel does not come with the LiteRT runtime."""
    return node.operator.is_custom and node.operator.name not in op_set("cpu").operators


def _problem(known: OpSet, operators: tuple[OperatorVerdict, ...]) -> str:
    foreign = next((operator for operator in operators if operator.verdict is Verdict.UNSUPPORTED), None)
    if foreign is not None:
        return f"operator {foreign.index} ({foreign.name}) runs neither there nor in LiteRT"
    if any(operator.verdict is Verdict.RUNS for operator in operators):
        return ""
    return f"{known.title} takes none of the {len(operators)} operators; all would run on the CPU"
