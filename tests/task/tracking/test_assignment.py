"""The pairs of least cost, held against all pairs that there are."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewright.task.tracking.assignment import assign


def _cost(costs, alone, columns):
    return sum(alone if column < 0 else costs[row, column] for row, column in enumerate(columns))


def _least(costs, alone):
    """By trying everything."""
    rows, columns = costs.shape
    every = (
        chosen
        for chosen in product(range(-1, columns), repeat=rows)
        if len({column for column in chosen if column >= 0}) == sum(column >= 0 for column in chosen)
    )
    return min(_cost(costs, alone, chosen) for chosen in every)


_number = st.one_of(st.integers(-4, 9).map(float), st.floats(-5, 20), st.just(np.inf))


@given(st.integers(0, 4), st.integers(0, 4), st.data(), st.sampled_from([0.0, 3.0, 12.5]))
def test_no_other_pairs_cost_less(rows, columns, data, alone):
    costs = np.array([[data.draw(_number) for _ in range(columns)] for _ in range(rows)]).reshape(rows, columns)
    found = assign(costs, alone)
    taken = found[found >= 0].tolist()
    assert len(taken) == len(set(taken))
    assert np.isfinite(_cost(costs, alone, found))
    assert _cost(costs, alone, found) <= _least(costs, alone) + 1e-9


def test_a_pair_that_costs_more_than_to_stay_alone_is_none():
    assert assign(np.array([[5.0, 2.0], [np.inf, 7.0]]), 4.0).tolist() == [1, -1]


def test_who_wants_the_same_moves_over_in_a_chain():
    costs = np.array([[1.0, 2.0, np.inf], [1.0, 9.0, 9.0], [np.inf, 1.0, 2.0]])
    assert assign(costs, 50.0).tolist() == [1, 0, 2]


def test_a_hundred_that_all_fit_all():
    found = assign(np.ones((100, 100)), 5.0)
    assert sorted(found.tolist()) == list(range(100))
