"""Top-1 accuracy of windows: the share of the windows of labeled series whose best class is that of the series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import ClassTarget
from edgewright.evaluate.metrics.metric import ClassValue, Weights

# A record: the true class, how many windows were taken for which class, and the highest score of a wrong one.
Record = tuple[int, list[tuple[int, int]], float]


@dataclass(frozen=True)
class WindowAccuracy:
    """What a device says is said window by window, so each counts; intervals come from whole series all the same.

    Windows of one series resemble each other: a bootstrap draws series, never windows.
    """

    name: str = "window-top1"
    title: str = "Top-1 accuracy of windows"
    kinds: frozenset[str] | None = frozenset({"series"})
    target: type[Any] | None = ClassTarget
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: ClassTarget) -> Record:
        """Look at the best class of each window, whatever the threshold."""
        best = result.scores.argmax(axis=1)
        wrong = result.scores.max(axis=1)[best != target.index]
        counts = sorted(Counter(best.tolist()).items())
        return target.index, counts, float(wrong.max()) if len(wrong) else 0.0

    def combine(self, records: Sequence[Record]) -> float:
        """The share of right ones."""
        return self.weighted(records)(np.ones(len(records), np.int64)) if records else float("nan")

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        right = np.array([dict(counts).get(true, 0) for true, counts, _ in records], np.float64)
        total = np.array([_total(record) for record in records], np.float64)
        return lambda weights: float(weights @ right / (weights @ total))

    def by_class(self, records: Sequence[Record]) -> list[ClassValue]:
        """The share of right ones among the windows of each class."""
        confusion, found = self.confusion(records), []
        for index in sorted({true for true, *_ in records}):
            total = sum(count for (true, _), count in confusion.items() if true == index)
            found.append(ClassValue(index, confusion[index, index] / total, total))
        return found

    def confusion(self, records: Sequence[Record]) -> Counter[tuple[int, int]]:
        """What was taken for what, in windows."""
        found: Counter[tuple[int, int]] = Counter()
        for true, counts, _ in records:
            found.update({(true, said): count for said, count in counts})
        return found

    def loss(self, record: Record) -> float | None:
        """The share of wrong windows; of as many the surer ones are worse."""
        true, counts, surest = record
        share = 1 - dict(counts).get(true, 0) / _total(record)
        return share + surest / 1e6 if share else None


def _total(record: Record) -> int:
    return sum(count for _, count in record[1])


METRIC = WindowAccuracy()
