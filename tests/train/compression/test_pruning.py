"""Which weights become zero, and when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from edgewright.train.compression.pruning import share_at, without_smallest, zeros

WEIGHTS = arrays(np.float32, array_shapes(min_dims=2, max_dims=4, max_side=6), elements=st.floats(-4, 4, width=32))
SHARES = st.floats(0, 1)


def test_the_schedule_is_that_of_the_paper():
    assert share_at(0, 100, 0.8) == 0
    assert share_at(30, 100, 0.8) == pytest.approx(0.8 * (1 - 0.5**3))
    assert [share_at(step, 100, 0.8) for step in (60, 61, 100)] == [0.8] * 3
    assert share_at(0, 1, 0.5) == 0


@given(st.integers(1, 400), SHARES)
def test_zeros_only_become_more(steps: int, final: float):
    shares = [share_at(step, steps, final) for step in range(steps + 1)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(final)


@given(WEIGHTS, SHARES)
def test_the_largest_stay_as_they_are(weights: np.ndarray, share: float):
    before = weights.copy()
    pruned = without_smallest(weights, share)
    assert np.array_equal(weights, before)
    assert np.all((pruned == weights) | (pruned == 0))
    gone, kept = np.abs(weights[pruned != weights]), np.abs(pruned[pruned != 0])
    largest = np.abs(weights).reshape(-1, weights.shape[-1]).max(axis=0)
    others = np.setdiff1d(kept, largest)  # of each channel the largest stays, however small
    assert gone.max(initial=0) <= others.min(initial=np.inf)
    assert np.array_equal(np.abs(pruned).reshape(-1, weights.shape[-1]).max(axis=0), largest)


@given(WEIGHTS, SHARES)
def test_as_many_are_zero_as_were_asked_for(weights: np.ndarray, share: float):
    wanted = min(int(share * weights.size + 1e-9), weights.size - weights.shape[-1])
    found = np.count_nonzero(without_smallest(weights, share) == 0)
    assert found >= wanted
    assert found == wanted or np.count_nonzero(weights == 0) > 0


@given(WEIGHTS, SHARES)
def test_pruning_again_changes_nothing(weights: np.ndarray, share: float):
    once = without_smallest(weights, share)
    assert np.array_equal(without_smallest(once, share), once)


def test_a_weight_that_a_step_moved_a_little_goes_back():
    pruned = without_smallest(np.array([[1], [0.2], [-0.5], [0.1]], np.float32), 0.5)
    assert pruned[:, 0].tolist() == [1, 0, -0.5, 0]
    assert without_smallest(pruned + np.float32(0.01), 0.5)[:, 0].tolist() == pytest.approx([1.01, 0, -0.49, 0])


def test_the_share_of_zeros_is_of_all_weights():
    assert zeros([np.zeros(3), np.ones((2, 2))]) == pytest.approx(3 / 7)
    assert zeros([]) == 0
