"""Agreement of boxes: a detector's mAP where what the reference model is sure of counts as the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import BoxesTarget
from edgewright.evaluate.metrics.mean_average_precision import METRIC, MeanAveragePrecision, Record
from edgewright.evaluate.metrics.metric import Weights
from edgewright.task import Result

SURE = 0.3
"""Detections of the reference with this score or more are the truth; below it detectors guess."""


@dataclass(frozen=True)
class SameBoxes:
    """mAP@[.50:.95] against the boxes of the reference model. No labels are needed; the same model gets 100%."""

    name: str = "box-agreement"
    title: str = "Agreement of boxes"
    kinds: frozenset[str] | None = frozenset({"detection", "faces"})
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=lambda: {"threshold": 0.0})
    precision: MeanAveragePrecision = METRIC

    def record(self, result: Result, target: Result) -> Record:
        """Match the detections with those of the reference."""
        sure = [seen for seen in target.observations() if seen.box is not None and seen.score >= SURE]
        xyxy = np.array([seen.box.xyxy for seen in sure if seen.box], np.float64).reshape(-1, 4)
        return self.precision.record(result, BoxesTarget(xyxy, np.array([seen.index for seen in sure], np.int64)))

    def combine(self, records: Sequence[Record]) -> float:
        """Their mAP; NaN where the reference is sure of nothing."""
        return self.precision.combine(records)

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        return self.precision.weighted(records)

    def loss(self, record: Record) -> float | None:
        """One less the picture's own mAP."""
        return self.precision.loss(record)


BOX_AGREEMENT = SameBoxes()
