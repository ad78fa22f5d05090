"""The search for the fewest operators in float."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.optimize.mixed import evaluations_allowed, fewest_in_float


@given(st.integers(2, 300), st.data())
def test_a_needed_head_of_the_ranking_is_found_exactly_and_within_the_limit(operators: int, data: st.DataObject):
    needed = data.draw(st.integers(1, operators - 1))
    limit = max(evaluations_allowed(operators), (operators - 1).bit_length())
    ranking = data.draw(st.permutations(range(operators)))
    wanted = frozenset(ranking[:needed])
    found = fewest_in_float(ranking, lambda keep: keep >= wanted, limit=limit)
    assert found.keep == wanted
    assert len(found.tried) <= limit


@given(st.integers(20, 120), st.data())
def test_what_comes_back_was_accepted_whatever_the_models_say(operators: int, data: st.DataObject):
    yes = data.draw(st.randoms(use_true_random=False))
    limit = evaluations_allowed(operators)
    found = fewest_in_float(range(operators), lambda keep: yes.random() < 0.5, limit=limit)
    assert len(found.tried) <= limit <= operators / 4
    assert len({keep for keep, _ in found.tried}) == len(found.tried)
    if found.keep is not None:
        assert (found.keep, True) in found.tried


def test_an_operator_that_is_not_needed_is_given_back():
    found = fewest_in_float([7, 3, 5, 1, 0, 2], lambda keep: {7, 5} <= keep, limit=9)
    assert found.keep == {7, 5}


def test_nothing_is_found_where_nothing_but_the_float_model_is_good_enough():
    found = fewest_in_float(range(20), lambda keep: False, limit=5)
    assert found.keep is None
    assert all(not accepted for _, accepted in found.tried)


def test_a_quarter_of_the_operators_is_allowed_from_20_on():
    assert [evaluations_allowed(count) for count in (3, 20, 31, 100)] == [5, 5, 7, 25]


def test_an_operator_twice_is_refused():
    with pytest.raises(UsageError, match="no operator twice"):
        fewest_in_float([1, 1], lambda keep: True, limit=3)
