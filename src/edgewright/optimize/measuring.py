"""What a candidate is worth: its answers beside the float model's, its speed, its memory. For child processes."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from edgewright.engine import open_engine
from edgewright.evaluate import Metric
from edgewright.machine import Progress, Timing, interleave, peak_memory, silent
from edgewright.media import quantize
from edgewright.model import ModelFile
from edgewright.optimize.decision import hopeless
from edgewright.optimize.scoring import record_of, said
from edgewright.task import Result

if TYPE_CHECKING:
    from edgewright.optimize.prepared import PreparedData

Array = npt.NDArray[Any]
Stopped = Literal["", "over budget", "too slow"]

# How often an evaluation asks itself whether going on makes sense; fewer answers than this decide nothing.
_LOOK_EVERY = 50

# How often it says how far it is.
_TELL_EVERY = 10


@dataclass(frozen=True)
class Answers:
    """What one model answered, sample by sample.

    `records`: what the metric keeps of each. `best`: the place of the best answer among the labels, None where there is
    none. `said`: the answer in words, see `Scoring.said`.
    """

    records: tuple[Any, ...]
    best: tuple[int | None, ...]
    said: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.records)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain values, for the cache."""
        return {name: list(values) for name, values in vars(self).items()}

    @classmethod
    def of(cls, stored: Mapping[str, Sequence[Any]]) -> Answers:
        """Read what `to_dict` wrote."""
        return cls(**{name: tuple(values) for name, values in stored.items()})


@dataclass(frozen=True)
class Evaluation:
    """A candidate's answers on the first so many of the samples that it was given.

    `agreement`: share of them, 0 to 1, whose best answer is the float model's too. `stopped`: why it did not go through
    all samples; empty where it did.
    """

    answers: Answers
    agreement: float
    stopped: Stopped = ""

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain values, for the cache."""
        return {**vars(self), "answers": self.answers.to_dict()}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Evaluation:
        """Read what `to_dict` wrote."""
        return cls(**{**stored, "answers": Answers.of(stored["answers"])})


def answer(model: Path, prepared: PreparedData, indices: Sequence[int] | Array, progress: Progress = silent) -> Answers:
    """Ask the float model; `indices` are rows of the prepared data. Raises as `evaluate_candidate` does.

    Where there is nothing else to compare with, it is scored against itself.
    """
    metric = prepared.scoring.metric
    asked = _Asked(metric)
    with closing(_results(model, prepared, indices)) as results:
        for done, (index, result) in enumerate(results):
            if done % _TELL_EVERY == 0:
                progress("float model", done, len(indices))
            asked.add(result, result if metric.target is None else prepared.target(index))
    progress("float model", len(indices), len(indices))
    return asked.answers()


def evaluate_candidate(
    model: Path,
    prepared: PreparedData,
    indices: Sequence[int] | Array,
    before: Answers,
    max_drop: float,
    *,
    float_model: Path,
    name: str = "candidate",
    stop_early: bool = True,
    seconds: float = math.inf,
    progress: Progress = silent,
) -> Evaluation:
    """Ask a candidate, and stop where it is hopeless.

    `before`: the float model's answers for the same `indices`, in an order that is random. With `stop_early` it ends
    when the drop is above `max_drop` beyond reasonable doubt (`decision.hopeless`); `seconds` ends what would take
    longer than that, judged by its speed so far. Progress is told as "name: 97.5%", the metric so far. A metric that
    compares with the float model has `float_model` answer beside it.

    Raises QuantizationError where the candidate's outputs are not finite or make no sense, UsageError where they are
    not those of the task, and what the engine raises.
    """
    metric = prepared.scoring.metric
    asked, total = _Asked(metric), len(indices)
    stopped: Stopped = ""
    start = time.monotonic()
    reference = float_model if metric.target is None else None
    with closing(_with_targets(model, reference, prepared, indices)) as results:
        for done, (result, target) in enumerate(results, 1):
            asked.add(result, target)
            if done % _TELL_EVERY == 0 or done == total:
                progress(f"{name}: {_told(metric, asked.records)}", done, total)
            if done % _LOOK_EVERY == 0 and done < total:
                if stop_early and hopeless(metric, before.records[:done], asked.records, max_drop):
                    stopped = "over budget"
                elif (time.monotonic() - start) / done * total > seconds:
                    stopped = "too slow"
            if stopped:
                break
    answers = asked.answers()
    same = [one == other for one, other in zip(answers.best, before.best, strict=False)]
    return Evaluation(answers, float(np.mean(same)), stopped)


class _Asked:
    """Answers on their way."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self.records: list[Any] = []
        self._best: list[int | None] = []
        self._said: list[str] = []

    def add(self, result: Result, target: Any) -> None:
        best = result.observations()[:1]
        self.records.append(record_of(self._metric, result, target))
        self._best.append(best[0].index if best else None)
        self._said.append(said(self._metric, result))

    def answers(self) -> Answers:
        return Answers(tuple(self.records), tuple(self._best), tuple(self._said))


def time_candidates(models: Mapping[str, Path], sample: Array, *, budget_s: float = 30.0) -> dict[str, Timing]:
    """Time models side by side on one real-valued sample: seconds per run of the engine, one thread.

    Inputs are stored as each model takes them beforehand: what is compared is the models, not NumPy.
    """
    engines = {name: open_engine(ModelFile.read(path), threads=1) for name, path in models.items()}
    try:
        return interleave({name: _call(engine, sample) for name, engine in engines.items()}, budget_s=budget_s)
    finally:
        for engine in engines.values():
            engine.close()


def memory_to_run(model: Path) -> int | None:
    """Bytes that this whole process has held at most, the model run twice on zeros in it; None without Linux."""
    with open_engine(ModelFile.read(model), threads=1) as engine:
        inputs: dict[str | int, Array] = {
            spec.index: np.zeros(spec.shape, np.dtype(spec.dtype)) for spec in engine.inputs
        }
        for _ in range(2):
            engine.run(inputs)
    return peak_memory()


def _call(engine: Any, sample: Array) -> Any:
    spec = engine.inputs[0]
    stored = quantize(np.asarray(sample, np.float32).reshape(spec.shape), spec)
    return lambda: engine.run(stored)


def _results(
    model: Path, prepared: PreparedData, indices: Sequence[int] | Array
) -> Generator[tuple[int, Result], None, None]:
    """Each row of the prepared data with what a model says of it."""
    file = ModelFile.read(model)
    with prepared.scoring.open(file, prepared.inputs(file.inputs[0])) as task:
        for index in map(int, indices):
            yield index, task(index)


def _with_targets(
    model: Path, reference: Path | None, prepared: PreparedData, indices: Sequence[int] | Array
) -> Generator[tuple[Result, Any], None, None]:
    """What a model says of each row, with what is right: a target, or what the reference model says."""
    with ExitStack() as opened:
        results = opened.enter_context(closing(_results(model, prepared, indices)))
        if reference is None:
            yield from ((result, prepared.target(index)) for index, result in results)
            return
        others = opened.enter_context(closing(_results(reference, prepared, indices)))
        yield from ((result, other) for (_, result), (_, other) in zip(results, others, strict=True))


def _told(metric: Metric, records: Sequence[Any]) -> str:
    value = metric.combine(records)
    return f"{value:.1%}" if metric.unit == "%" else f"{value:.3f} {metric.unit}".rstrip()
