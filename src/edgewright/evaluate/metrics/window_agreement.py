"""Agreement of windows: how near what a model says of each window of a series is to what its reference says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.errors import DataError
from edgewright.evaluate.metrics.metric import Weights

# Scores of an anomaly that differ by no more than a tenth are the same: a fault has many times those of normal windows.
SAME = 0.9

# A record: how many windows agree, and how many there are.
Record = tuple[int, int]


@dataclass(frozen=True)
class WindowAgreement:
    """The share of windows of which both find the same class best; no labels are needed.

    Of autoencoders both scores are the same to a tenth. A cosine would hide that all scores of normal windows have
    doubled, and with them the least fault that shows.
    """

    name: str = "window-agreement"
    title: str = "Agreement of windows"
    kinds: frozenset[str] | None = frozenset({"series"})
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: Any) -> Record:
        """Compare two results of one series. Raises `DataError` where they have other windows or classes."""
        if result.scores.shape != target.scores.shape or result.meaning != target.meaning:
            raise DataError(
                f"windows and scores {list(result.scores.shape)} cannot be compared with the "
                f"{list(target.scores.shape)} of the reference model"
            )
        if result.meaning != "anomaly":
            same = result.scores.argmax(axis=1) == target.scores.argmax(axis=1)
            return int(same.sum()), len(same)
        ours, theirs = (one.scores.astype(np.float64).reshape(-1) for one in (result, target))
        near = np.minimum(ours, theirs) >= SAME * np.maximum(ours, theirs)
        return int(near.sum()), len(near)

    def combine(self, records: Sequence[Record]) -> float:
        """The share of all windows."""
        return self.weighted(records)(np.ones(len(records), np.int64)) if records else float("nan")

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        sums, counts = np.array(records, np.float64).reshape(-1, 2).T
        return lambda weights: float(weights @ sums / (weights @ counts))


METRIC = WindowAgreement()
