"""How many inputs a second the workers of this machine do: one alone and all at once, in turns."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from typing import Any, Protocol

from edgewright.machine import Progress, silent
from edgewright.scale.entry import Entry
from edgewright.scale.forecasting.figures import Workers

_ROUNDS, _TURN_S, _LONGEST_S = 5, 0.3, 20.0


class Worker(Protocol):
    """Does what a worker of a real run does."""

    def do(self, entries: Sequence[Entry], first: int) -> Any:
        """Answer for the entries."""

    def close(self) -> None:
        """End it."""


def measure_rates(
    make: Callable[[], Worker],
    entries: Sequence[Entry],
    count: int,
    input_s: float,
    memory: int | None,
    progress: Progress = silent,
) -> Workers:
    """Start `count` workers; then the first alone and all together work for a moment, five times in turns.

    `input_s` is about what one input takes, `memory` what a worker holds.
    """
    share, rounds = max(1, math.ceil(_TURN_S / input_s)), _rounds(input_s)
    alone, together = [], []
    with ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(count))
        crew = _Crew(opened, pool, make, count, entries)
        start_s = crew.takes(count, 1)
        for done in range(rounds):
            progress("inputs on all workers", done, rounds)
            alone.append(crew.takes(1, share))
            together.append(crew.takes(count, share))
        progress("inputs on all workers", rounds, rounds)
    one, all_s = share / statistics.median(alone), statistics.median(together)
    return Workers(count, one, count * share / all_s, start_s, memory)


def other_load() -> float:
    """How many processes wanted a core of this machine in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _rounds(input_s: float) -> int:
    """Fewer of them where a single input takes long."""
    return max(1, min(_ROUNDS, round(_LONGEST_S / (2 * max(_TURN_S, input_s)))))


class _Crew:
    """Workers that are started when they have to do something for the first time, as all start at once."""

    def __init__(
        self,
        opened: ExitStack,
        pool: ThreadPoolExecutor,
        make: Callable[[], Worker],
        count: int,
        entries: Sequence[Entry],
    ) -> None:
        self._opened = opened
        self._pool = pool
        self._make = make
        self._inputs = [cycle(entries[number * len(entries) // count :]) for number in range(count)]
        self._workers: dict[int, Worker] = {}

    def takes(self, workers: int, share: int) -> float:
        """Seconds until the first so many workers have done `share` inputs each."""
        start = time.perf_counter()
        list(self._pool.map(self._do, range(workers), [share] * workers))
        return time.perf_counter() - start

    def _do(self, number: int, share: int) -> None:
        if number not in self._workers:
            self._workers[number] = self._make()
            self._opened.callback(self._workers[number].close)
        self._workers[number].do(list(islice(self._inputs[number], share)), 0)
