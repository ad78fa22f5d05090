"""What sensors send line by line: tables with and without names, JSON, and everything that is no row."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.media import RowReader

ROWS = [[1.0, 2.0], [3.0, 4.5]]


def read(*lines: str, wanted: tuple[str, ...] = ("x", "y"), count: int = 2, is_joined: bool = False) -> list[list]:
    reader = RowReader(wanted, count, is_joined=is_joined)
    rows = [reader.read(line) for line in lines]
    return [row for found in rows if found is not None for row in found.values.tolist()]


@pytest.mark.parametrize(
    "lines",
    [
        ("x,y", "1,2", "3,4.5"),
        ("1,2", "3,4.5"),
        ("\ufeffY;X\r\n", "2,0;1,0\r\n", "4,5;3,0\r\n"),
        ("", "time_s,y,note,x", "0,2,fast,1", "", "0.1,4.5,slow,3"),
        ('{"x": 1, "y": 2}', '{"y": 4.5, "x": "3", "room": "cellar"}'),
        ("[1, 2]", "[3, 4.5]"),
        ("[[1, 2], [3, 4.5]]",),
        ('[{"x": 1, "y": 2}, {"x": 3, "y": 4.5}]',),
        ('{"x": [1, 3], "y": [2, 4.5]}',),
        ("x,y", "1,2", "y,x", "4.5,3"),
        ("Sensor 1.2 is ready", "1,2", "3,4.5"),
    ],
    ids=["names", "none", "by name", "among others", "objects", "lists", "list of lists", "list of objects",
         "lists by column", "begun anew", "greeting"],
)  # fmt: skip
def test_rows(lines: tuple[str, ...]) -> None:
    reader = RowReader(("x", "y"), 2)
    rows = []
    for line in lines:
        try:
            found = reader.read(line)
        except DataError:
            assert "ready" in line
            continue
        rows += [] if found is None else found.values.tolist()
    assert rows == ROWS


def test_times() -> None:
    reader = RowReader(("x",), 1)
    assert reader.read("t_ms,x") is None
    assert reader.read("1500,7").times.tolist() == [1.5]
    assert reader.read('{"timestamp": "1970-01-01T00:00:02Z", "x": 7}').times.tolist() == [2.0]
    assert reader.read('{"time_ms": [1000, 1100], "x": [7, 8]}').times.tolist() == [1.0, 1.1]
    assert reader.read("[7]").times is None


def test_what_is_missing_is_no_number() -> None:
    assert [math.isnan(one) for one in read("x,y", ",2")[0]] == [True, False]
    assert [math.isnan(one) for one in read('{"x": null, "y": 2}')[0]] == [True, False]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,2,3", "3 cells in a line, and 2 are expected"),
        ("1", "1 cells in a line, and 2 are expected"),
        ("1,zwei", "no row of numbers: '1,zwei'"),
        ("\x1b[2J#!?", "no row of numbers"),
        ('{"x": 1}', "an object: there is no column y; it has x"),
        ('{"x": 1, "y"', "no sound JSON"),
        ('{"x": 1, "y": "high"}', "'high' in 'y' is no number"),
        ('{"x": 1, "y": true}', "'True' in 'y' is no number"),
        ('{"x": [1, 2], "y": [1]}', "lists of 1 and 2 numbers in one object"),
        ("[1, 2, 3]", "3 numbers, and the model takes 2 columns"),
        ("[" * 30_000, "no sound JSON"),
        ("1," * 40_000, "a line has more than 65,536 characters"),
        ('{"time": "noon", "x": 1, "y": 2}', "'noon' in 'time' is no time"),
    ],
)
def test_what_is_no_row_is_told_and_the_next_one_is_read(line: str, said: str) -> None:
    reader = RowReader(("x", "y"), 2)
    reader.read("x,y")
    with pytest.raises(DataError, match=f"^{said.replace('[', '.')}"):
        reader.read(line)
    assert reader.read("3,4").values.tolist() == [[3, 4]]


def test_a_column_that_is_missing_is_not_taken_from_another() -> None:
    reader = RowReader(("x", "y"), 2)
    for line in ("x,z", "1,2", "3,4"):
        with pytest.raises(DataError, match="there is no column y; it has x, z"):
            reader.read(line)


def test_of_the_middle_of_a_line_nothing_is_believed() -> None:
    assert read("7,2", "3,4", is_joined=True) == [[3, 4]]
    assert read("y,x", "1,2", is_joined=True) == [[2, 1]]


def test_a_model_without_names() -> None:
    assert read("a,b", "1,2", wanted=()) == [[1, 2]]
    assert read('{"b": 1, "time": 5, "a": 2}', wanted=()) == [[1, 2]]
    with pytest.raises(DataError, match="3 numbers, and the model takes 2 columns"):
        read("1,2,3", wanted=())
    for nothing in ("{}", '{"time": 5}', '[{"time": 5}]'):
        with pytest.raises(DataError, match="0 numbers, and the model takes 2 columns"):
            read(nothing, wanted=())


@given(st.text(max_size=80))
def test_any_text_is_a_row_or_an_error(text: str) -> None:
    reader = RowReader(("x", "y"), 2)
    try:
        found = reader.read(text)
    except DataError:
        return
    assert found is None or found.values.shape[1] == 2
