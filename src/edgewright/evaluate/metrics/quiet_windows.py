"""Quiet windows: the share of the windows in which nothing happens that a model of series is silent about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import EventsTarget
from edgewright.evaluate.metrics.metric import Weights

# A record: windows about which nothing is said, and windows, of those in which nothing happens.
Record = tuple[int, int]


@dataclass(frozen=True)
class QuietWindows:
    """One less the share of false alarms. Windows that an event of the data touches are left out: F1 scores those."""

    name: str = "quiet-windows"
    title: str = "Normal windows without an alarm"
    kinds: frozenset[str] | None = frozenset({"series"})
    target: type[Any] | None = EventsTarget
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: EventsTarget) -> Record:
        """Count the windows of one series; all are silent where there is no threshold."""
        normal = np.ones(len(result.spans), np.bool_)
        for start, end in target.spans.tolist():
            normal &= (result.spans[:, 1] <= start) | (result.spans[:, 0] >= end)
        said = np.zeros(len(normal), np.bool_)
        if result.threshold is not None:
            scores = result.scores
            said = (scores > result.threshold if result.meaning == "anomaly" else scores >= result.threshold).any(
                axis=1
            )
        return int((normal & ~said).sum()), int(normal.sum())

    def combine(self, records: Sequence[Record]) -> float:
        """The share; NaN where no window is normal."""
        return self.weighted(records)(np.ones(len(records), np.int64)) if records else float("nan")

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        quiet, normal = np.array(records, np.float64).reshape(-1, 2).T

        def share(weights: Weights) -> float:
            total = float(weights @ normal)
            return float(weights @ quiet) / total if total else float("nan")

        return share


METRIC = QuietWindows()
