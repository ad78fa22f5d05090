"""Which values weights share, and how training moves them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edgewright.errors import UsageError
from edgewright.train.compression.clustering import Codebook, centroids, codebook, nearest

NUMBERS = arrays(np.float32, st.integers(1, 60), elements=st.floats(-4, 4, width=32))


def error(numbers: np.ndarray, values: np.ndarray) -> float:
    """The sum of squared distances to the nearest value."""
    return float((np.abs(numbers[:, None].astype(float) - values[None].astype(float)).min(axis=1) ** 2).sum())


@given(NUMBERS, st.integers(2, 20))
def test_there_are_as_many_centroids_as_may_be_and_they_are_ascending(numbers: np.ndarray, count: int):
    found = centroids(numbers, count)
    assert len(found) <= count
    assert np.all(np.diff(found) > 0)
    assert found[0] >= numbers.min() - 1e-6
    assert found[-1] <= numbers.max() + 1e-6


@given(NUMBERS, st.integers(2, 20))
def test_numbers_that_are_few_enough_keep_their_values(numbers: np.ndarray, count: int):
    distinct = np.unique(numbers)
    if len(distinct) <= count:
        assert np.array_equal(centroids(numbers, count), distinct)


@given(NUMBERS, st.integers(2, 20))
def test_it_is_never_worse_than_where_it_began(numbers: np.ndarray, count: int):
    even = np.linspace(numbers.min(), numbers.max(), count)
    assert error(numbers, centroids(numbers, count)) <= error(numbers, even) + 1e-5


def test_each_centroid_is_the_mean_of_its_cluster():
    numbers = np.random.default_rng(0).normal(size=2000).astype(np.float32)
    found = centroids(numbers, 8)
    places = nearest(numbers, found)
    assert [numbers[places == place].mean() for place in range(8)] == pytest.approx(found, abs=1e-5)


def test_clusters_that_lie_apart_are_found():
    random = np.random.default_rng(1)
    numbers = np.concatenate([center + random.normal(size=50) * 0.01 for center in (-3, -0.5, 0.5, 0.6, 4)])
    assert centroids(numbers, 5) == pytest.approx([-3, -0.5, 0.5, 0.6, 4], abs=0.02)


def test_no_centroid_is_wasted_on_a_gap():
    numbers = np.concatenate([np.linspace(-2, -1, 100), np.linspace(1, 2, 100)])
    found = centroids(numbers, 16)
    assert len(found) == 16
    assert np.abs(found).min() >= 1


@given(NUMBERS, st.integers(2, 20))
def test_a_place_is_that_of_the_nearest_value(numbers: np.ndarray, count: int):
    values = centroids(numbers, count)
    distances = np.abs(numbers[:, None].astype(float) - values[None].astype(float))
    chosen = distances[np.arange(len(numbers)), nearest(numbers, values)]
    assert chosen == pytest.approx(distances.min(axis=1), abs=1e-9)


def test_zeros_of_a_pruned_layer_stay_zeros_and_no_other_weight_becomes_one():
    weights = np.random.default_rng(2).normal(size=(8, 25)).astype(np.float32)
    weights[np.abs(weights) < 0.5] = 0
    book = codebook(weights, 8)
    assert len(book.values) == 8
    assert book.zero is not None
    assert book.values[book.zero] == 0
    assert np.array_equal(book.weights == 0, weights == 0)


def test_a_layer_without_zeros_shares_all_values():
    weights = np.random.default_rng(3).normal(size=(3, 3, 2, 4)).astype(np.float32)
    book = codebook(weights, 4)
    assert (book.zero, len(book.values), book.weights.shape) == (None, 4, weights.shape)


def test_what_is_no_codebook_is_refused():
    with pytest.raises(UsageError, match="at least 2"):
        codebook(np.ones(3), 1)
    with pytest.raises(UsageError, match="not among them"):
        Codebook(np.ones(2, np.float32), np.array([0, 2], np.int32))
