"""Splitting a data set in two parts where samples that are nearly the same stay together."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.data.split import seeded
from edgewright.errors import DataError, UsageError

Indices = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

# Moves that are tried at once to come nearer to what is wanted, and how often; and what it costs to lack a class.
_MOVES, _STEPS, _LACKING = 1_000_000, 100, 1e3

# Few groups are started with several times: where they are large, much depends on which ones come first. Of very few
# all parts are tried.
_STARTS, _FEW, _VERY_FEW = 8, 200, 10


def grouped_split(
    dataset: Dataset, groups: npt.NDArray[np.int64], test_size: float, seed: int
) -> tuple[Indices, Indices]:
    """Split into (train, test), indices in random order: no group (n,) is in both, each class is about in proportion.

    `test_size` is a fraction of the samples, between 0 and 1. Groups go to the test part in random order as long as
    each of their classes lacks samples there, and then change places while that brings the classes nearer to their
    shares; every class is in both parts. The same for the same data, groups, size and seed on every machine.

    Raises `UsageError` for an impossible size, `DataError` where a class has a single group, or groups of several
    classes leave no way to have each class in both parts.
    """
    if not 0.0 < test_size < 1.0:
        raise UsageError(f"test size {test_size}: a fraction lies between 0 and 1")
    random = seeded(seed)
    labels = np.zeros(len(dataset), np.int64) if dataset.y is None else dataset.labels
    counts = np.bincount(labels)
    names, group_of = np.unique(groups, return_inverse=True)
    members = np.zeros((len(names), len(counts)), np.int64)
    np.add.at(members, (group_of.reshape(-1), labels), 1)
    _check_groups(dataset, members, counts)
    wanted = counts * test_size
    chosen = _best(members, wanted, random)
    _check_parts(dataset, members[chosen].sum(axis=0), counts)
    in_test = chosen[group_of.reshape(-1)]
    return random.permutation(np.flatnonzero(~in_test)), random.permutation(np.flatnonzero(in_test))


def _check_groups(dataset: Dataset, members: Indices, counts: Indices) -> None:
    alone = np.flatnonzero((counts > 0) & ((members > 0).sum(axis=0) < 2))
    if len(alone):
        name = dataset.classes[int(alone[0])] if dataset.classes else ""
        of = f"class {name!r} has" if name else "there are"
        what = "one sample only" if counts[alone[0]] == 1 else "samples that are all nearly the same, or of one group"
        raise DataError(
            f"{dataset.name}: {of} {what}, so it cannot be in two parts that share nothing. Add samples of it that "
            "were taken at other times or places"
        )


def _check_parts(dataset: Dataset, test: Indices, counts: Indices) -> None:
    lacking = np.flatnonzero((counts > 0) & ((test == 0) | (test == counts)))
    if len(lacking):
        name = dataset.classes[int(lacking[0])] if dataset.classes else ""
        of = f" with class {name!r} in both" if name else ""
        raise DataError(
            f"{dataset.name}: samples that are nearly the same hang together across classes and leave no two parts{of}"
            ". Add samples taken at other times or places"
        )


def _best(members: Indices, wanted: npt.NDArray[Any], random: np.random.RandomState) -> Marks:
    """Mark groups for the test part, as near to what is wanted of each class as was found."""
    present = wanted > 0
    members, wanted, counts = members[:, present], wanted[present], members.sum(axis=0)[present]
    if len(members) <= _VERY_FEW:
        marks = random.permutation(list(product((False, True), repeat=len(members))))
        best: Marks = marks[int(_costs(marks @ members, wanted, counts).argmin())]
        return best
    tried = [
        _improved(_chosen(members, wanted, random), members, wanted, random)
        for _ in range(_STARTS if len(members) <= _FEW else 1)
    ]
    return min(tried, key=lambda chosen: float(_costs(members[chosen].sum(axis=0), wanted, counts)))


def _chosen(members: Indices, wanted: npt.NDArray[Any], random: np.random.RandomState) -> Marks:
    """Mark groups for the test part: rare classes first, so that they have their share before large groups fill it."""
    chosen = np.zeros(len(members), np.bool_)
    has = np.zeros(members.shape[1])
    left = (members > 0).sum(axis=0)
    order = random.permutation(len(members))
    for label in np.argsort(members.sum(axis=0), kind="stable"):
        for group in order[members[order, label] > 0]:
            mine = members[group] > 0
            if chosen[group] or has[label] >= max(wanted[label], 1) or (left[mine] < 2).any():
                continue
            if has[label] and has[label] + members[group, label] / 2 > wanted[label]:
                continue
            chosen[group] = True
            has += members[group]
            left -= mine
    return chosen


def _improved(chosen: Marks, members: Indices, wanted: npt.NDArray[Any], random: np.random.RandomState) -> Marks:
    """Let a group or two change places as long as that brings every class nearer to its share, the best ones first."""
    counts = members.sum(axis=0)
    most = max(int((_MOVES / len(counts)) ** 0.5), 2)
    test = members[chosen].sum(axis=0)
    for _ in range(_STEPS):
        some = random.permutation(len(members))[:most]
        moved = members[some] * np.where(chosen[some], -1, 1)[:, None]
        costs = _costs(
            test + moved[:, None] + moved[None, :] * ~np.eye(len(some), dtype=bool)[..., None], wanted, counts
        )
        first, second = np.unravel_index(int(costs.argmin()), costs.shape)
        if costs[first, second] >= _costs(test, wanted, counts) - 1e-12:
            break
        changed = np.unique([first, second])
        test = test + moved[changed].sum(axis=0)
        chosen[some[changed]] ^= True
    return chosen


def _costs(test: Indices, wanted: npt.NDArray[Any], counts: Indices) -> npt.NDArray[np.float64]:
    """How far test parts (..., classes) are from what is wanted, in squares of shares; without a class they are far."""
    lacking = ((test <= 0) | (test >= counts)).sum(axis=-1)
    costs: npt.NDArray[np.float64] = (((test - wanted) / counts) ** 2).sum(axis=-1) + _LACKING * lacking
    return costs
