"""Charts show the values they were given, where the values say, and tell them to a screen reader too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.report import Bar, Bars, ConfusionMatrix, Interval, Intervals, numbers
from edgewright.report.figure import nice_ticks

Read = Callable[[str], Any]


def _bars(*values: float) -> Bars:
    return Bars("Size", [Bar(f"file {index}", value, f"{value} kB") for index, value in enumerate(values)])


def test_bars_are_as_long_as_their_values(read_html: Read) -> None:
    document = read_html(_bars(100, 50, 0).to_html())
    assert [node.attributes["width"] for node in document.with_class("bar")] == ["100.00%", "50.00%", "0.00%"]


def test_bars_of_nothing_are_drawn(read_html: Read) -> None:
    document = read_html(_bars(0, 0).to_html())
    assert [node.attributes["width"] for node in document.with_class("bar")] == ["0.00%", "0.00%"]


@pytest.mark.parametrize(
    "chart",
    [
        _bars(3, 1),
        Intervals("Accuracy", [Interval("a", 0.5, 0.4, 0.6, "50%")], numbers.percent),
        ConfusionMatrix("Confusion", ["a", "b"], [[3, 1], [0, 4]]),
    ],
    ids=["bars", "intervals", "confusion"],
)
def test_a_chart_is_one_picture_with_a_name_and_a_description(read_html: Read, chart: Any) -> None:
    document = read_html(chart.to_html())
    (drawing,) = document.all("svg")
    assert drawing.attributes["role"] == "img"
    assert [node.text for node in document.all("title") if node.inside[-1] == "svg"] == [chart.title]
    (description,) = document.all("desc")
    assert description.text in drawing.attributes["aria-label"]
    assert ": " in description.text or "classes" in description.text


def test_a_long_name_is_shortened_and_told_in_full(read_html: Read) -> None:
    name = "a_rather_long_name_of_a_model_with_a_version.dynamic.tflite"
    document = read_html(Bars("Size", [Bar(name, 1, "411 kB")]).to_html())
    assert name in document.all("desc")[0].text
    shown = document.all("text")[0].text
    assert len(shown) + len("411 kB") <= 44
    assert shown.endswith(".tflite")


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_bar_without_a_length_is_refused(value: float) -> None:
    with pytest.raises(UsageError, match="finite value"):
        Bar("a", value, "")


def test_dots_lie_inside_their_intervals_in_order_of_value(read_html: Read) -> None:
    points = [Interval("a", 0.95, 0.93, 0.97, "95%"), Interval("b", 0.90, 0.88, 0.92, "90%")]
    document = read_html(Intervals("Accuracy", points, numbers.percent, reference=0.95).to_html())
    dots = [float(node.attributes["cx"].rstrip("%")) for node in document.with_class("dot")]
    lines = [node.attributes for node in document.with_class("interval")]
    ends = [(float(line["x1"].rstrip("%")), float(line["x2"].rstrip("%"))) for line in lines]
    ranges = [(low, high) for low, high in ends if low != high]
    assert all(low < dot < high for dot, (low, high) in zip(dots, ranges, strict=True))
    assert dots[1] < dots[0]
    assert ranges[1][0] == 3
    assert ranges[0][1] == 97
    assert {float(node.attributes["x1"].rstrip("%")) for node in document.with_class("reference")} == {dots[0]}


def test_an_axis_from_zero_starts_there(read_html: Read) -> None:
    chart = Intervals("Latency", [Interval("a", 10e-6, 9e-6, 12e-6, "10 µs")], numbers.duration, from_zero=True)
    ticks = [node.text for node in read_html(chart.to_html()).with_class("small")]
    assert ticks == ["0 s", "5 µs", "10 µs"]


def test_one_value_without_any_spread_is_drawn(read_html: Read) -> None:
    chart = Intervals("Same", [Interval("a", 1, 1, 1, "1")], str)
    assert read_html(chart.to_html()).with_class("dot")[0].attributes["cx"] == "50.00%"


def test_an_interval_must_hold_its_value() -> None:
    with pytest.raises(UsageError, match="low <= value <= high"):
        Interval("a", 0.5, 0.6, 0.7, "")


@pytest.mark.parametrize("empty", [lambda: Bars("t", []), lambda: Intervals("t", [], str)])
def test_a_chart_of_nothing_is_refused(empty: Callable[[], object]) -> None:
    with pytest.raises(UsageError, match="has no"):
        empty()


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_ticks_are_few_round_and_inside(low: float, length: float, most: int) -> None:
    high = low + length
    ticks = nice_ticks(low, high, most)
    assert 1 <= len(ticks) <= most
    slack = 1e-6 * max(abs(low), abs(high), length)
    assert ticks == [low] or all(low - slack <= tick <= high + slack for tick in ticks)
    assert ticks == sorted(ticks)


def test_ticks_step_by_one_two_or_five() -> None:
    assert nice_ticks(0, 1, 6) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert nice_ticks(94.6, 97.1, 5) == pytest.approx([95, 95.5, 96, 96.5, 97])
    assert nice_ticks(94.4, 97.1, 5) == pytest.approx([95, 96, 97])


def test_the_heat_map_holds_every_count_in_its_place(read_html: Read) -> None:
    document = read_html(ConfusionMatrix("m", ["cat", "dog"], [[90, 10], [0, 1]]).to_html())
    tips = [node.text for node in document.all("title")][1:]
    assert tips == [
        "true cat, predicted cat: 90",
        "true cat, predicted dog: 10",
        "true dog, predicted cat: 0",
        "true dog, predicted dog: 1",
    ]
    shades = [node.attributes["class"] for node in document.all("rect")]
    assert shades[0].startswith("b")
    assert shades[1].startswith("o")
    assert shades[2] == "empty"
    assert shades[3] == "b6"


def test_the_heat_map_names_the_worst_confusions_and_the_share_found(read_html: Read) -> None:
    matrix = ConfusionMatrix("m", ["cat", "dog", "owl"], [[90, 10, 0], [1, 9, 0], [0, 0, 0]])
    assert matrix.worst() == [("cat", "dog", 10), ("dog", "cat", 1)]
    text = read_html(matrix.to_html()).all("figure")[0].text
    assert "99 of 110 right" in text
    assert "cat taken for dog (10 times), dog taken for cat (once)" in text
    assert [share in text for share in ("90%", "\u2013")] == [True, True]


def test_more_classes_than_can_be_seen_become_a_table_of_the_worst(read_html: Read) -> None:
    classes = 200
    counts = [[50 if row == column else 0 for column in range(classes)] for row in range(classes)]
    counts[17][42] = 7
    document = read_html(ConfusionMatrix("m", [f"class {index}" for index in range(classes)], counts).to_html())
    assert document.all("svg") == []
    assert [node.text for node in document.nodes if "tbody" in node.inside and node.tag in {"th", "td"}] == [
        "class 17",
        "class 42",
        "7",
    ]


@pytest.mark.parametrize("counts", [[[1, 2]], [[1, 2], [3]], [[1, 2], [3, 4], [5, 6]], []])
def test_counts_that_are_not_square_are_refused(counts: list[list[int]]) -> None:
    with pytest.raises(UsageError, match="for 2 labels"):
        ConfusionMatrix("m", ["a", "b"], counts)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(UsageError, match="negative"):
        ConfusionMatrix("m", ["a", "b"], [[1, 0], [-1, 0]])
