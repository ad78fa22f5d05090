"""Numbers read as a person would write them, and never claim more than was measured."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.report import numbers

_FACTOR = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}
_SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (61_440, "61.4 kB"),
        (411_204, "411 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (1_200_000, "1.20 MB"),
        (14_000_000_000, "14.0 GB"),
        (None, "–"),
    ],
)
def test_sizes_are_decimal_with_three_digits(count: int | None, shown: str) -> None:
    assert numbers.size(count) == shown


@given(st.integers(1, 10**17))
def test_a_size_reads_back_within_half_a_percent(count: int) -> None:
    value, unit = numbers.size(count).split()
    assert float(value) * _FACTOR[unit] == pytest.approx(count, rel=0.00501)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (4.7e-6, "4.70 µs"),
        (0.0123, "12.3 ms"),
        (0.99996, "1.00 s"),
        (59.9, "59.9 s"),
        (59.97, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
        (math.nan, "–"),
        (math.inf, "–"),
        (None, "–"),
    ],
)
def test_durations_take_the_unit_that_fits(seconds: float | None, shown: str) -> None:
    assert numbers.duration(seconds) == shown


@given(st.floats(1e-9, 59.9))
def test_a_duration_reads_back_within_half_a_percent(seconds: float) -> None:
    value, unit = numbers.duration(seconds).split()
    assert float(value) * _SECONDS[unit] == pytest.approx(seconds, rel=0.00501)


@pytest.mark.parametrize("function", [numbers.size, numbers.duration])
def test_less_than_nothing_is_refused(function: object) -> None:
    with pytest.raises(UsageError, match="cannot be negative"):
        function(-1)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.961, "96.1%"), (1, "100.0%"), (0, "0.0%"), (0.9999, ">99.9%"), (0.0001, "<0.1%"), (math.nan, "–"), (None, "–")],
)
def test_a_percentage_says_all_or_nothing_only_where_it_is(fraction: float | None, shown: str) -> None:
    assert numbers.percent(fraction) == shown


def test_a_percentage_comes_with_its_interval() -> None:
    assert numbers.percent_interval(0.961, 0.947, 0.971) == "96.1% (94.7–97.1)"
    assert numbers.percent_interval(None, 0, 1) == "–"
    with pytest.raises(UsageError, match="outside of its own interval"):
        numbers.percent_interval(0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    ("difference", "shown"),
    [(-0.003, "−0.3 points"), (0.012, "+1.2 points"), (0.0, "0.0 points"), (-0.0001, "0.0 points"), (None, "–")],
)
def test_differences_are_in_points_with_a_real_minus(difference: float | None, shown: str) -> None:
    assert numbers.points(difference) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(411, 1200, "0.34×"), (24, 10, "2.4×"), (1234, 1, "1,234×"), (1, 1, "1.00×"), (3, 1000, "0.003×"), (1, 0, "–")],
)
def test_ratios_have_two_digits(part: float, whole: float, shown: str) -> None:
    assert numbers.ratio(part, whole) == shown


def test_a_change_says_its_direction() -> None:
    assert numbers.change(411, 105) == "3.9× smaller"
    assert numbers.change(105, 411) == "3.9× larger"
    assert numbers.change(100, 100) == "same size"
    assert numbers.change(100, 96) == "1.04× smaller"
    assert numbers.change(2.0, 1.0, "time") == "2.0× faster"
    assert numbers.change(1.0, 2.0, "time") == "2.0× slower"
    assert numbers.change(None, 2.0) == numbers.change(0, 2.0) == "–"


def test_an_unknown_quantity_is_refused_with_the_choices() -> None:
    with pytest.raises(UsageError, match="size, time"):
        numbers.change(1, 2, "weight")  # type: ignore[arg-type]


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_change_there_and_back_says_the_same_number(before: float, after: float) -> None:
    there, back = numbers.change(before, after), numbers.change(after, before)
    assert re.sub("smaller|larger", "", there) == re.sub("smaller|larger", "", back)


def test_spread_count_and_score() -> None:
    assert [numbers.spread(value) for value in (0.034, 0.001, 0, None)] == ["± 3%", "± <1%", "± 0%", "–"]
    assert numbers.count(4000, "picture") == "4,000 pictures"
    assert numbers.count(1, "picture") == "1 picture"
    assert numbers.count(2, "class", "classes") == "2 classes"
    assert numbers.count(12345) == "12,345"
    assert [numbers.score(value) for value in (0.98, 0.9991, 1.0, None)] == ["0.98", ">0.99", "1.00", "–"]
