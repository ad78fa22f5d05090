"""mIoU: how well the pixels that a segmenter gives to each class are those of the class.

Source: Pascal VOC's segmentation challenge (M. Everingham et al., "The Pascal Visual Object Classes Challenge: A
Retrospective", 2015, section 3.2): of each class, pixels that are right over pixels that are of the class, or were
taken for it, summed over all pictures; then the mean over the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import IGNORED, MaskTarget
from edgewright.errors import DataError
from edgewright.evaluate.metrics.metric import ClassValue, Weights
from edgewright.task import Segmentation

Counts = npt.NDArray[np.float64]

# A record: of each class that is there or was said, (class, right pixels, true pixels, said pixels).
Record = list[tuple[int, int, int, int]]


@dataclass(frozen=True)
class MeanIoU:
    """The mean over the classes that occur in the truth; pixels that are not scored are as if they were not there.

    A class that is said where it never is costs the classes whose pixels it takes. `reference`: the truth is what a
    second model says.
    """

    name: str
    title: str
    target: type[Any] | None
    kinds: frozenset[str] | None = frozenset({"segmentation"})
    share: bool = False
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Segmentation, target: MaskTarget | Segmentation) -> Record:
        """Count the pixels of each class in one picture. Raises DataError for a mask of another size."""
        truth = target.classes if isinstance(target, Segmentation) else target.class_id
        said = result.classes
        if said.shape != truth.shape:
            raise DataError(f"a mask of {truth.shape[::-1]} pixels for a picture of {said.shape[::-1]}")
        if truth.max() > IGNORED:
            raise DataError(f"a mask with class {truth.max()}; 0 to 254 are possible")
        # Each pair of true and said class has a number: one pass counts them all.
        pairs = np.bincount((truth.astype(np.uint16) << 8 | said).ravel(), minlength=1 << 16).reshape(256, 256)
        pairs = pairs[:IGNORED]
        right, true, told = np.diagonal(pairs), pairs.sum(axis=1), pairs.sum(axis=0)[:IGNORED]
        there = np.flatnonzero(true + told)
        return [(int(index), int(right[index]), int(true[index]), int(told[index])) for index in there]

    def combine(self, records: Sequence[Record]) -> float:
        """Their mIoU; NaN where no pixel is scored."""
        return self.weighted(records)(np.ones(len(records), np.int64))

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """Lay the counts out once, and sum them up by weights."""
        counts = _Counts.of(records)

        def combined(weights: Weights) -> float:
            shares = counts.shares(weights)
            known = shares[~np.isnan(shares)]
            return float(known.mean()) if known.size else float("nan")

        return combined

    def by_class(self, records: Sequence[Record]) -> list[ClassValue]:
        """The IoU of each class, and in how many pictures it is."""
        counts = _Counts.of(records)
        shares = counts.shares(np.ones(len(records), np.int64))
        pictures = (counts.true > 0).sum(axis=0)
        rows = zip(counts.classes, shares.tolist(), pictures.tolist(), strict=True)
        return [ClassValue(index, share, number) for index, share, number in rows if not np.isnan(share)]

    def loss(self, record: Record) -> float | None:
        """One less the picture's own mIoU."""
        value = self.combine([record])
        return None if np.isnan(value) or value >= 1 else 1 - value


@dataclass(frozen=True)
class _Counts:
    """Pixels of each class (columns) in each picture (rows): right ones, true ones, and those in either."""

    classes: list[int]
    right: Counts
    true: Counts
    either: Counts

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Counts:
        classes = sorted({row[0] for record in records for row in record})
        place = {index: column for column, index in enumerate(classes)}
        right, true, either = (np.zeros((len(records), len(classes))) for _ in range(3))
        for picture, record in enumerate(records):
            for index, hits, there, told in record:
                column = place[index]
                right[picture, column], true[picture, column] = hits, there
                either[picture, column] = there + told - hits
        return cls(classes, right, true, either)

    def shares(self, weights: Weights) -> Counts:
        """The IoU of each class, NaN where it is in no picture that counts."""
        right, true, either = (weights @ counts for counts in (self.right, self.true, self.either))
        shares: Counts = np.divide(right, either, out=np.full(len(self.classes), np.nan), where=true > 0)
        return shares


METRIC = MeanIoU("mIoU", "Mean IoU", MaskTarget)
MASK_AGREEMENT = MeanIoU("mask-agreement", "Agreement of masks (mean IoU)", None)
