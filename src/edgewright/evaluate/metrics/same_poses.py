"""Agreement of poses: a model's OKS where the points that the reference model is sure of count as the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import KeypointsTarget
from edgewright.evaluate.metrics.keypoint_similarity import METRIC, SIGMAS, KeypointSimilarity, Record
from edgewright.evaluate.metrics.metric import Weights
from edgewright.task import Observation, Result

SURE = 0.3
"""Figures and points of the reference with this score or more are the truth."""

# The share of its box that a person fills, in the mean: OKS counts by the figure's own area.
_FILLED = 0.53


@dataclass(frozen=True)
class SamePoses:
    """AP@OKS[.50:.95] against the poses of the reference model. No labels are needed; the same model gets 100%."""

    name: str = "pose-agreement"
    title: str = "Agreement of poses"
    kinds: frozenset[str] | None = frozenset({"pose"})
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=lambda: {"threshold": 0.0})
    similarity: KeypointSimilarity = METRIC

    def record(self, result: Result, target: Result) -> Record:
        """Match the figures with those of the reference."""
        sure = [seen for seen in target.observations() if seen.box is not None and seen.score >= SURE]
        names = sure[0].keypoints.names if sure and sure[0].keypoints else tuple(SIGMAS)
        points = np.array([_points(seen) for seen in sure]) if sure else np.zeros((0, len(names), 3))
        areas = np.array([seen.box.area * _FILLED for seen in sure if seen.box], np.float64)
        return self.similarity.record(result, KeypointsTarget(points, names, areas))

    def combine(self, records: Sequence[Record]) -> float:
        """Their average precision; NaN where the reference is sure of nobody."""
        return self.similarity.combine(records)

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        return self.similarity.weighted(records)

    def loss(self, record: Record) -> float | None:
        """One less the picture's own value."""
        return self.similarity.loss(record)


POSE_AGREEMENT = SamePoses()


def _points(seen: Observation) -> Any:
    """The x and y of each point, and 2 (visible) for those that are sure, else 0."""
    if seen.keypoints is None:
        return np.zeros((0, 3))
    points = seen.keypoints.points.astype(np.float64)
    return np.column_stack([points[:, :2], np.where(points[:, 2] >= SURE, 2.0, 0.0)])
