"""F1 of events: how well a model says what happens when.

Source: Mesaros, Heittola, Virtanen, Metrics for Polyphonic Sound Event Detection, Applied Sciences 6(6), 2016, with the
settings that the DCASE challenges use: segments of one second; an onset is right within 200 ms, and an offset within
200 ms or a fifth of the event's length, whichever is more. Both are micro-averages: hits and misses of all classes are
counted together. Classes that the data name nowhere are left out, for nobody listened for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import EventsTarget
from edgewright.evaluate.metrics.metric import ClassValue, Weights
from edgewright.task import Result

SEGMENT_S = 1.0
ONSET_S = 0.2
OFFSET_SHARE = 0.2
# Times that differ by less are the same, written in another way.
_SAME_S = 1e-6

Span = tuple[float, float]
# One class in one input: the class, and how many were found rightly, found, and there to be found.
ClassRecord = tuple[int, int, int, int]
Record = list[ClassRecord]


@dataclass(frozen=True)
class EventF1:
    """2 · right / (found + there), counted in segments or in whole events by `count`."""

    name: str
    title: str
    count: Callable[[Sequence[Span], Sequence[Span]], tuple[int, int, int]]
    kinds: frozenset[str] | None = frozenset({"audio-classification", "series"})
    target: type[Any] | None = EventsTarget
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Result, target: EventsTarget) -> Record:
        """Count each class of one input."""
        found: dict[int, list[Span]] = {}
        for observation in result.observations():
            if observation.span is not None:
                found.setdefault(observation.index, []).append(observation.span)
        there: dict[int, list[Span]] = {}
        for (start, end), index in zip(target.spans.tolist(), target.class_id.tolist(), strict=True):
            there.setdefault(index, []).append((start, end))
        return [(index, *self.count(found.get(index, []), there.get(index, []))) for index in sorted({*found, *there})]

    def combine(self, records: Sequence[Record]) -> float:
        """F1 over the classes that are there to be found somewhere; NaN where none is."""
        return self.weighted(records)(np.ones(len(records), np.int64))

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """Sum up each input once, for all resamples."""
        known = {index for record in records for index, _, _, there in record if there}
        rows = [
            np.array([row[1:] for row in record if row[0] in known]).reshape(-1, 3).sum(axis=0) for record in records
        ]
        counts = np.array(rows, np.int64).reshape(-1, 3)
        return lambda weights: _f1(*(weights @ counts).tolist())

    def by_class(self, records: Sequence[Record]) -> list[ClassValue]:
        """F1 of each class that is there to be found, and of how many segments or events."""
        counts: dict[int, Any] = {}
        for record in records:
            for index, *row in record:
                counts[index] = counts.get(index, 0) + np.array(row)
        known = sorted(index for index, row in counts.items() if row[2])
        return [ClassValue(index, _f1(*counts[index].tolist()), int(counts[index][2])) for index in known]

    def loss(self, record: Record) -> float | None:
        """One less the F1 of the classes that are in this input; None where there are none, or all is right."""
        value = self.combine([record])
        return None if math.isnan(value) or value >= 1 else 1 - value


def count_segments(found: Sequence[Span], there: Sequence[Span]) -> tuple[int, int, int]:
    """Segments in which an event of a class is, wherever in it."""
    said, true, either = (_segments(spans) for spans in (found, there, [*found, *there]))
    return said + true - either, said, true


def _segments(spans: Sequence[Span]) -> int:
    """How many segments are touched; they are not gone through, for an event may last a thousand years."""
    touched, reached = 0, -math.inf
    for start, end in sorted(spans):
        first = math.floor((start + _SAME_S) / SEGMENT_S)
        behind = max(math.ceil((end - _SAME_S) / SEGMENT_S), first + 1)
        touched += behind - int(min(max(first, reached), behind))
        reached = max(reached, behind)
    return touched


def count_events(found: Sequence[Span], there: Sequence[Span]) -> tuple[int, int, int]:
    """Whole events whose onset and offset are near enough; from the earliest on, each is matched once."""
    free, right = sorted(there), 0
    for span in sorted(found):
        match = next((true for true in free if _near(span, true)), None)
        if match is not None:
            free.remove(match)
            right += 1
    return right, len(found), len(there)


def _near(span: Span, true: Span) -> bool:
    at_end = max(ONSET_S, OFFSET_SHARE * (true[1] - true[0]))
    return abs(span[0] - true[0]) <= ONSET_S + _SAME_S and abs(span[1] - true[1]) <= at_end + _SAME_S


def _f1(right: int, found: int, there: int) -> float:
    return 2 * right / (found + there) if found + there else float("nan")


METRIC = EventF1("segment-F1", "F1 of segments of one second", count_segments)
BY_EVENT = EventF1("event-F1", "F1 of events within 200 ms", count_events)
