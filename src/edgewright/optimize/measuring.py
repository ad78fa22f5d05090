"""What a candidate is worth: its answers beside the float model's, its speed, its memory. For child processes."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
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
from edgewright.optimize.losing import LOOKED_AT, lost_parts
from edgewright.optimize.scoring import record_of, said
from edgewright.task import Result, Task

if TYPE_CHECKING:
    from edgewright.data import Target
    from edgewright.optimize.inputs.prepared import PreparedData

Array = npt.NDArray[Any]
Stopped = Literal["", "over budget", "too slow"]

# How often an evaluation asks itself whether going on makes sense; fewer answers than this decide nothing.
LOOK_EVERY = 50

# How often it says how far it is.
_TELL_EVERY = 10


Said = tuple[Any, int | None, str]
"""Of one sample: what the metric keeps, the place of the best answer among the labels, and the answer in words."""


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
    return heard_of(said_here(model, None, prepared, indices), len(indices), progress)


def heard_of(said: Iterator[Said], total: int, progress: Progress) -> Answers:
    """What the float model said of each of `total` samples."""
    asked = _Asked()
    for done, one in enumerate(said):
        if done % _TELL_EVERY == 0:
            progress("float model", done, total)
        asked.add(one)
    progress("float model", total, total)
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
    reference = float_model if prepared.scoring.metric.target is None else None
    with closing(said_here(model, reference, prepared, indices)) as said:
        return judged(
            said, prepared.scoring.metric, before, max_drop, len(indices), name=name, stop_early=stop_early,
            seconds=seconds, progress=progress,
        )  # fmt: skip


def judged(
    said: Iterator[Said],
    metric: Metric,
    before: Answers,
    max_drop: float,
    total: int,
    *,
    name: str,
    stop_early: bool,
    seconds: float = math.inf,
    progress: Progress = silent,
) -> Evaluation:
    """What a candidate said of each of `total` samples, as far as going on makes sense; see `evaluate_candidate`."""
    asked = _Asked()
    stopped: Stopped = ""
    start = time.monotonic()
    for done, one in enumerate(said, 1):
        asked.add(one)
        if done % _TELL_EVERY == 0 or done == total:
            progress(f"{name}: {_told(metric, asked.records)}", done, total)
        if done % LOOK_EVERY == 0 and done < total:
            if stop_early and hopeless(metric, before.records[:done], asked.records, max_drop):
                stopped = "over budget"
            elif (time.monotonic() - start) / done * total > seconds:
                stopped = "too slow"
        if stopped:
            break
    answers = asked.answers()
    same = [one == other for one, other in zip(answers.best, before.best, strict=False)]
    return Evaluation(answers, float(np.mean(same)), stopped)


def assess(
    float_model: Path,
    candidate: Path,
    prepared: PreparedData,
    indices: Array,
    before: Answers,
    max_drop: float,
    *,
    base: Path,
    name: str,
    stop_early: bool,
    timed: bool,
    seconds: float,
    evaluation: Evaluation | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Measure memory, then answers, then, unless those ended early, speed beside the float model; for a child.

    The memory comes first: it is the most that the process has held until then. `base` is what the candidate was made
    of, whose outputs are looked at part by part. `evaluation`: its answers, where others have heard them already.
    """
    memory = memory_to_run(candidate)
    evaluation = evaluation or evaluate_candidate(
        candidate,
        prepared,
        indices,
        before,
        max_drop,
        float_model=float_model,
        name=name,
        stop_early=stop_early,
        seconds=seconds,
        progress=progress,
    )
    timings = None
    if timed and not evaluation.stopped:
        models = {"float": float_model, "candidate": candidate}
        timings = {key: one.to_dict() for key, one in time_candidates(models, prepared.open().row(0)).items()}
    lost = lost_parts(base, candidate, prepared.open().rows(indices, LOOKED_AT))
    return {"evaluation": evaluation.to_dict(), "timings": timings, "peak_memory": memory, "lost": lost}


class _Asked:
    """Answers on their way."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self._best: list[int | None] = []
        self._said: list[str] = []

    def add(self, one: Said) -> None:
        record, best, text = one
        self.records.append(record)
        self._best.append(best)
        self._said.append(text)

    def answers(self) -> Answers:
        return Answers(tuple(self.records), tuple(self._best), tuple(self._said))


def time_candidates(
    models: Mapping[str, Path], sample: Sequence[Array], *, budget_s: float = 30.0
) -> dict[str, Timing]:
    """Time models side by side on one sample, real values of each input: seconds per run of the engine, one thread.

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


def _call(engine: Any, sample: Sequence[Array]) -> Any:
    stored = {
        spec.index: quantize(np.asarray(array).reshape(spec.shape), spec)
        for spec, array in zip(engine.inputs, sample, strict=True)
    }
    return lambda: engine.run(stored)


def said_here(
    model: Path, reference: Path | None, prepared: PreparedData, indices: Sequence[int] | Array
) -> Generator[Said, None, None]:
    """What a model says of samples, scored by what is right, or by what the `reference` says.

    Where there is nothing else to compare with, it is scored against itself.
    """
    scoring = prepared.scoring
    with ExitStack() as opened:
        files = [ModelFile.read(path) for path in (model, reference) if path is not None]
        tasks = [opened.enter_context(scoring.open(file, prepared.inputs(file.inputs))) for file in files]
        for index in map(int, indices):
            yield say(scoring.metric, tasks, index, prepared.target(index))


def say(metric: Metric, tasks: Sequence[Task[Result]], index: int, target: Target | None) -> Said:
    """What the first of the tasks says of a sample."""
    results = [task(index) for task in tasks]
    result = results[0]
    best = result.observations()[:1]
    record = record_of(metric, result, results[-1] if metric.target is None else target)
    return record, best[0].index if best else None, said(metric, result)


def _told(metric: Metric, records: Sequence[Any]) -> str:
    value = metric.combine(records)
    return f"{value:.1%}" if metric.unit == "%" else f"{value:.3f} {metric.unit}".rstrip()
