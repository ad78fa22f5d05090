"""Time several candidates side by side, so that a change of the machine's mood hits all of them alike."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from edgewright.errors import UsageError
from edgewright.machine._load import TOLERANCE, Probe, lost_share, system_probe
from edgewright.machine.progress import Progress, silent

Candidate = Callable[[], object]

# Two clock readings cost about 0.1 microseconds: 0.05% of a batch. The loop costs about 0.02 microseconds per call.
_BATCH_NS = 200_000
# With 4 rounds each, two equal candidates have disjoint ranges once in 35 times: 2 / binomial(8, 4), the extreme of the
# rank-sum statistic (Mann and Whitney, 1947). With fewer rounds disjoint ranges say too little.
ROUNDS_TO_DIFFER = 4


@dataclass(frozen=True)
class Timing:
    """What `interleave` measured of one candidate; times are seconds per call.

    `median_s`: median of `round_medians`, which holds the median of each round. `p95_s`: 95th percentile (nearest rank)
    over all samples; a sample is one call, or the mean of `batch` calls where a call is too short for the clock.
    `spread`: (largest - smallest) / median of the round medians. `rounds`: how many were kept; `calls`: how many calls
    these had. `disturbed`: rounds that were measured again because another load took the processor (0 on Windows,
    where that cannot be seen). `noisy`: how many of the kept rounds were disturbed, when there was no quiet left.
    """

    median_s: float
    p95_s: float
    round_medians: tuple[float, ...]
    spread: float
    rounds: int
    calls: int
    batch: int
    disturbed: int
    noisy: int

    def __post_init__(self) -> None:
        if not self.round_medians or self.rounds != len(self.round_medians):
            raise ValueError(f"rounds: {self.rounds}, expected {len(self.round_medians)} as in round_medians")

    def differs_from(self, other: Timing) -> bool:
        """Whether the difference is real: at least 4 rounds each, and the ranges of the rounds do not overlap."""
        if min(self.rounds, other.rounds) < ROUNDS_TO_DIFFER:
            return False
        return max(self.round_medians) < min(other.round_medians) or max(other.round_medians) < min(self.round_medians)

    def ratios(self, other: Timing) -> tuple[float, ...]:
        """Time of this over time of `other`, round by round; both must come from one call of `interleave`."""
        if self.rounds != other.rounds:
            raise UsageError(f"timings of {self.rounds} and {other.rounds} rounds were not measured side by side")
        return tuple(mine / theirs for mine, theirs in zip(self.round_medians, other.round_medians, strict=True))

    def ratio(self, other: Timing) -> float:
        """Median of `ratios`: 0.5 means that this takes half the time of `other`."""
        return statistics.median(self.ratios(other))

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Timing:
        """Read what `to_dict` wrote."""
        return cls(**{**stored, "round_medians": tuple(stored["round_medians"])})

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, ready for JSON."""
        return {**vars(self), "round_medians": list(self.round_medians)}


def interleave(
    candidates: Mapping[str, Candidate],
    *,
    rounds: int = 7,
    turn_s: float = 0.02,
    warmup_s: float = 0.1,
    repeats: int | None = None,
    budget_s: float | None = None,
    progress: Progress = silent,
    probe: Probe | None = None,
) -> dict[str, Timing]:
    """Time `candidates` (functions without arguments) in turns, and return a `Timing` for each name.

    First every candidate runs for `warmup_s`, at least twice; that is not counted. Then in each round each one has a
    turn of about `turn_s` (at least one call); who comes first changes from round to round, and so does the direction.
    A round is measured again if something else took over 2% of any turn, `repeats` times in all (default: `rounds`
    times); in the end the quietest rounds are kept, so that all candidates have the same ones. `budget_s` bounds the
    whole: no round starts that would exceed it, but one is always measured. The garbage collector rests during a turn.
    `probe` replaces the clock and the counters. What a candidate raises is passed on.
    """
    _check(candidates, rounds, turn_s)
    probe = probe or system_probe()
    run = _Run(rounds, rounds if repeats is None else repeats, budget_s, probe)
    turns = {name: _warm_up(call, probe.now, warmup_s * 1e9, turn_s * 1e9) for name, call in candidates.items()}
    while run.wants_more():
        progress("timing", run.quiet, rounds)
        run.measured.append(_measure_round(turns, len(run.measured), probe))
    kept = run.quietest()
    progress("timing", rounds, rounds)
    return {name: _summarise(name, turns[name], kept, len(run.measured) - len(kept)) for name in turns}


@dataclass(frozen=True, slots=True)
class _Turn:
    """How one candidate spends a turn: `batches` samples of `size` calls."""

    call: Candidate
    size: int
    batches: int


@dataclass(frozen=True, slots=True)
class _Round:
    """Samples by candidate in seconds per call; the largest share of a turn that something else took; the length."""

    samples: dict[str, list[float]]
    lost: float
    wall_ns: int


class _Run:
    """Decides when enough rounds have been measured."""

    def __init__(self, rounds: int, repeats: int, budget_s: float | None, probe: Probe) -> None:
        self.measured: list[_Round] = []
        self._rounds = rounds
        self._most = rounds + repeats
        self._now = probe.now
        self._end = math.inf if budget_s is None else probe.now() + budget_s * 1e9

    @property
    def quiet(self) -> int:
        return sum(one.lost <= TOLERANCE for one in self.measured)

    def wants_more(self) -> bool:
        if not self.measured:
            return True
        in_time = self._now() + self.measured[-1].wall_ns <= self._end
        return in_time and self.quiet < self._rounds and len(self.measured) < self._most

    def quietest(self) -> list[_Round]:
        """Return the rounds with the least disturbance, in the order in which they were measured."""
        ranked = sorted(range(len(self.measured)), key=lambda index: max(self.measured[index].lost, TOLERANCE))
        return [self.measured[index] for index in sorted(ranked[: self._rounds])]


def _check(candidates: Mapping[str, Candidate], rounds: int, turn_s: float) -> None:
    if not candidates:
        raise UsageError("nothing to time: no candidates were given")
    if rounds < 1 or not turn_s > 0:
        raise UsageError(f"rounds: {rounds}, turn_s: {turn_s:g}. Both must be above 0")


def _warm_up(call: Candidate, now: Callable[[], int], warmup_ns: float, turn_ns: float) -> _Turn:
    """Run the candidate until it is warm, and find how many calls make a batch and a turn.

    The first call says nothing, since it may set things up. After it the batch doubles until the clock can measure it
    well; the fastest of those that it can tells the time of a call, for another load may have hit the others.
    """
    spent, size, best = _time_batch(call, 1, now), 1, math.inf
    while spent < warmup_ns or best == math.inf:
        took = _time_batch(call, size, now)
        spent += took
        if took >= _BATCH_NS:
            best = min(best, took / size)
        else:
            size *= 2
    size = math.ceil(min(size, _BATCH_NS / best))
    return _Turn(call, size, max(1, round(turn_ns / (size * best))))


def _measure_round(turns: Mapping[str, _Turn], number: int, probe: Probe) -> _Round:
    samples, lost, start = {}, 0.0, probe.now()
    for name in _order(list(turns), number):
        samples[name], share = _take_turn(turns[name], probe)
        lost = max(lost, share)
    return _Round(samples, lost, probe.now() - start)


def _order(names: list[str], number: int) -> list[str]:
    """Rotate by one each round, and turn round after each full cycle, so that nobody always follows the same one."""
    shift = number % len(names)
    order = names[shift:] + names[:shift]
    return order[::-1] if number // len(names) % 2 else order


def _take_turn(turn: _Turn, probe: Probe) -> tuple[list[float], float]:
    with _no_garbage_collection():
        before, start = probe.usage(), probe.now()
        samples = [_time_batch(turn.call, turn.size, probe.now) for _ in range(turn.batches)]
        wall, after = probe.now() - start, probe.usage()
    return [took / turn.size / 1e9 for took in samples], lost_share(before, after, wall, probe.cores)


def _time_batch(call: Candidate, size: int, now: Callable[[], int]) -> int:
    calls = repeat(None, size)
    start = now()
    for _ in calls:
        call()
    return max(1, now() - start)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _summarise(name: str, turn: _Turn, kept: list[_Round], disturbed: int) -> Timing:
    medians = tuple(statistics.median(one.samples[name]) for one in kept)
    samples = sorted(sample for one in kept for sample in one.samples[name])
    median = statistics.median(medians)
    return Timing(
        median_s=median,
        p95_s=samples[math.ceil(0.95 * len(samples)) - 1],
        round_medians=medians,
        spread=(max(medians) - min(medians)) / median,
        rounds=len(kept),
        calls=len(samples) * turn.size,
        batch=turn.size,
        disturbed=disturbed,
        noisy=sum(one.lost > TOLERANCE for one in kept),
    )
