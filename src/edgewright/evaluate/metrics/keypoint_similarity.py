"""OKS: how well figures are found and how exactly their points, over all thresholds of their score.

Source: the evaluation of COCO's keypoints (https://cocodataset.org/#keypoints-eval), whose program is
`pycocotools.cocoeval`: the average precision as for boxes, where object keypoint similarity takes the place of IoU: the
mean over the labeled points of exp(-d² / (2 s² k²)), with the distance d, the figure's area s², and k twice the
standard deviation with which people place that point. The 20 best figures of a picture count. A figure without labeled
points is neither right nor wrong; COCO measures by its box there, which is not in the targets: only figures that are
found within its extent, of which nothing is known, would differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import KeypointsTarget
from edgewright.errors import DataError
from edgewright.evaluate.metrics import mean_average_precision as boxes
from edgewright.evaluate.metrics.metric import Weights
from edgewright.task import Observation, Result

MOST = 20

# By COCO's measurement of 5,000 pictures that were labeled twice.
SIGMAS = {
    "nose": 0.026, "left_eye": 0.025, "right_eye": 0.025, "left_ear": 0.035, "right_ear": 0.035,
    "left_shoulder": 0.079, "right_shoulder": 0.079, "left_elbow": 0.072, "right_elbow": 0.072,
    "left_wrist": 0.062, "right_wrist": 0.062, "left_hip": 0.107, "right_hip": 0.107, "left_knee": 0.087,
    "right_knee": 0.087, "left_ankle": 0.089, "right_ankle": 0.089,
}  # fmt: skip

Record = list[boxes.ClassRecord]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KeypointSimilarity:
    """The mean over thresholds of OKS, 0.50 to 0.95, of the average precision of all figures.

    Points are matched by their names: a model may have more of them than the data.
    """

    name: str = "OKS"
    title: str = "AP@OKS[.50:.95]"
    kinds: frozenset[str] | None = frozenset({"pose", "landmarks"})
    target: type[Any] | None = KeypointsTarget
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    # What is left out as too unsure would be missing from the curve.
    options: Mapping[str, Any] = field(default_factory=lambda: {"threshold": 0.0})

    def record(self, result: Result, target: KeypointsTarget) -> Record:
        """Match the figures of one picture; raises `DataError` for points whose exactness nobody measured."""
        found = [observation for observation in result.observations() if observation.keypoints is not None]
        best = sorted(found, key=lambda observation: -observation.score)[:MOST]
        similar = similarities(best, target)
        unlabeled = np.asarray((target.points[:, :, 2] <= 0).all(axis=1))
        right, ignored = [0] * len(best), [0] * len(best)
        # Figures that count come first, as in COCO's program.
        order = np.argsort(unlabeled, kind="stable")
        for bit, threshold in enumerate(boxes.METRIC.thresholds):
            for place, match in enumerate(boxes.matches(similar[:, order], unlabeled[order], threshold)):
                right[place] |= (match is True) << bit
                ignored[place] |= (match is None) << bit
        scores = [observation.score for observation in best]
        return [(0, int((~unlabeled).sum()), scores, right, ignored)]

    def combine(self, records: Sequence[Record]) -> float:
        """The average precision; NaN where nobody is to be found."""
        return boxes.METRIC.combine(records)

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """Sort the figures once, and sum them up by weights."""
        return boxes.METRIC.weighted(records)

    def loss(self, record: Record) -> float | None:
        """One less the picture's own value; where nobody is to be found, the score of the surest figure."""
        return boxes.METRIC.loss(record)


METRIC = KeypointSimilarity()


def similarities(found: Sequence[Observation], target: KeypointsTarget) -> Floats:
    """OKS (n, m) of the figures found and those that are there; 0 with one that has no labeled points."""
    unknown = [name for name in target.names if name not in SIGMAS]
    if unknown:
        raise DataError(f"OKS is of COCO's 17 points, and the data have {unknown[0]!r}. A metric of your own can go on")
    variances = (2 * np.array([SIGMAS[name] for name in target.names])) ** 2
    scale = 2 * variances * (target.areas[:, None] + np.spacing(1))
    labeled = target.points[:, :, 2] > 0
    result = np.zeros((len(found), len(target.points)))
    for row, observation in enumerate(found):
        distances = ((_points(observation, target.names) - target.points[:, :, :2]) ** 2).sum(axis=2)
        result[row] = (np.exp(-distances / scale) * labeled).sum(axis=1) / np.maximum(labeled.sum(axis=1), 1)
    return result


def _points(observation: Observation, names: tuple[str, ...]) -> Floats:
    """The x and y of the points with these names (k, 2); infinitely far where the model has none."""
    there = observation.keypoints
    known = {} if there is None else dict(zip(there.names, there.points[:, :2].astype(np.float64), strict=True))
    return np.array([known.get(name, (np.inf, np.inf)) for name in names])
