"""Splitting samples in three parts for an optimization: to calibrate with, to select by, and to prove with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.data.split import seeded
from edgewright.errors import DataError

Indices = npt.NDArray[np.int64]

# Calibration finds value ranges, which some hundred samples show; every sample more is missing in the proof.
CALIBRATION = 200
_CALIBRATION_SHARE = 5
# Below this the parts are of one or two samples, and say nothing.
MIN_SAMPLES = 10


class ThreeParts(NamedTuple):
    """Indices of the samples in each part, (k,) int64: no sample in two parts, each part in random order."""

    calibration: Indices
    selection: Indices
    proof: Indices


def three_way_split(
    y_or_n: npt.ArrayLike | int, calibration: int = CALIBRATION, *, seed: int = 0, train_count: int | None = None
) -> ThreeParts:
    """Split n samples, given as their labels (n,) or, where there are none, their number.

    `calibration` samples, but at most a fifth of all, go to the first part; the other two halve the rest, and the odd
    one is for the proof. Each part has each class in proportion, to within one sample or two, however rare it is. The
    same for the same labels and seed, on every machine and NumPy version.

    Where the first `train_count` samples are the training part of a published split, the model may know them by heart:
    calibration is taken from them, the other parts are the published test part, and the rest of them is not used.

    Raises DataError for fewer than 10 samples (or test samples), UsageError for an impossible seed.
    """
    random = seeded(seed)
    labels = np.zeros(y_or_n, np.int64) if isinstance(y_or_n, int) else np.asarray(y_or_n)
    kept = len(labels) - (train_count or 0)
    if kept < MIN_SAMPLES:
        raise DataError(
            f"{kept} samples are too few to calibrate, select and prove with. At least {MIN_SAMPLES}, better hundreds"
        )
    order = _by_class(labels[:train_count], random)
    chosen = _spread(len(order), max(min(calibration, len(order) // _CALIBRATION_SHARE), 1), random)
    rest = order[~chosen] if train_count is None else train_count + _by_class(labels[train_count:], random)
    selected = _spread(len(rest), len(rest) // 2, random)
    parts = (order[chosen], rest[selected], rest[~selected])
    return ThreeParts(*(random.permutation(part) for part in parts))


def _by_class(labels: npt.NDArray[np.int64], random: np.random.RandomState) -> Indices:
    """All indices, class after class, both the classes and the samples within them in random order."""
    shuffled = random.permutation(len(labels)).astype(np.int64)
    place = random.permutation(int(labels.max(initial=-1)) + 1)
    return shuffled[np.argsort(place[labels[shuffled]], kind="stable")]


def _spread(n: int, k: int, random: np.random.RandomState) -> npt.NDArray[np.bool_]:
    """Mark k of n places in a row, evenly from a random start: of any stretch of m places k m / n, to within one."""
    chosen = np.zeros(n, np.bool_)
    chosen[((np.arange(k) + random.random_sample()) * n / k).astype(np.int64)] = True
    return chosen
