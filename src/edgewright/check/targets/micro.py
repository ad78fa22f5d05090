"""Microcontrollers with TensorFlow Lite Micro: the model is run with it, and its outputs compared with LiteRT's."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from edgewright.check.inputs import Array, make_up, wanted
from edgewright.check.op_set import op_set
from edgewright.check.results import Arena, OperatorVerdict, TargetReport, Verdict, judged
from edgewright.check.targets.arena import smallest_arena
from edgewright.check.targets.cpu import run_litert
from edgewright.check.targets.micro_child import MicroRun, run_model, try_operators
from edgewright.check.trying import MEMORY, Trial, how_it_ended, try_each
from edgewright.errors import ChildError, MissingExtraError
from edgewright.evaluate import Agreement, OutputAgreement, compare
from edgewright.machine import run_in_child
from edgewright.model import ModelFile, Node, TensorSpec, multiply_accumulates
from edgewright.task import dequantize

_PACKAGE = "tflite_micro"
_SAMPLES = 4

# 20 dB are a tenth of the signal's amplitude. Kernels that compute the same reach 100 dB in float32; quantized ones
# differ by single steps of 8 bits, which stays above 25 dB. Another computation stays under 5 dB.
_LEAST_SNR_DB = 20.0

# Where all of an output is a few steps of its scale, as shares of a thousand classes are for made-up inputs, single
# steps are much of it: then so many of them are let pass, if it is still no other computation.
_MOST_STEPS = 3
_LEAST_SNR_OF_STEPS_DB = 10.0

_FAILED = re.compile(r"Node \w+ \(number (?P<index>\d+)\) failed")

# Its many ways to say that there is no kernel for a type; every mix that it does not know it takes for a hybrid one.
_NO_TYPE = re.compile(
    r"Hybrid models are not supported|\bUINT8\b|requires float or int8|with filter type|input_type == kTfLite"
)
_NO_OPERATOR = re.compile(r"Didn't find op for|Failed to get registration")
_SOURCE = re.compile(r"\S+\.(cc|h)(:\d+)? ")


@dataclass(frozen=True)
class _Outcome:
    """Where the whole model stands: why not (empty: it runs), how close to LiteRT, and in how much memory."""

    problem: str = ""
    agreement: Agreement | None = None
    arena: Arena | None = None
    notices: tuple[str, ...] = ()


def judge(model: ModelFile, *, timeout: float) -> TargetReport:
    """Run the model; where it does not run, try each operator alone, so that all that hinders is known at once.

    Raises `MissingExtraError` where the package `tflite-micro` is not installed.
    """
    _need_package()
    run = _run(model, timeout)
    if run.said:
        trials = try_each(try_operators, model, timeout=timeout)
        operators = tuple(_by_trial(model, node, trials) for node in model.nodes)
        return _report(operators, _Outcome(_refusal(operators, run)))
    operators = tuple(
        judged(node, multiply_accumulates(node.operator, model.main), Verdict.RUNS) for node in model.nodes
    )
    return _report(operators, _success(model, run, timeout))


def run_micro(model: ModelFile, samples: Sequence[Sequence[Array]], *, arena: int = 0, timeout: float) -> MicroRun:
    """Run a model with TensorFlow Lite Micro on stored inputs, in a child process of at most `timeout` seconds.

    `samples` hold an array for each input; the outputs that come back are stored numbers too. `arena` is its working
    memory in bytes, 0 for one that is large enough.

    Raises `MissingExtraError` where the package `tflite-micro` is not installed.
    """
    _need_package()
    with tempfile.TemporaryDirectory(prefix="edgewright-check-") as folder:
        try:
            work = (model.data, [list(sample) for sample in samples], len(model.outputs), folder, arena)
            return run_in_child(run_model, *work, timeout=timeout, memory=MEMORY)
        except ChildError as error:
            return MicroRun(said=how_it_ended(error, folder), died=True)


def _need_package() -> None:
    if find_spec(_PACKAGE) is None:
        raise MissingExtraError("Checking for microcontrollers", "micro")


def _run(model: ModelFile, timeout: float) -> MicroRun:
    inputs = wanted(model)
    if inputs is None:
        types = ", ".join(dict.fromkeys(spec.dtype for spec in model.inputs))
        return MicroRun(said=f"its inputs ({types}) have no place in TensorFlow Lite Micro")
    return run_micro(model, make_up(inputs, _SAMPLES), timeout=timeout)


def _success(model: ModelFile, run: MicroRun, timeout: float) -> _Outcome:
    arena = Arena(smallest_arena(model.data, run, timeout), run.reported)
    litert = run_litert(model, samples=_SAMPLES, timeout=timeout)
    if litert.said:
        return _Outcome(arena=arena, notices=(f"Not compared: LiteRT does not run it ({litert.said}).",))
    agreement = _compared(model, litert.outputs, run.outputs)
    specs = [spec for spec in model.outputs if spec.elements]
    pairs = zip(agreement.outputs, specs, strict=True)
    wrong = next((output for output, spec in pairs if not _agrees(output, spec)), None)
    if wrong is not None:
        problem = f"it runs, but output {wrong.name!r} differs from LiteRT's: {wrong.snr_db:.1f} dB signal to noise"
        return _Outcome(problem, agreement, arena)
    vacuous = ("The outputs did not change with the made-up inputs, so the comparison says little.",)
    return _Outcome("", agreement, arena, vacuous if agreement.vacuous else ())


def _compared(model: ModelFile, litert: Sequence[list[Array]], micro: Sequence[list[Array]]) -> Agreement:
    """Compare what the stored outputs stand for; an output without elements has nothing to compare."""
    specs = [(place, spec) for place, spec in enumerate(model.outputs) if spec.elements]
    real = [[[dequantize(one[place], spec) for place, spec in specs] for one in outputs] for outputs in (litert, micro)]
    return compare(real[0], real[1], [spec.name for _, spec in specs])


def _agrees(one: OutputAgreement, spec: TensorSpec) -> bool:
    if not one.same_shape or not one.finite:
        return False
    steps = one.largest_difference / max(spec.scale) if spec.scale else math.inf
    few = steps < _MOST_STEPS + 0.5 and one.snr_db >= _LEAST_SNR_OF_STEPS_DB
    return few or one.snr_db >= _LEAST_SNR_DB or one.largest_difference == 0


def _refusal(operators: tuple[OperatorVerdict, ...], run: MicroRun) -> str:
    """Where the model stops: at the operator that it names, else at the first that does not run alone either."""
    found = _FAILED.search(run.said)
    place = int(found["index"]) if found else -1
    first = next((operator for operator in operators if operator.verdict is not Verdict.RUNS), None)
    if not run.died and 0 <= place < len(operators):
        return f"it stops at operator {place} ({operators[place].name}): {_reason(operators[place].types, run.said)}"
    if not run.died and first is not None:
        return f"it stops at operator {first.index} ({first.name}): {first.reason}"
    return f"{op_set('micro').title} does not run it: {run.said}"


def _report(operators: tuple[OperatorVerdict, ...], outcome: _Outcome) -> TargetReport:
    from importlib.metadata import version

    known = op_set("micro")
    return TargetReport(
        target="micro",
        title=known.title,
        basis=f"run with tflite-micro {version('tflite-micro')}",
        operators=operators,
        problem=outcome.problem,
        splits=tuple(operator.index for operator in operators if operator.verdict is not Verdict.RUNS),
        arena=outcome.arena,
        agreement=outcome.agreement,
        notices=outcome.notices,
    )


def _by_trial(model: ModelFile, node: Node, trials: dict[int, Trial]) -> OperatorVerdict:
    macs = multiply_accumulates(node.operator, model.main)
    trial = trials.get(node.operator.index)
    if trial is None:
        why = op_set("micro").why_not(node)
        return judged(node, macs, Verdict.UNSUPPORTED if why else Verdict.RUNS, why or "by its list; not tried alone")
    if trial.ran:
        return judged(node, macs, Verdict.RUNS)
    verdict = judged(node, macs, Verdict.UNSUPPORTED)
    return replace(verdict, reason=_reason(verdict.types, trial.said))


def _reason(types: str, said: str) -> str:
    """What it says, in words that help where its own mislead; the operator's name and place are said already."""
    if _NO_OPERATOR.search(said):
        return "no such operator"
    if _NO_TYPE.search(said):
        return f"no kernel for {types} (int8 and float32 have one)"
    words = [_SOURCE.sub("", word) for word in said.split("; ") if not _FAILED.search(word)]
    return "; ".join(words) or "refused without a reason"
