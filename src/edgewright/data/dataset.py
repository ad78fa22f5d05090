"""A labelled data set as a value: inputs, class indices, class names, and where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.labels import check_classes, to_indices
from edgewright.errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and their labels; validates itself, and its arrays are read-only.

    x: (n, ...) uint8, int8 .. int64, or float16 .. float64, all finite, raw values (pictures: 0 to 255, (n, height,
    width) grey or (n, height, width, 3) RGB). y: (n,) int64, each in 0 .. len(classes) - 1. classes: names, at least
    two. name: for people ("mnist5k"). origin: where it was read from. train_count: the first so many samples are the
    training part of a published split and the rest is its test part; None where nobody published one. notices: what
    was interpreted while reading, one sentence each, for the caller to show.

    Raises DataError on construction when any of this does not hold.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    name: str
    origin: str
    train_count: int | None = None
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        classes = check_classes(self.classes, self.name)
        x, y = _inputs(self.x, self.name), _labels(self.y, len(classes), self.name)
        if len(x) != len(y):
            raise DataError(f"{self.name}: {len(x)} inputs but {len(y)} labels. Each input needs exactly one label")
        if self.train_count is not None and not 0 < self.train_count < len(x):
            raise DataError(f"{self.name}: {self.train_count} training samples of {len(x)} leave a part of it empty")
        for field, value in (("classes", classes), ("x", _read_only(x)), ("y", _read_only(y))):
            object.__setattr__(self, field, value)

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of inputs, labels and class names; the same on every machine, whatever the file format was."""
        digest = hashlib.sha256(repr((self.x.dtype.str.replace(">", "<"), self.x.shape, self.classes)).encode())
        digest.update(self.x.astype(self.x.dtype.newbyteorder("<"), copy=False).data)
        digest.update(self.y.astype("<i8", copy=False).data)
        return digest.hexdigest()

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Samples of each class, in the order of `classes`."""
        return tuple(int(n) for n in np.bincount(self.y, minlength=len(self.classes)))

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> Dataset:
        """Make a data set of the samples at `indices`, in that order, with the same classes.

        Raises DataError when there is none or one is outside 0 .. n - 1.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.ndim != 1 or chosen.size == 0:
            raise DataError(f"{self.name}: no samples chosen. Give at least one index")
        if chosen.min() < 0 or chosen.max() >= len(self):
            raise DataError(f"{self.name}: sample {_outside(chosen, len(self))} of {len(self)} does not exist")
        return replace(self, x=self.x[chosen], y=self.y[chosen], train_count=None)


def from_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    origin: str = "arrays",
    train_count: int | None = None,
) -> Dataset:
    """Make a Dataset of arrays as people have them: labels as integers in any width, as a column, or one-hot.

    Without `classes` the names are "0", "1", ... up to the largest label. A one-hot array and classes without any
    sample are said in `notices`. Raises DataError for what is no class label (floats, text, booleans), for fewer than
    two classes present, and for all that Dataset refuses.
    """
    inputs, labels = _array(x, name, "inputs"), _array(y, name, "labels")
    found = to_indices(labels, None if classes is None else tuple(classes), name)
    return Dataset(inputs, found.y, found.classes, name, origin, train_count, found.notices)


def _array(values: npt.ArrayLike, name: str, what: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as problem:  # a list of lists of different lengths
        raise DataError(f"{name}: the {what} are not all of one shape. Bring each to the same shape first") from problem


def _inputs(x: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "uif" or x.dtype.itemsize > 8:
        kind = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise DataError(f"{name}: the inputs are {kind}. Expected numbers: uint8 pictures or float32 features")
    if x.ndim < 2 or x.size == 0:
        raise DataError(f"{name}: inputs of shape {x.shape} are no samples. Expected (samples, ...), none of them 0")
    if x.dtype.kind == "f":
        _check_finite(x, name)
    return np.ascontiguousarray(x.astype(x.dtype.newbyteorder("="), copy=False))


def _check_finite(x: npt.NDArray[Any], name: str) -> None:
    bad = ~np.isfinite(x).reshape(len(x), -1).all(axis=1)
    if bad.any():
        raise DataError(
            f"{name}: {int(bad.sum())} of {len(x)} inputs hold NaN or infinity, first sample {int(bad.argmax())}. "
            "Remove or repair them"
        )


def _labels(y: npt.NDArray[np.int64], classes: int, name: str) -> npt.NDArray[np.int64]:
    if not isinstance(y, np.ndarray) or y.ndim != 1 or y.dtype != np.int64:
        kind = f"{y.dtype} {y.shape}" if isinstance(y, np.ndarray) else type(y).__name__
        raise DataError(f"{name}: the labels are {kind}. Expected int64 (n,); from_arrays converts what can be")
    if y.size and (y.min() < 0 or y.max() >= classes):
        raise DataError(f"{name}: label {_outside(y, classes)} is outside 0 .. {classes - 1}, the {classes} classes")
    return np.ascontiguousarray(y)


def _outside(values: npt.NDArray[np.int64], limit: int) -> int:
    return int(values[(values < 0) | (values >= limit)][0])


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
