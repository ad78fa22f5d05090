"""The CPU, measured: which operators LiteRT gives to XNNPACK, its delegate of fast kernels, and which it keeps.

XNNPACK takes some patterns on one kind of processor and not on another, so the result holds for this one.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence

from edgewright.check.inputs import make_up, wanted
from edgewright.check.partition import makers, neighbors
from edgewright.check.results import OperatorVerdict, TargetReport, Verdict, judged
from edgewright.check.targets.litert_child import Delegated, Measured, measure, try_operators
from edgewright.check.trying import MEMORY, Trial, how_it_ended, try_each
from edgewright.engine import WITHOUT_XNNPACK
from edgewright.errors import ChildError
from edgewright.machine import run_in_child
from edgewright.model import ModelFile, Node, Subgraph, multiply_accumulates

_TITLE = "XNNPACK"
_LEFT = "XNNPACK does not take it here"
_GAVE_UP = "XNNPACK gives up on this model"


def judge(model: ModelFile, *, timeout: float) -> TargetReport:
    """Run the model once on made-up inputs; where it does not run, try each operator alone."""
    measured = run_litert(model, samples=1, timeout=timeout)
    if measured.said:
        trials = try_each(try_operators, model, timeout=timeout)
        return _report(model, measured, tuple(_by_trial(model, node, trials) for node in model.nodes))
    taken = _taken(model.main, measured.delegated)
    left = _GAVE_UP if measured.plain else _LEFT
    return _report(model, measured, tuple(_by_delegate(model, node, taken, left) for node in model.nodes))


def run_litert(model: ModelFile, *, samples: int, timeout: float) -> Measured:
    """What LiteRT does with a model and so many made-up samples, in a child process."""
    inputs = wanted(model)
    given = make_up(inputs, samples) if inputs is not None else []
    try:
        return run_in_child(measure, model.data, given, timeout=timeout, memory=MEMORY)
    except ChildError as error:
        return Measured("LiteRT", said=how_it_ended(error))


def _report(model: ModelFile, measured: Measured, operators: tuple[OperatorVerdict, ...]) -> TargetReport:
    taken = {operator.index for operator in operators if operator.verdict is Verdict.RUNS}
    left = {operator.index for operator in operators} - taken
    opened = () if wanted(model) is not None else ("Opened, not run: it takes inputs that cannot be made up.",)
    plain = (f"{WITHOUT_XNNPACK.format(why=measured.plain.removesuffix('.'))}.",) if measured.plain else ()
    return TargetReport(
        target="cpu",
        title=_TITLE,
        basis=f"measured with {measured.runtime} on this machine ({platform.machine()})",
        operators=operators,
        problem=f"LiteRT does not run it: {measured.said}" if measured.said else "",
        pieces=len(measured.delegated),
        splits=tuple(sorted(neighbors(model.main, taken) & left)),
        notices=(*opened, *plain),
    )


def _by_delegate(model: ModelFile, node: Node, taken: set[int], left: str) -> OperatorVerdict:
    macs = multiply_accumulates(node.operator, model.main)
    if node.operator.index in taken:
        return judged(node, macs, Verdict.RUNS)
    return judged(node, macs, Verdict.CPU, left)


def _by_trial(model: ModelFile, node: Node, trials: dict[int, Trial]) -> OperatorVerdict:
    macs = multiply_accumulates(node.operator, model.main)
    trial = trials.get(node.operator.index)
    if trial is None:
        return judged(node, macs, Verdict.CPU, "cannot be tried alone")
    if not trial.ran:
        return judged(node, macs, Verdict.UNSUPPORTED, trial.said)
    return judged(node, macs, Verdict.RUNS if trial.accelerated else Verdict.CPU, "" if trial.accelerated else _LEFT)


def _taken(subgraph: Subgraph, delegated: Sequence[Delegated]) -> set[int]:
    """The operators inside the delegated parts: those on the ways back from what comes out to what goes in."""
    maker = makers(subgraph)
    found: set[int] = set()
    for part in delegated:
        border, ahead = set(part.inputs), [maker[tensor] for tensor in part.outputs if tensor in maker]
        while ahead:
            index = ahead.pop()
            if index not in found:
                found.add(index)
                inside = set(subgraph.operators[index].inputs) - border
                ahead += [maker[tensor] for tensor in inside if tensor in maker]
    return found
