"""Data sets of what a program holds: pairs of input and label, or inputs alone, from any iterable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.labels import named_indices
from edgewright.data.targets import Target
from edgewright.errors import DataError


def from_iterable(values: Iterable[Any], name: str = "samples") -> Dataset:
    """Take pairs (input, label), or inputs alone; read to the end. Labels are integers, names of classes, or targets.

    Raises DataError where pairs and inputs are mixed, or the labels are neither.
    """
    items = list(values)
    pairs = [isinstance(one, tuple) and len(one) == 2 for one in items]
    if not any(pairs):
        return Dataset(tuple(items), None, (), name, "an iterable of inputs")
    if not all(pairs):
        raise DataError(f"{name}: sample {pairs.index(False)} is no pair of input and label, and others are")
    inputs, labels = tuple(one for one, _ in items), [label for _, label in items]
    if all(isinstance(label, Target) for label in labels):
        return Dataset(inputs, labels, _numbered(labels), name, "an iterable of pairs")
    found = named_indices(labels, name)
    return Dataset(inputs, found.y, found.classes, name, "an iterable of pairs", notices=found.notices)


def stacked(samples: Dataset) -> Dataset:
    """Make a data set of labeled samples that are arrays of one shape. Raises DataError for anything else."""
    if samples.y is None:
        raise DataError(f"{samples.name}: no labels. Expected pairs of input and label")
    return from_arrays(
        list(samples.inputs), samples.y, name=samples.name, classes=samples.classes, origin=samples.origin
    )


def _numbered(targets: Sequence[Target]) -> tuple[str, ...]:
    """Names for classes that have a number only."""
    used = frozenset[int]().union(*(target.classes for target in targets))
    return tuple(str(index) for index in range(max(used, default=0) + 1))
