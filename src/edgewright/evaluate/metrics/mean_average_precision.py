"""mAP: how well a detector finds things and how exactly, over all thresholds of its score.

Source: the evaluation of COCO (https://cocodataset.org/#detection-eval), whose program is `pycocotools.cocoeval`:
detections are matched to the truth from the best score down, one each, at IoU thresholds of 0.50 to 0.95; precision is
read off at 101 recalls and averaged over recalls, thresholds and classes. The 100 best detections of a class in a
picture count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import BoxesTarget
from edgewright.evaluate.metrics.metric import ClassValue, Weights
from edgewright.evaluate.metrics.overlap import overlaps
from edgewright.task import Observation, Result

Array = npt.NDArray[Any]

MOST = 100
_RECALLS = np.linspace(0, 1, 101)

# One class in one picture: the class, how many things there are to be found, and for each detection, the best first,
# its score, and two numbers whose bits say at which thresholds it is right, and at which it does not count.
ClassRecord = tuple[int, int, list[float], list[int], list[int]]
Record = list[ClassRecord]


@dataclass(frozen=True)
class MeanAveragePrecision:
    """The mean over classes and `thresholds` (of IoU) of the average precision."""

    name: str
    title: str
    thresholds: tuple[float, ...]
    kinds: frozenset[str] | None = frozenset({"detection", "faces"})
    target: type[Any] | None = BoxesTarget
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    # What a detector leaves out as too unsure would be missing from the curve.
    options: Mapping[str, Any] = field(default_factory=lambda: {"threshold": 0.0})

    def record(self, result: Result, target: BoxesTarget) -> Record:
        """Match the detections of each class in one picture."""
        found: dict[int, list[Observation]] = {}
        for observation in result.observations():
            if observation.box is not None:
                found.setdefault(observation.index, []).append(observation)
        there = sorted(set(target.class_id.tolist()) | set(found))
        return [self._class(index, found.get(index, []), target) for index in there]

    def _class(self, index: int, found: Sequence[Observation], target: BoxesTarget) -> ClassRecord:
        best = sorted(found, key=lambda observation: -observation.score)[:MOST]
        mine = target.class_id == index
        # What counts comes first, as in COCO's program.
        order = np.argsort(target.crowd[mine], kind="stable")
        truth, crowd = target.xyxy[mine][order], target.crowd[mine][order]
        boxes = np.array([observation.box.xyxy for observation in best if observation.box]).reshape(-1, 4)
        if not len(truth):
            nothing = [0] * len(best)
            return index, 0, [observation.score for observation in best], nothing, nothing
        ious = overlaps(boxes, truth, crowd)
        right, ignored = [0] * len(best), [0] * len(best)
        for bit, threshold in enumerate(self.thresholds):
            for place, match in enumerate(matches(ious, crowd, threshold)):
                right[place] |= (match is True) << bit
                ignored[place] |= (match is None) << bit
        return index, int((~crowd).sum()), [observation.score for observation in best], right, ignored

    def combine(self, records: Sequence[Record]) -> float:
        """The mean over the classes that occur; NaN where there is nothing to be found."""
        return self.weighted(records)(np.ones(len(records), np.int64))

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """Sort the detections once, and sum them up by weights."""
        curves = [_Curve(index, rows, len(self.thresholds)) for index, rows in _by_class(records).items()]

        def combined(weights: Weights) -> float:
            known = [curve.average_precision(weights) for curve in curves]
            known = [value for value in known if not np.isnan(value)]
            return float(np.mean(known)) if known else float("nan")

        return combined

    def by_class(self, records: Sequence[Record]) -> list[ClassValue]:
        """The average precision of each class, and how many things there are of it."""
        ones = np.ones(len(records), np.int64)
        curves = [_Curve(index, rows, len(self.thresholds)) for index, rows in sorted(_by_class(records).items())]
        return [
            ClassValue(curve.index, curve.average_precision(ones), int(curve.positives.sum()))
            for curve in curves
            if curve.positives.any()
        ]

    def loss(self, record: Record) -> float | None:
        """One less the picture's own mAP; where there is nothing to be found, the score of the surest detection."""
        value = self.combine([record])
        if np.isnan(value):
            return max((row[2][0] for row in record if row[2] and not row[4][0]), default=None)
        return 1 - value if value < 1 else None


def matches(ious: Array, crowd: npt.NDArray[np.bool_], threshold: float) -> list[bool | None]:
    """For each detection, the best first, whether it is right; None where it is neither, for it lies in a crowd.

    `ious` (n, m) is how like each is to each thing that is there: by IoU, or by what else goes from 0 to 1.
    """
    free = np.ones(ious.shape[1], np.bool_)
    found: list[bool | None] = []
    for row in ious:
        near = np.where(free & (row >= min(threshold, 1 - 1e-10)), row, -1.0)
        counted = np.where(crowd, -1.0, near)
        pool = counted if counted.max(initial=-1.0) >= 0 else near
        if pool.max(initial=-1.0) < 0:
            found.append(False)
            continue
        # Of equal ones the last, as in COCO's program.
        best = len(pool) - 1 - int(np.argmax(pool[::-1]))
        found.append(None if crowd[best] else True)
        free[best] = bool(crowd[best])
    return found


def _by_class(records: Sequence[Record]) -> dict[int, list[tuple[int, ClassRecord]]]:
    """The rows of each class, each with the place of its picture."""
    found: dict[int, list[tuple[int, ClassRecord]]] = {}
    for place, record in enumerate(records):
        for row in record:
            found.setdefault(row[0], []).append((place, row))
    return found


class _Curve:
    """Precision over recall of one class at all thresholds: detections sorted by falling score over all pictures."""

    def __init__(self, index: int, rows: Sequence[tuple[int, ClassRecord]], thresholds: int) -> None:
        self.index = index
        self.pictures = np.array([place for place, _ in rows])
        self.positives = np.array([row[1] for _, row in rows])
        order = np.argsort([-score for _, row in rows for score in row[2]], kind="mergesort")
        self._picture = np.repeat(self.pictures, [len(row[2]) for _, row in rows])[order]
        right = _bits([bits for _, row in rows for bits in row[3]], thresholds)[:, order]
        ignored = _bits([bits for _, row in rows for bits in row[4]], thresholds)[:, order]
        # Recall rises, and precision has its peaks, only where a detection is right: the curves are looked at there.
        self._hit = np.flatnonzero(right.any(axis=0))
        self._right = right[:, self._hit]
        self._ignored = ignored if ignored.any() else None

    def average_precision(self, weights: Weights) -> float:
        """The mean over the thresholds; NaN where there is nothing to be found."""
        positives = int(self.positives @ weights[self.pictures])
        if not positives:
            return float("nan")
        counts = weights[self._picture]
        hits = (self._right * counts[self._hit]).cumsum(axis=1)
        if not hits.size:
            return 0.0
        peaks = np.maximum.accumulate((hits / np.maximum(self._seen(counts), 1))[:, ::-1], axis=1)[:, ::-1]
        return _mean_at_recalls(hits, peaks, positives)

    def _seen(self, counts: Array) -> Array:
        """How many detections that count there are down to each hit."""
        seen: Array = counts.cumsum()[self._hit]
        return seen if self._ignored is None else seen - (self._ignored * counts).cumsum(axis=1)[:, self._hit]


def _mean_at_recalls(hits: Array, peaks: Array, positives: int) -> float:
    """The precision at 101 recalls, 0 where one is not reached; rows are thresholds, laid end to end for the search."""
    least = np.searchsorted(np.arange(positives + 1) / positives, _RECALLS, side="left")
    row = np.arange(len(hits))[:, None]
    places = np.searchsorted((hits + row * (positives + 1)).ravel(), (least + row * (positives + 1)).ravel())
    reached = places < np.repeat((row + 1) * hits.shape[1], len(_RECALLS))
    return float(peaks.ravel()[places[reached]].sum()) / len(places)


def _bits(numbers: Sequence[int], count: int) -> npt.NDArray[np.bool_]:
    """The lowest bits of each number, (count, n)."""
    return (np.array(numbers, np.int64)[None, :] >> np.arange(count)[:, None] & 1).astype(np.bool_)


METRIC = MeanAveragePrecision("mAP", "mAP@[.50:.95]", tuple(np.linspace(0.5, 0.95, 10).tolist()))
AT_HALF = MeanAveragePrecision("mAP50", "mAP@.50", (0.5,))
