"""Latency and throughput of all candidates, in turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from typing import Any

from edgewright.bench.results import Candidate, Rate
from edgewright.machine import Progress, Timing, interleave

Call = Callable[[], object]
Make = Callable[[Candidate, ExitStack], Callable[[Any], object]]
"""Opens what runs a candidate, to be closed with the stack, and returns what runs one input in it."""

# A turn is long enough for a 95th percentile of small models; a round of a large one is a single call.
_TURN_S = 0.1
_WARMUP_S = 0.2
# How long all cores work until they wait for each other, so that starting them together costs nothing that counts.
_STRETCH_S = 0.05


def one_by_one(
    make: Make, inputs: Mapping[Candidate, Sequence[Any]], rounds: int, step: str, report: Progress
) -> dict[Candidate, Timing]:
    """Time one input after the other; the inputs of a candidate take turns."""
    with ExitStack() as opened:
        calls = {one: _taking_turns(make(one, opened), own) for one, own in inputs.items()}
        return _interleaved(calls, rounds, step, report)


def all_cores(
    make: Make,
    inputs: Mapping[Candidate, Sequence[Any]],
    latencies: Mapping[Candidate, Timing],
    cores: int,
    rounds: int,
    report: Progress,
) -> dict[Candidate, Rate]:
    """Time inputs with one interpreter per core, or fewer where each has several threads."""
    calls, workers, items = {}, {}, {}
    with ExitStack() as opened:
        for one, own in inputs.items():
            workers[one] = max(1, cores // one.threads)
            share = max(1, math.ceil(_STRETCH_S / latencies[one].median_s))
            items[one] = workers[one] * share
            pool = opened.enter_context(ThreadPoolExecutor(workers[one]))
            runs = [_taking_turns(make(one, opened), own) for _ in range(workers[one])]
            calls[one] = _together(pool, runs, share)
        timings = _interleaved(calls, rounds, "throughput", report)
    return {one: Rate(per_item(timing, items[one]), workers[one]) for one, timing in timings.items()}


def per_item(timing: Timing, items: int) -> Timing:
    """The timing of calls that did `items` things each, for one of these."""
    return replace(
        timing,
        median_s=timing.median_s / items,
        p95_s=timing.p95_s / items,
        round_medians=tuple(median / items for median in timing.round_medians),
        calls=timing.calls * items,
        batch=timing.batch * items,
    )


def _taking_turns(run: Callable[[Any], object], inputs: Sequence[Any]) -> Call:
    following = cycle(inputs).__next__
    return lambda: run(following())


def _together(pool: ThreadPoolExecutor, calls: Sequence[Call], share: int) -> Call:
    def work(call: Call) -> None:
        for _ in range(share):
            call()

    return lambda: list(pool.map(work, calls))


def _interleaved(calls: Mapping[Candidate, Call], rounds: int, name: str, report: Progress) -> dict[Candidate, Timing]:
    def progress(step: str, done: int, total: int) -> None:
        report(name, done, total)

    timed = {str(number): call for number, call in enumerate(calls.values())}
    timings = interleave(timed, rounds=rounds, turn_s=_TURN_S, warmup_s=_WARMUP_S, progress=progress)
    return dict(zip(calls, timings.values(), strict=True))
