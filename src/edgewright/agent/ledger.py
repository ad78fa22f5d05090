"""What was captured, looked at, kept and sent, in numbers; and how long it took from capture to event."""

from __future__ import annotations

import bisect
import math
import threading
from dataclasses import dataclass

# Upper bounds of the classes of latency in seconds, 5% apart from 0.1 ms to 100 s: a median is exact to 5%.
BOUNDS_S = tuple(1e-4 * 1.05**step for step in range(math.ceil(math.log(1e6) / math.log(1.05)) + 1))

_BY_SOURCE = "source/"


class Ledger:
    """Counts in memory until somebody drains it to the disk; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, float] = {}
        self._totals: dict[str, float] = {}
        self._latencies = [0] * (len(BOUNDS_S) + 1)

    def add(self, **counts: float) -> None:
        """Add to counters."""
        with self._lock:
            add_counts(self._totals, counts)
            add_counts(self._counts, counts)

    def total(self, name: str) -> int:
        """What a counter has come to since the ledger was made, drained or not."""
        with self._lock:
            return int(self._totals.get(name, 0.0))

    def latency(self, seconds: float) -> None:
        """Count one picture's time from capture to event."""
        with self._lock:
            self._latencies[bisect.bisect_left(BOUNDS_S, seconds)] += 1

    def waiting(self) -> dict[str, float]:
        """What was added since the last drain."""
        with self._lock:
            return dict(self._counts)

    def drain(self) -> dict[str, float]:
        """What was added since the last time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def put_back(self, counts: dict[str, float]) -> None:
        """Take back what could not be written."""
        with self._lock:
            add_counts(self._counts, counts)

    def latency_quantile(self, share: float) -> float | None:
        """The latency in seconds that a share (0 to 1) of the pictures did not exceed; None before the first one."""
        with self._lock:
            return quantile(self._latencies, share)


def by_source(source: str, what: str) -> str:
    """What the counter of one source is called."""
    return f"{_BY_SOURCE}{source}/{what}"


def add_counts(counters: dict[str, float], counts: dict[str, float]) -> None:
    """Add to each of some counters."""
    for name, value in counts.items():
        counters[name] = counters.get(name, 0.0) + value


def quantile(counts: list[int], share: float) -> float | None:
    """The upper bound of the class in which the quantile lies."""
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for place, count in enumerate(counts):
        seen += count
        if seen >= wanted and count:
            return BOUNDS_S[min(place, len(BOUNDS_S) - 1)]
    return BOUNDS_S[-1]


@dataclass(frozen=True)
class Link:
    """A network between a camera and a server: bits per second, and the round trip in seconds."""

    bits_per_s: float = 10e6
    round_trip_s: float = 0.04

    def __post_init__(self) -> None:
        if self.bits_per_s <= 0 or self.round_trip_s < 0:
            raise ValueError(f"link: {self}; expected a speed above 0 and a round trip of at least 0")

    def seconds(self, size: float) -> float:
        """How long a picture of so many bytes and the answer are on the way; the server's own work is not counted."""
        return 8 * size / self.bits_per_s + self.round_trip_s
