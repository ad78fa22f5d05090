"""The scatter chart puts points where their values say, finds the front, and keeps its numbers apart at any width."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.report import Point, Scatter, numbers
from edgewright.report.labeling import DESK, PHONE, Spot, place_labels
from edgewright.report.scatter import pareto_front

Read = Callable[[str], Any]

POINTS = (
    Point("float", 224e3, 0.0, "224 kB", "reference"),
    Point("float16", 113e3, -0.001, "113 kB", "good", -0.003),
    Point("int8", 61e3, -0.02, "61 kB", "refused", -0.03),
    Point("int4", 56e3, -0.006, "56 kB", "chosen", -0.009),
)


def _chart(points: Any = POINTS, **options: Any) -> Scatter:
    return Scatter("Size and drop", points, "size", "change", numbers.size, numbers.points, **options)


def _percent(value: str) -> float:
    return float(value.rstrip("%"))


def test_smaller_points_stand_left_and_better_ones_higher(read_html: Read) -> None:
    nodes = read_html(_chart().to_html()).with_class("mark")
    circles = [node.attributes for node in nodes if node.tag == "circle" and node.attributes["cy"] != "12"]
    across = [_percent(circle["cx"]) for circle in circles]
    down = [float(circle["cy"]) for circle in circles]
    assert across == sorted(across, reverse=True)  # float16, int8, int4
    assert down[0] < down[2] < down[1]


def test_each_point_has_its_number_name_and_text(read_html: Read) -> None:
    document = read_html(_chart().to_html())
    assert [node.text for node in document.all("li")] == [
        "1 float224 kB",
        "2 float16113 kB",
        "3 int861 kB",
        "4 int456 kB",
    ]
    assert [node.text for node in document.with_class("on-desk")] == ["1", "2", "3", "4"]
    (description,) = document.all("desc")
    assert "4 int4: 56 kB" in description.text
    (drawing,) = [node for node in document.all("svg") if node.attributes.get("role") == "img"]
    assert description.text in drawing.attributes["aria-label"]


def test_numbers_can_be_given_and_the_list_left_out(read_html: Read) -> None:
    chart = _chart([Point("a", 1, 0, "", number=7), Point("b", 2, 1, "", number=3)], has_key=False)
    document = read_html(chart.to_html())
    assert [node.text for node in document.with_class("on-desk")] == ["7", "3"]
    assert document.all("li") == []
    assert "7 a" in document.all("desc")[0].text


def test_kinds_differ_in_shape(read_html: Read) -> None:
    document = read_html(_chart().to_html())
    assert len(document.with_class("ring")) == 2  # on the chart and in the list
    assert len(document.with_class("reference-mark")) == 2
    assert {node.tag for node in document.with_class("refused")} == {"circle", "line"}


def test_what_is_beaten_is_not_on_the_front() -> None:
    assert [point.label for point in _chart().front] == ["int4", "float16", "float"]


def test_of_equal_points_the_first_is_on_the_front() -> None:
    twins = [Point(name, 1.0, 0.0, "") for name in "ab"]
    assert [point.label for point in pareto_front(twins)] == ["a"]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-9, 9)), min_size=1, max_size=12))
def test_the_front_beats_all_others_and_nothing_beats_it(places: list[tuple[int, int]]) -> None:
    points = [Point(str(place), *place, "") for place in places]
    front = pareto_front(points)
    for point in points:
        assert any(one.x <= point.x and one.y >= point.y for one in front)
    for one in front:
        assert not any(p.x <= one.x and p.y >= one.y and (p.x, p.y) != (one.x, one.y) for p in points)


def test_the_front_is_drawn_in_steps(read_html: Read) -> None:
    lines = [node.attributes for node in read_html(_chart().to_html()).with_class("front")]
    flat = [line for line in lines if line["y1"] == line["y2"]]
    assert (len(flat), len(lines)) == (3, 5)


def test_a_point_far_below_is_an_arrow_at_the_edge(read_html: Read) -> None:
    far = Point("broken", 60e3, -0.9, "60 kB, −90 points", "refused", -0.95)
    document = read_html(_chart([*POINTS, far], lowest=-0.03).to_html())
    assert [node.attributes["class"] for node in document.all("path")] == ["mark refused"]
    heights = [float(node.attributes["cy"]) for node in document.with_class("chosen") if node.tag == "circle"]
    assert min(heights) < 150  # the others keep their room


def test_the_limit_is_drawn_at_its_height_and_named(read_html: Read) -> None:
    document = read_html(_chart(limit=-0.009, limit_label="budget").to_html())
    (line,) = [node.attributes for node in document.with_class("reference") if node.tag == "line"]
    ends = [node.attributes for node in document.with_class("whisker") if "chosen" in node.attributes["class"]]
    assert float(line["y1"]) == max(float(end["y2"]) for end in ends)
    assert "budget" in [node.text for node in document.all("text")]


@pytest.mark.parametrize("values", [(1.0, 1.0), (1.0, 2.0), (1.0, 1e4), (5e-6, 7e-2)])
def test_both_axes_have_numbers_inside_whatever_the_range(read_html: Read, values: tuple[float, float]) -> None:
    points = [Point(str(value), value, 0.0, "") for value in values]
    document = read_html(_chart(points).to_html())
    ticks = [node for node in document.with_class("small") if "%" in node.attributes["x"] and node.text != "size"]
    assert 1 <= len(ticks) <= 5
    assert all(10 < _percent(node.attributes["x"]) < 97 for node in ticks)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-1.0, 0.0), (float("inf"), 0.0), (1.0, float("nan"))])
def test_a_point_without_a_place_is_refused(x: float, y: float) -> None:
    with pytest.raises(UsageError, match="finite x > 0"):
        Point("a", x, y, "")


def test_wrong_kinds_bounds_and_empty_charts_are_refused() -> None:
    with pytest.raises(UsageError, match="Choose one of: chosen, good"):
        Point("a", 1, 1, "", "best")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="above its y"):
        Point("a", 1, 1, "", low=2)
    with pytest.raises(UsageError, match="has no points"):
        _chart([])


def test_hostile_labels_are_text(read_html: Read) -> None:
    document = read_html(_chart([Point("<b>x</b>", 1, 0, "<i>y</i>")]).to_html())
    assert document.all("b") + document.all("i") == []


PLACES = st.lists(st.tuples(st.floats(0.15, 0.93), st.floats(46, 300)), min_size=1, max_size=16)


@given(PLACES, st.sampled_from([PHONE, DESK]))
def test_labels_stay_on_the_drawing_and_no_two_collide_at_any_width(places, widths) -> None:
    spots = [Spot(number, part, top, top + 10) for number, (part, top) in enumerate(places, 1)]
    labels = place_labels(spots, widths)
    for width in range(widths[0], widths[1] + 1, 9):
        boxes = [(label.middle(width), label.down, label.half) for label in labels]
        assert all(half <= middle + 90 and middle - 90 <= width - half for middle, _, half in boxes)
        for (x, y, half), (other_x, other_y, other_half) in combinations(boxes, 2):
            assert abs(x - other_x) >= half + other_half or abs(y - other_y) >= 16


@given(PLACES)
def test_each_number_is_written_once(places) -> None:
    spots = [Spot(number, part, top, top) for number, (part, top) in enumerate(places, 1)]
    written = ", ".join(label.text for label in place_labels(spots, PHONE))
    ranges = [[int(end) for end in part.split("\u2013")] for part in written.split(", ")]
    assert sorted(n for ends in ranges for n in range(ends[0], ends[-1] + 1)) == list(range(1, len(places) + 1))


def test_points_that_lie_together_share_a_label_and_others_do_not() -> None:
    together = [Spot(number, 0.5 + number / 1000, 100 + number, 120) for number in (1, 2, 3, 5)]
    labels = place_labels([*together, Spot(4, 0.9, 200, 210), Spot(0, 0.5, 100, 100)], DESK)
    assert {label.text for label in labels} == {"1\u20133, 5", "4"}


def test_a_phone_and_a_desk_each_show_their_own_numbers(read_html: Read) -> None:
    near = [Point("a", 1.00, 0.0, ""), Point("b", 1.04, 0.0, ""), Point("c", 2.0, 0.1, "")]
    document = read_html(_chart(near).to_html())
    assert [node.text for node in document.with_class("on-phone")] == ["1, 2", "3"]
    assert [node.text for node in document.with_class("on-desk")] == ["1", "2", "3"]
