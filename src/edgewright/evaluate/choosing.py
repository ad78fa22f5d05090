"""Which engine, on how many threads, runs a model fastest on this machine: measured, compared, and remembered."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewright.brief import brief
from edgewright.cache import ENGINES, Cache, Key, cache_folder
from edgewright.engine import Engine, check_candidates, engine_names, open_engine, try_out
from edgewright.errors import EngineError, OutputError
from edgewright.evaluate.engine_agreement import DEFAULT, EngineTolerance, Feeds, Reference
from edgewright.evaluate.runner import Sample
from edgewright.machine import Progress, Timing, describe, interleave, silent, usable_cores
from edgewright.model import ModelFile, ModelLike, read_model

# A candidate is faster where it wins by more than 3% in the median, and in all rounds but one of nine: of two equal
# ones, that happens to 1 in 50 (10 of 512 outcomes of nine throws of a coin).
_WORTH = 0.97
_ROUNDS = 9
_BUDGET_S = 20.0
# From here on one more thread changes little, and every candidate costs time and memory.
_EACH_UP_TO = 4


@dataclass(frozen=True)
class EngineCandidate:
    """One engine on so many threads: how long a run takes, or the reason for which it is out."""

    engine: str
    threads: int
    timing: Timing | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.timing is None) == (not self.reason):
            raise ValueError(f"{self.engine}: either a timing or a reason, exactly one of them")

    @property
    def name(self) -> str:
        """How a person calls it."""
        return f"{self.engine} on {self.threads} thread{'s' if self.threads != 1 else ''}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        timing = self.timing and self.timing.to_dict()
        return {"engine": self.engine, "threads": self.threads, "timing": timing, "reason": self.reason}


@dataclass(frozen=True)
class EngineChoice:
    """What was chosen among `candidates`, and the median of its times of one run in seconds.

    `cached`: it was measured earlier.
    """

    engine: str
    threads: int
    median_s: float
    candidates: tuple[EngineCandidate, ...]
    cached: bool = False

    @property
    def why(self) -> str:
        """The choice in one sentence, with its time beside that of the default."""
        timed = {(one.engine, one.threads): one for one in self.candidates if one.timing is not None}
        chosen, plainest = timed[self.engine, self.threads], timed.get((DEFAULT, 1))
        when = "measured earlier" if self.cached else "measured now"
        if plainest is None or chosen is plainest:
            return f"{chosen.name}: nothing else is faster for sure ({when})"
        return f"{chosen.name}: {_time(chosen).ratio(_time(plainest)):.2f} of the time of {plainest.name} ({when})"

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        candidates = [one.to_dict() for one in self.candidates]
        return {**vars(self), "candidates": candidates}

    __repr__ = brief


def choose_engine(
    model: ModelLike,
    *,
    inputs: Sequence[Sample] | None = None,
    engines: str | Sequence[str] | None = None,
    threads: int | Sequence[int] | None = None,
    tolerance: EngineTolerance | None = None,
    refresh: bool = False,
    progress: Progress = silent,
) -> EngineChoice:
    """Find the fastest engine and number of threads for a model on this machine.

    `engines` (one or several; default: all that are known, of those from elsewhere with an entry point) with each of
    `threads` (default: up to what this process may use) are candidates. Each engine runs `inputs` (samples of real
    numbers as for `agreement`; default: generated ones) in a child process first. One that is not installed, refuses
    the model, crashes, or computes something else than LiteRT is out, with the reason. The others are timed in turns;
    LiteRT wins unless another is faster for sure, and fewer threads win over more.

    The choice is kept in Edgewright's cache folder for the same model, inputs, machine and versions, and taken from
    there next time; `refresh` measures again. A file that cannot be read or written there only means measuring again.
    Raises `UsageError` for unknown engines or impossible numbers of threads, `DataError` for inputs that do not fit,
    and `EngineError` where LiteRT does not run the model or no candidate is left.

    >>> choice = ew.choose_engine("mobilenet.tflite", engines=["litert"], threads=[1])
    >>> choice.engine, choice.threads
    ('litert', 1)
    """
    model = read_model(model)
    names, counts = check_candidates(
        engine_names() if engines is None else engines, _usual_counts() if threads is None else threads
    )
    counts = tuple(sorted(counts))
    limits = tolerance or EngineTolerance()
    key = _key(model, inputs, names, counts, limits)
    with contextlib.suppress(OutputError):
        known = None if refresh else _remembered(Cache(cache_folder() / ENGINES), key)
        if known is not None:
            return known
    choice = _choose(model, inputs, names, counts, limits, progress)
    with contextlib.suppress(OutputError):
        Cache(cache_folder() / ENGINES).put(key, choice.to_dict())
    return choice


def _choose(
    model: ModelFile,
    inputs: Sequence[Sample] | None,
    names: Sequence[str],
    counts: Sequence[int],
    limits: EngineTolerance,
    progress: Progress,
) -> EngineChoice:
    progress("compare", 0, len(names))
    try_out(model)
    reference = Reference.of(model, inputs)
    objections = {}
    for done, name in enumerate(names, 1):
        objections[name] = "" if name == DEFAULT else reference.objection(name, counts, limits)
        progress("compare", done, len(names))
    allowed = [(name, count) for name in names if not objections[name] for count in counts]
    if not allowed:
        raise EngineError(f"{model.name}: {'; '.join(f'{name}: {why}' for name, why in objections.items())}")
    timings = time_candidates(model, allowed, reference.feeds, progress)
    candidates = tuple(
        EngineCandidate(name, count, timings.get((name, count)), objections[name]) for name in names for count in counts
    )
    best = pick([one for one in candidates if one.timing is not None])
    return EngineChoice(best.engine, best.threads, _time(best).median_s, candidates)


def pick(candidates: Sequence[EngineCandidate]) -> EngineCandidate:
    """The one to take among timed candidates: of those that the fastest does not beat for sure, the plainest."""
    # Side by side with one and the same, round by round: medians of different rounds would compare their moods.
    fastest = min(candidates, key=lambda one: _time(one).ratio(_time(candidates[0])))
    level = [one for one in candidates if not _beats(_time(fastest), _time(one))]
    return min(level, key=lambda one: (one.engine != DEFAULT, one.threads))


def _beats(fast: Timing, slow: Timing) -> bool:
    ratios = fast.ratios(slow)
    return fast.ratio(slow) < _WORTH and sum(ratio >= 1 for ratio in ratios) <= len(ratios) // _ROUNDS


def _time(candidate: EngineCandidate) -> Timing:
    if candidate.timing is None:
        raise ValueError(f"{candidate.name} has no timing")
    return candidate.timing


def time_candidates(
    model: ModelFile, candidates: Sequence[tuple[str, int]], feeds: Feeds, progress: Progress = silent
) -> dict[tuple[str, int], Timing]:
    """Time engines with numbers of threads in turns, each run on the next of the stored inputs."""
    with contextlib.ExitStack() as opened:
        calls = {}
        for name, count in candidates:
            engine = opened.enter_context(open_engine(model, engine=name, threads=count))
            calls[f"{name}/{count}"] = _Call(engine, feeds)
        timings = interleave(calls, rounds=_ROUNDS, budget_s=_BUDGET_S, progress=progress)
    return {(name, count): timings[f"{name}/{count}"] for name, count in candidates}


class _Call:
    """One run, each time on the next of the inputs."""

    def __init__(self, engine: Engine, feeds: Feeds) -> None:
        self._run = engine.run
        self._feeds = itertools.cycle(feeds)

    def __call__(self) -> object:
        return self._run(next(self._feeds))


def _usual_counts() -> tuple[int, ...]:
    """Few threads one by one, then doubled, then all cores."""
    cores = usable_cores()
    doubled = (2**power for power in range(2, cores.bit_length()))
    return tuple(sorted({*range(1, min(cores, _EACH_UP_TO) + 1), *doubled, cores}))


def _key(
    model: ModelFile, inputs: Sequence[Sample] | None, names: Sequence[str], counts: Sequence[int], limits: Any
) -> Key:
    """Everything that the choice depends on."""
    machine = describe()
    return {
        "model": model.sha256,
        "inputs": None if inputs is None else _digest(inputs),
        "engines": list(names),
        "threads": list(counts),
        "tolerance": limits.to_dict(),
        "machine": [machine.cpu, machine.device, machine.architecture, machine.usable_cores],
        "python": machine.python,
        "libraries": dict(machine.libraries),
    }


def _digest(inputs: Sequence[Sample]) -> str:
    found = hashlib.sha256()
    for sample in inputs:
        parts = sample.items() if isinstance(sample, Mapping) else enumerate([sample] if _is_array(sample) else sample)
        for name, value in parts:
            array = np.ascontiguousarray(value)
            found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
            found.update(array.tobytes())
    return found.hexdigest()


def _is_array(sample: Sample) -> bool:
    return isinstance(sample, np.ndarray)


def _remembered(cache: Cache, key: Key) -> EngineChoice | None:
    """The choice that was kept; `None` where there is none, or something else lies there."""
    known: Any = cache.get(key)
    try:
        candidates = tuple(_candidate(one) for one in known["candidates"])
        choice = EngineChoice(known["engine"], known["threads"], float(known["median_s"]), candidates, cached=True)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    timed = {(one.engine, one.threads) for one in candidates if one.timing is not None}
    return choice if (choice.engine, choice.threads) in timed else None


def _candidate(stored: Any) -> EngineCandidate:
    timing = stored["timing"]
    timing = timing and Timing(**{**timing, "round_medians": tuple(timing["round_medians"])})
    return EngineCandidate(stored["engine"], stored["threads"], timing, stored["reason"])
