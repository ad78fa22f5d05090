"""The line chart: places follow values, both lines are told apart, and what has no place is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.report import Line, Lines, Spot

Read = Callable[[str], Any]

FALLING = Line("loss", [Spot(1, 2.0), Spot(2, 1.0), Spot(3, 0.5)])
RISING = Line("right", [Spot(1, 0.5, 0.4, 0.6), Spot(3, 0.9, 0.8, 1.0)], dashed=True)


def chart(*lines: Line, **options: Any) -> Lines:
    return Lines("Learning", lines, "epoch", "loss", lambda x: f"{x:g}", lambda y: f"{y:g}", **options)


def percent(value: str) -> float:
    return float(value.rstrip("%"))


def test_points_stand_where_their_values_say(read_html: Read) -> None:
    spots = [node.attributes for node in read_html(chart(FALLING).to_html()).with_class("spot")]
    across = [percent(spot["cx"]) for spot in spots]
    down = [float(spot["cy"]) for spot in spots]
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.02)
    assert down[1] - down[0] == pytest.approx(2 * (down[2] - down[1]), abs=0.3)


def test_two_lines_are_named_and_one_is_not(read_html: Read) -> None:
    both = read_html(chart(FALLING, RISING).to_html())
    assert [node.text for node in both.all("li")] == ["loss", "right"]
    assert len(both.with_class("expected")) == 2  # on the chart and beside its name
    assert len(both.with_class("range")) == 2
    assert read_html(chart(FALLING).to_html()).all("li") == []


def test_it_is_read_out(read_html: Read) -> None:
    (said,) = read_html(chart(FALLING).to_html()).all("desc")
    assert said.text == "loss: 2 at 1 to 0.5 at 3"


def test_whole_numbers_have_whole_ticks(read_html: Read) -> None:
    words = [node.text for node in read_html(chart(Line("loss", [Spot(1, 10), Spot(2, 20)])).to_html()).all("text")]
    assert {"1", "2"} <= set(words)
    assert "1.5" not in words


def test_a_logarithmic_axis_makes_factors_equal(read_html: Read) -> None:
    line = Line("right", [Spot(10, 0.1), Spot(100, 0.5), Spot(1000, 0.9)])
    across = [percent(node.attributes["cx"]) for node in read_html(chart(line, log=True).to_html()).with_class("spot")]
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.02)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.floats(-1e6, 1e6)), min_size=1, max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_everything_stays_on_the_chart(points: list[tuple[int, float]], log: bool, from_zero: bool) -> None:
    line = Line("any", [Spot(x, y) for x, y in sorted(points)])
    html = chart(line, log=log, from_zero=from_zero, mark=points[0][0], mark_label="here").to_html()
    assert "nan" not in html
    places = [float(part.split('"')[1].rstrip("%")) for part in html.split("cx=")[1:]]
    assert all(0 <= place <= 100 for place in places)


@pytest.mark.parametrize("lines", [(), (Line("none", []),), (FALLING, RISING, FALLING)])
def test_what_cannot_be_drawn_is_refused(lines: tuple[Line, ...]) -> None:
    with pytest.raises(UsageError, match="one or two lines"):
        chart(*lines)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_point_is_finite(value: float) -> None:
    with pytest.raises(UsageError, match="finite"):
        Spot(1, value)
