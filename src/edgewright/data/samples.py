"""Samples as they lie there, not read yet: paths of pictures, or arrays; with their labels, or without any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.labels import named_indices, to_indices
from edgewright.errors import DataError


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs of a model before they are prepared for it.

    items: one array (n, ...) of raw values, as in `Dataset`; or a sequence of n pictures (paths, bytes, PIL images,
    uint8 arrays) and arrays, each of its own size. y: (n,) int64, each in 0 .. len(classes) - 1; None where nobody
    labelled them, and then there are no classes. The other fields are those of `Dataset`.

    Raises DataError on construction where there are no items, not one label for each, or only one class.
    """

    items: Sequence[Any] | npt.NDArray[Any]
    y: npt.NDArray[np.int64] | None
    classes: tuple[str, ...]
    name: str
    origin: str
    train_count: int | None = None
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.items):
            raise DataError(f"{self.name}: no samples")
        if self.y is None:
            return
        if len(self.y) != len(self.items):
            raise DataError(f"{self.name}: {len(self.items)} inputs but {len(self.y)} labels. Give one for each")
        found = to_indices(self.y, self.classes, self.name)
        if int(found.y.max()) >= len(self.classes):
            raise DataError(f"{self.name}: label {int(found.y.max())} for {len(self.classes)} classes")

    def __len__(self) -> int:
        return len(self.items)


def from_dataset(dataset: Dataset) -> Samples:
    """Take the arrays of a data set as samples."""
    return Samples(
        dataset.x, dataset.y, dataset.classes, dataset.name, dataset.origin, dataset.train_count, dataset.notices
    )


def from_iterable(values: Iterable[Any], name: str = "samples") -> Samples:
    """Take pairs (input, label), or inputs alone; read to the end. Labels are integers, or names of classes.

    Raises DataError where pairs and inputs are mixed, or the labels are neither.
    """
    items = list(values)
    pairs = [isinstance(one, tuple) and len(one) == 2 for one in items]
    if not any(pairs):
        return Samples(tuple(items), None, (), name, "an iterable of inputs")
    if not all(pairs):
        raise DataError(f"{name}: sample {pairs.index(False)} is no pair of input and label, and others are")
    found = named_indices([label for _, label in items], name)
    inputs = tuple(one for one, _ in items)
    return Samples(inputs, found.y, found.classes, name, "an iterable of pairs", notices=found.notices)


def stacked(samples: Samples) -> Dataset:
    """Make a data set of labelled samples that are arrays of one shape. Raises DataError for anything else."""
    if samples.y is None:
        raise DataError(f"{samples.name}: no labels. Expected pairs of input and label")
    return from_arrays(
        list(samples.items), samples.y, name=samples.name, classes=samples.classes, origin=samples.origin
    )
