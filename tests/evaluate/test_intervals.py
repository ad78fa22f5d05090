"""The Wilson interval, against values worked out by hand and against its own definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.evaluate import wilson

Z95 = 1.959963984540054


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_values(correct: int, total: int, low: float, high: float):
    assert wilson(correct, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_its_ends_solve_the_defining_equation(case: tuple[int, int]):
    correct, total = case
    share = correct / total
    for end in wilson(correct, total):
        assert 0 <= end <= 1
        if 0 < end < 1:
            assert math.isclose((share - end) ** 2, Z95**2 * end * (1 - end) / total, rel_tol=1e-6, abs_tol=1e-12)


@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_holds_the_proportion_and_mirrors(case: tuple[int, int]):
    correct, total = case
    low, high = wilson(correct, total)
    assert low <= correct / total <= high
    assert wilson(total - correct, total) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("correct", "total", "confidence"), [(3, 2, 0.95), (-1, 5, 0.95), (0, 0, 0.95), (1, 2, 1.0)])
def test_what_is_no_proportion_is_refused(correct: int, total: int, confidence: float):
    with pytest.raises(UsageError):
        wilson(correct, total, confidence)
