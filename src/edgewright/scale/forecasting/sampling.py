"""Some of the inputs, evenly spread over the first ones that are listed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from edgewright.scale.entry import Entry

MOST_LISTED, MOST_SECONDS = 20_000, 10.0
SAMPLED = 300


class Sample(NamedTuple):
    """Entries that stand for all: `listed` were looked at, in `seconds`; `complete`, where these are all."""

    entries: list[Entry]
    listed: int
    complete: bool
    seconds: float
    name_bytes: float


def take_sample(entries: Iterator[Entry], count: int = SAMPLED) -> Sample:
    """List at most `MOST_LISTED` inputs, or as many as there are in `MOST_SECONDS`, and take `count` of them evenly."""
    start = time.perf_counter()
    listed, first_s = [], 0.0
    for entry in islice(entries, MOST_LISTED):
        listed.append(entry)
        first_s = time.perf_counter() - start
        if first_s > MOST_SECONDS:
            break
    complete = next(entries, None) is None
    name_bytes = sum(len(entry.to_line().encode("utf-8", "surrogatepass")) for entry in listed) / max(1, len(listed))
    step = max(1.0, len(listed) / count)
    taken = [listed[int(place * step)] for place in range(min(count, len(listed)))]
    return Sample(taken, len(listed), complete, max(first_s, 1e-9), name_bytes)
