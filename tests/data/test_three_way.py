from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.data import load, three_way_split
from edgewright.errors import DataError, UsageError

seeds = st.integers(0, 2**32 - 1)

FROZEN = [[11, 12, 3, 6], [7, 18, 1, 14, 19, 16, 2, 5], [8, 13, 0, 4, 10, 17, 15, 9]]


@given(st.integers(10, 3000), st.integers(0, 400), seeds)
def test_the_parts_are_disjoint_complete_and_of_the_promised_sizes(n: int, calibration: int, seed: int) -> None:
    parts = three_way_split(n, calibration, seed=seed)
    first, second, third = map(len, parts)
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert first == max(min(calibration, n // 5), 1)
    assert 0 <= third - second <= 1


@given(st.lists(st.integers(1, 60), min_size=2, max_size=30).filter(lambda counts: sum(counts) >= 10), seeds)
def test_each_part_has_each_class_in_proportion(counts: list[int], seed: int) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    n = len(y)
    parts = three_way_split(y, seed=seed)
    for label, count in enumerate(counts):
        for part, most in zip(parts, (1, 2, 2), strict=True):
            assert abs(int((y[part] == label).sum()) - count * len(part) / n) < most


def test_the_parts_of_a_balanced_set_are_balanced_exactly() -> None:
    y = load("mnist5k").y
    calibration, selection, proof = three_way_split(y)
    assert np.bincount(y[calibration]).tolist() == [20] * 10
    assert np.bincount(y[selection]).tolist() == np.bincount(y[proof]).tolist() == [240] * 10


def test_the_same_seed_gives_the_same_parts_for_ever() -> None:
    y = np.arange(20) % 2
    # Frozen: a change here changes every figure that was ever reported with this seed.
    assert [part.tolist() for part in three_way_split(y, seed=7)] == FROZEN
    assert [part.tolist() for part in three_way_split(y, seed=8)] != FROZEN


def test_the_parts_are_in_random_order() -> None:
    y = np.repeat([0, 1], 500)
    for part in three_way_split(y):
        assert 0.3 < y[part][: len(part) // 2].mean() < 0.7


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(DataError, match=r"3 samples are too few .*\. At least 10"):
        three_way_split([0, 1, 0])


def test_an_impossible_seed_is_refused() -> None:
    with pytest.raises(UsageError, match="seed"):
        three_way_split(100, seed=-1)


def test_of_a_published_split_the_training_part_only_calibrates() -> None:
    y = np.repeat([0, 1, 0, 1], [300, 300, 20, 20])
    calibration, selection, proof = three_way_split(y, 50, train_count=600)
    assert len(calibration) == 50
    assert calibration.max() < 600
    assert sorted([*selection, *proof]) == list(range(600, 640))
    assert np.bincount(y[selection]).tolist() == np.bincount(y[proof]).tolist() == [10, 10]


def test_a_test_part_that_is_too_small_is_refused() -> None:
    with pytest.raises(DataError, match="4 samples are too few"):
        three_way_split(100, train_count=96)
