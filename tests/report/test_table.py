"""A table is complete and aligned at any width, and the same in text and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.report import Column, Table
from edgewright.report.text import display_width

ARTEFACTS = Table(
    "Every version",
    [Column("file"), Column("size", "right", "kB"), Column("accuracy, 95% interval", "right")],
    [
        ["digits.keras", "1245", None],
        ["digits.tflite", 411, "96.1% (94.7-97.1)"],
        ["digits.dynamic.tflite", 110.5, "96.0% (94.6-97.0)"],
    ],
    "On 1,000 digits.",
)

_WORDS = st.text(st.characters(codec="utf-8"), max_size=40)
_NUMBERS = st.integers(0, 10**9).map(str)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    sides = draw(st.lists(st.sampled_from(["left", "right"]), min_size=1, max_size=7))
    columns = [Column(draw(_WORDS), side, draw(st.sampled_from(["", "ms"]))) for side in sides]
    row = st.tuples(*(_WORDS if side == "left" else _NUMBERS for side in sides))
    return Table(draw(_WORDS), columns, draw(st.lists(row, max_size=6)), draw(_WORDS))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def test_text_is_aligned_with_numbers_on_the_right() -> None:
    assert ARTEFACTS.to_text() == (
        "Every version\n"
        "\n"
        "file                   size (kB)  accuracy, 95% interval\n"
        "--------------------------------------------------------\n"
        "digits.keras                1245                       \u2013\n"
        "digits.tflite                411       96.1% (94.7-97.1)\n"
        "digits.dynamic.tflite      110.5       96.0% (94.6-97.0)\n"
        "\n"
        "On 1,000 digits.\n"
    )


def test_headings_and_words_wrap_before_anything_else_happens() -> None:
    assert ARTEFACTS.to_text(47).splitlines()[2:6] == [
        "file                    size      accuracy, 95%",
        "                        (kB)           interval",
        "-----------------------------------------------",
        "digits.keras            1245                  \u2013",
    ]


def test_long_words_break_where_wrapping_is_not_enough() -> None:
    assert ARTEFACTS.to_text(45).splitlines()[7:9] == [
        "digits.dynamic.      110.5  96.0% (94.6-97.0)",
        "tflite",
    ]


@pytest.mark.parametrize("width", [120, 80, 60, 45, 40, 30])
def test_numbers_are_never_cut_or_broken(width: int) -> None:
    text = ARTEFACTS.to_text(width)
    for number in ("1245", "411", "110.5", "96.1% (94.7-97.1)"):
        assert number in text
    assert max(map(display_width, text.splitlines())) <= width


def test_numbers_wider_than_the_line_become_a_list() -> None:
    assert ARTEFACTS.to_text(36).splitlines()[2:6] == [
        "-" * 36,
        "file              digits.keras",
        "size (kB)         1245",
        "accuracy, 95%     \u2013",
    ]


@given(tables(), st.integers(20, 130))
def test_no_line_is_wider_than_asked(table: Table, width: int) -> None:
    assert all(display_width(line) <= width for line in table.to_text(width).splitlines())


@given(tables(), st.integers(1, 130))
def test_every_cell_is_there_at_any_width(table: Table, width: int) -> None:
    shown = Counter(_squeezed(table.to_text(width)))
    assert shown >= Counter(_squeezed("".join(cell for row in table.cells() for cell in row)))
    wide = table.to_text()
    assert all(cell in wide for row in table.cells() for cell in row)


@given(tables())
def test_unlimited_text_has_one_line_for_each_row(table: Table) -> None:
    kinds = [kind for kind, _ in table.lines()]
    assert kinds.count("row") == len(table.rows)
    assert kinds.count("heading") == any(column.full_heading for column in table.columns)


@given(tables())
def test_html_holds_the_same_cells(read_html: Callable[[str], Any], table: Table) -> None:
    document = read_html(table.to_html())
    cells = [node.text for node in document.nodes if node.tag in {"td", "th"} and "tbody" in node.inside]
    assert cells == [cell for row in table.cells() for cell in row]
    heads = [node.text for node in document.all("th") if "thead" in node.inside]
    headings = [column.full_heading for column in table.columns]
    assert heads == (headings if any(headings) else [])


def test_html_names_its_rows_and_columns_and_scrolls_by_keyboard(read_html: Callable[[str], Any]) -> None:
    document = read_html(ARTEFACTS.to_html())
    assert {node.attributes["scope"] for node in document.all("th") if "tbody" in node.inside} == {"row"}
    assert {node.attributes["scope"] for node in document.all("th") if "thead" in node.inside} == {"col"}
    (container,) = document.with_class("scroll")
    assert container.attributes["tabindex"] == "0"
    assert container.attributes["aria-label"] == "Every version"
    assert [node.text for node in document.with_class("number")][:2] == ["size (kB)", "accuracy, 95% interval"]


def test_a_table_without_rows_still_shows_its_headings() -> None:
    assert Table("Nothing", [Column("file"), Column("size", "right")]).to_text(80).splitlines()[2] == "file  size"


def test_wrong_tables_are_refused_with_the_place() -> None:
    with pytest.raises(UsageError, match="row 2: 1 cells for 2 columns"):
        Table("t", [Column("a"), Column("b")], [["1", "2"], ["1"]])
    with pytest.raises(UsageError, match="has no columns"):
        Table("t", [])
    with pytest.raises(UsageError, match="Choose one of: left, right"):
        Column("a", "middle")  # type: ignore[arg-type]


def test_a_table_is_a_value() -> None:
    rows = [["a"]]
    table = Table("t", [Column("x")], rows)
    rows[0][0] = "changed"
    assert table.rows == (("a",),)
    assert hash(table) == hash(Table("t", (Column("x"),), (("a",),)))


def test_names_and_values_have_no_heading_line():
    table = Table("facts", (Column(""), Column("")), [("size", "3 kB"), ("sealed", "yes")])
    assert table.to_text() == "facts\n\nsize    3 kB\nsealed  yes\n"
    assert "<thead" not in table.to_html()
