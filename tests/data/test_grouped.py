"""Two parts that share no group, with each class in both, near its share."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.data import Dataset, grouped_split
from edgewright.errors import DataError, UsageError

Indices = npt.NDArray[np.int64]


def labeled(classes: Indices) -> Dataset:
    names = tuple("abcdefgh"[: int(classes.max()) + 1])
    return Dataset(np.zeros((len(classes), 2), np.uint8), classes, names, "things", "arrays")


def of_groups(*groups: str) -> tuple[Indices, Indices]:
    """Classes and groups of samples; each text is a group, each letter the class of a sample."""
    classes = np.array(["abcdefgh".index(letter) for letter in "".join(groups)], np.int64)
    return classes, np.repeat(np.arange(len(groups)), [len(group) for group in groups])


def distance(classes: Indices, part: Indices, size: float) -> float:
    """How far the shares of a part are from `size`, in root squares; infinite where it lacks a class, or has it all."""
    counts = np.bincount(classes)
    test = np.bincount(classes[part], minlength=len(counts))
    if ((counts > 0) & ((test == 0) | (test == counts))).any():
        return float("inf")
    present = counts > 0
    return float(np.sqrt(((test[present] / counts[present] - size) ** 2).sum()))


def nearest(classes: Indices, groups: Indices, size: float) -> float:
    """The smallest distance of all that there are."""
    count = int(groups.max()) + 1
    parts = (
        np.flatnonzero(np.isin(groups, np.flatnonzero(marks))) for marks in itertools.product((0, 1), repeat=count)
    )
    return min(distance(classes, part, size) for part in parts)


some_groups = st.lists(st.text("abc", min_size=1, max_size=8), min_size=2, max_size=8)


@given(some_groups, st.sampled_from([0.1, 0.2, 0.5]), st.integers(0, 2**32 - 1))
def test_no_group_is_in_both_and_every_class_is(groups: list[str], size: float, seed: int) -> None:
    classes, numbers = of_groups(*groups)
    best = nearest(classes, numbers, size)
    if best == float("inf"):
        with pytest.raises(DataError):
            grouped_split(labeled(classes), numbers, size, seed)
        return
    train, test = grouped_split(labeled(classes), numbers, size, seed)
    assert sorted([*train, *test]) == list(range(len(classes)))
    assert not set(numbers[train]) & set(numbers[test])
    assert distance(classes, test, size) == pytest.approx(best)


@given(st.integers(2, 4), st.integers(30, 80), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_small_groups_leave_the_shares_as_wanted(count: int, number: int, largest: int, seed: int) -> None:
    random = np.random.RandomState(seed)
    sizes = random.randint(1, largest + 1, number)
    classes = np.repeat(np.arange(number) % count, sizes).astype(np.int64)
    _, test = grouped_split(labeled(classes), np.repeat(np.arange(number), sizes), 0.2, seed)
    shares = np.bincount(classes[test], minlength=count) / np.bincount(classes)
    assert np.abs(shares - 0.2).max() <= 0.1


def test_singles_are_split_to_the_sample() -> None:
    classes = np.repeat(np.arange(4), [10, 50, 100, 1000]).astype(np.int64)
    _, test = grouped_split(labeled(classes), np.arange(len(classes)), 0.2, 3)
    assert np.bincount(classes[test]).tolist() == [2, 10, 20, 200]


def test_a_huge_group_goes_to_the_larger_part() -> None:
    classes, groups = of_groups("a" * 80, *["a"] * 20, *["b"] * 100)
    train, test = grouped_split(labeled(classes), groups, 0.2, 0)
    assert 0 in groups[train]
    assert np.bincount(classes[test]).tolist() == [19, 20] or np.bincount(classes[test]).tolist() == [20, 20]


def test_the_same_for_the_same_seed_and_others_for_another() -> None:
    classes = np.arange(100, dtype=np.int64) % 3
    groups = np.arange(100) // 3
    first, again, other = (grouped_split(labeled(classes), groups, 0.3, seed) for seed in (5, 5, 6))
    assert first[0].tolist() == again[0].tolist()
    assert first[1].tolist() == again[1].tolist()
    assert sorted(first[1].tolist()) != sorted(other[1].tolist())


def test_numbers_of_groups_mean_nothing() -> None:
    classes = np.arange(60, dtype=np.int64) % 2
    groups = np.arange(60) // 4
    plain = grouped_split(labeled(classes), groups, 0.25, 1)
    named = grouped_split(labeled(classes), groups * 1000 - 7, 0.25, 1)
    assert plain[1].tolist() == named[1].tolist()


def test_without_labels() -> None:
    dataset = Dataset(np.zeros((50, 2), np.uint8), None, (), "things", "arrays")
    train, test = grouped_split(dataset, np.arange(50) // 2, 0.2, 0)
    assert (len(train), len(test)) == (40, 10)


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        (["aaaa", "b", "b"], "class 'a' has samples that are all nearly the same, or of one group, so"),
        (["a", "b", "b"], "class 'a' has one sample only, so"),
        (["ab", "bc", "ca"], "hang together across classes"),
    ],
)
def test_refused_in_one_line(groups: list[str], says: str) -> None:
    classes, numbers = of_groups(*groups)
    with pytest.raises(DataError, match=says) as caught:
        grouped_split(labeled(classes), numbers, 0.2, 0)
    assert "\n" not in str(caught.value)


def test_sizes_that_cannot_be() -> None:
    classes, groups = of_groups("a", "a", "b", "b")
    for size in (0.0, 1.0, -0.2, 2.0):
        with pytest.raises(UsageError, match="a fraction lies between 0 and 1"):
            grouped_split(labeled(classes), groups, size, 0)
