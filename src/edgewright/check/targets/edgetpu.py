"""Google's Edge TPU, as its compiler treats a model: one piece, the first, and the rest stays on the CPU.

"The first" is the compiler's habit: it takes everything from the first operator that it can take on, and stops along
each path at the first one that it cannot ("More than one subgraph is not supported", says its log of the others).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgewright.check.partition import Piece
from edgewright.check.results import OperatorVerdict, TargetReport, Verdict
from edgewright.check.targets.predicting import predict
from edgewright.model import ModelFile

_COMPILED = "edgetpu-custom-op"


def judge(model: ModelFile, *, timeout: float) -> TargetReport:
    """Predict what the compiler takes; of a file that it compiled, tell what it did. Nothing is run."""
    report = predict("edgetpu", model, _first)
    return _as_compiled(report) if any(operator.name == _COMPILED for operator in model.ops) else report


def _first(found: Sequence[Piece]) -> Piece:
    return found[0]


def _as_compiled(report: TargetReport) -> TargetReport:
    operators = tuple(_as_left(operator) for operator in report.operators)
    return replace(
        report,
        basis="read from the file: the Edge TPU Compiler has been over it, and this is what it did",
        operators=operators,
        problem="",
        pieces=sum(operator.verdict is Verdict.RUNS for operator in operators),
        splits=(),
        notices=(f"Nothing inside {_COMPILED} can be seen any more; check the file from before compiling for that.",),
    )


def _as_left(one: OperatorVerdict) -> OperatorVerdict:
    """Without multiply-accumulates: a share of them would leave out those inside of the compiled part."""
    if one.name == _COMPILED:
        return replace(one, verdict=Verdict.RUNS, macs=None, reason="", after=None)
    return replace(one, verdict=Verdict.CPU, macs=None, reason="the compiler left it there", after=None)
