"""What a candidate is worth: its answers beside the float model's, its speed, its memory. For child processes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from edgewright.engine import open_engine
from edgewright.errors import QuantizationError
from edgewright.evaluate import Runner
from edgewright.machine import Progress, Timing, interleave, peak_memory, silent
from edgewright.media import quantize
from edgewright.model import ModelFile
from edgewright.optimize.decision import PairedDrop

if TYPE_CHECKING:
    from edgewright.optimize.prepared import Prepared

Array = npt.NDArray[Any]
Stopped = Literal["", "over budget", "too slow"]

# How often an evaluation asks itself whether going on makes sense; fewer answers than this decide nothing.
_LOOK_EVERY = 50

# How often it says how far it is.
_TELL_EVERY = 10


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one model: `top` (n,) int64, classes with the highest score; `score` (n,) float32, these scores."""

    top: Array
    score: Array


@dataclass(frozen=True)
class Evaluation:
    """A candidate's answers on the first `drop.n` of the samples that it was given.

    `answers`: classes, in the samples' order. `agreement`: share of them, 0 to 1, that are the float model's too.
    `stopped`: why it did not go through all samples; empty where it did.
    """

    answers: tuple[int, ...]
    drop: PairedDrop
    agreement: float
    stopped: Stopped = ""

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain values, for the cache."""
        counts = vars(self.drop)
        return {**vars(self), "answers": list(self.answers), "drop": dict(counts)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Evaluation:
        """Read what `to_dict` wrote."""
        return cls(**{**stored, "answers": tuple(stored["answers"]), "drop": PairedDrop(**stored["drop"])})


def answer(model: Path, prepared: Prepared, indices: Sequence[int] | Array, progress: Progress = silent) -> Answers:
    """Ask the float model; `indices` are rows of the prepared data. Raises as `evaluate_candidate` does."""
    rows = []
    for done, row in enumerate(_rows(model, prepared, indices)):
        if done % _TELL_EVERY == 0:
            progress("float model", done, len(indices))
        rows.append(row)
    progress("float model", len(indices), len(indices))
    return Answers(np.array([top for top, _ in rows], np.int64), np.array([score for _, score in rows], np.float32))


def evaluate_candidate(
    model: Path,
    prepared: Prepared,
    indices: Sequence[int] | Array,
    float_answers: Array,
    max_drop: float,
    *,
    name: str = "candidate",
    stop_early: bool = True,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Ask a candidate, and stop where it is hopeless.

    `float_answers`: (n,) classes, the float model's for the same `indices`, in an order that is random. With
    `stop_early` it ends when the drop is above `max_drop` beyond reasonable doubt (`PairedDrop.hopeless`); `seconds`
    ends what would take longer than that, judged by its speed so far. Progress is told as "name: 97.5%", the share of
    right answers so far (of the float model's, where no labels are known).

    Raises QuantizationError where the candidate's scores are not finite, or are no single row of two or more, and what
    the engine raises.
    """
    indices = np.asarray(indices)
    truth = None if prepared.labels is None else np.asarray(prepared.labels)[indices]
    given: list[int] = []
    stopped: Stopped = ""
    start = time.monotonic()
    for top, _ in _rows(model, prepared, indices):
        given.append(top)
        done = len(given)
        if done % _TELL_EVERY == 0 or done == len(indices):
            progress(_told(name, given, float_answers if truth is None else truth), done, len(indices))
        if done % _LOOK_EVERY == 0 and done < len(indices):
            drop = _drop(float_answers, given, truth) if stop_early else None
            stopped = _reason(drop, max_drop, (time.monotonic() - start) / done * len(indices), seconds)
            if stopped:
                break
    same = np.asarray(given) == float_answers[: len(given)]
    return Evaluation(tuple(given), _drop(float_answers, given, truth), float(same.mean()), stopped)


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


def _rows(model: Path, prepared: Prepared, indices: Sequence[int] | Array) -> Iterator[tuple[int, float]]:
    """The class with the highest score for each sample, and that score."""
    samples = prepared.open()
    with Runner(ModelFile.read(model)) as run:
        for index in indices:
            yield _top(run(samples[index])[0], model.name)


def _top(output: Array, name: str) -> tuple[int, float]:
    if output.size < 2 or output.shape[-1] != output.size:
        raise QuantizationError(f"{name}: its output has the shape {list(output.shape)}; one row of scores is compared")
    scores = output.reshape(-1)
    if not np.isfinite(scores).all():
        raise QuantizationError(f"{name}: returns scores that are NaN or infinite")
    top = int(scores.argmax())
    return top, float(scores[top])


def _drop(float_answers: Array, given: Sequence[int], truth: Array | None) -> PairedDrop:
    count = len(given)
    return PairedDrop.of(float_answers[:count], given, None if truth is None else truth[:count])


def _told(name: str, given: Sequence[int], right: Array) -> str:
    return f"{name}: {float((np.asarray(given) == right[: len(given)]).mean()):.1%}"


def _reason(drop: PairedDrop | None, max_drop: float, expected_s: float, seconds: float | None) -> Stopped:
    if drop is not None and drop.hopeless(max_drop):
        return "over budget"
    return "too slow" if seconds is not None and expected_s > seconds else ""
