"""Tables of sensors as they are: columns by name, times, gaps, what is missing, and what is no number."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.media import Series, read_series
from edgewright.media.series import table as tables
from edgewright.media.series.preparation import hop_rows
from edgewright.media.series.windows import rows_in_none, window_starts

from ..exploring import examples


def read(text: str, *wanted: str) -> Series:
    return read_series(text.encode(), wanted)


PLAIN = "x,y\n1,2\n3,4\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "1,2\n3,4\n",
        "﻿x,y\r\n1,2\r\n\r\n3,4",
        "\n\nx;y\n1,0;2,0\n3,0;4,0\n",
        "x\ty\n1\t2\n3\t4\n",
        '"x","y"\n"1","2"\n3,4\n',
        "x, y\n 1, 2\n 3, 4\n",
        "note,y,X\nfast,2,1\nslow,4,3\n",
        "time,x,y\n0,1,2\n0.1,3,4\n",
    ],
    ids=["plain", "no header", "windows", "semicolons", "tabs", "quotes", "blanks", "by name, among texts", "times"],
)
def test_the_wanted_columns_in_their_order(text: str) -> None:
    np.testing.assert_array_equal(read(text, "x", "y").values, [[1, 2], [3, 4]])


def test_nobody_says_which_columns_then_all_but_the_time() -> None:
    series = read("stamp,x,timestamp\n5,1,0\n6,3,0.5\n")
    assert series.columns == ("stamp", "x")
    assert series.rate == 2


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "NA", "null", "-", "inf", "-Infinity", " "])
def test_what_is_missing_is_no_number(cell: str) -> None:
    series = read(f"x,y\n1,2\n{cell},4\n")
    assert series.whole_rows().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n1,2\n3,oops\n", r"<bytes>, line 3: 'oops' in the column 'y' is no number"),
        ("x,y\n1,2\n3\n", "<bytes>, line 3: 1 cells, and the first line has 2"),
        ("x,y\n1,2,3\n", "<bytes>, line 2: 3 cells, and the first line has 2"),
        ("x,z\n1,2\n", "there is no column y; it has x, z"),
        ("1,2,3\n", "3 columns without names, and 2 are wanted: x, y"),
        ("", "there are no rows in it"),
        ("\n\n\n", "there are no rows in it"),
        ("x,y\n", "there are no rows in it"),
        ("time,x,y\n1,0,0\n0.5,0,0\n", "line 3: the time '0.5' is before that of the row above"),
        ("time,x,y\n1,0,0\nsoon,0,0\n", "line 3: 'soon' is no time"),
        ("time,x,y\n1,0,0\n,0,0\n", "line 3: '' is no time"),
        ('x,y\n1,"2\n' + "3,4\n" * 60_000, "no table of comma-separated values"),
        ("1," * 600_000, "a line has more than 1,048,576 characters"),
        ("x,y\n1,\x00\n", "no table|is no number"),
    ],
    ids=range(14),
)
def test_what_is_wrong_is_one_line_with_its_place(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read(text, "x", "y")
    assert "\n" not in str(caught.value)


def test_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x,y\n\xff\xfe,1\n")
    with pytest.raises(DataError, match=r"a\.csv: no text in UTF-8"):
        read_series(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("column", "cells", "seconds"),
    [
        ("time", ["0", "0.5"], 0.5),
        ("t_s", ["10", "12"], 2),
        ("time_ms", ["0", "500"], 0.5),
        ("Time [us]", ["0", "500"], 0.0005),
        ("timestamp", ["1700000000000", "1700000000250"], 0.25),
        ("timestamp", ["1700000000000000000", "1700000000500000000"], 0.5),
        ("datetime", ["2026-01-02T03:04:05", "2026-01-02T03:04:06.5"], 1.5),
        ("date", ["2026-01-02 03:04:05+01:00", "2026-01-02 03:04:05.250+01:00"], 0.25),
    ],
)
def test_times_are_seconds_whatever_they_are_written_in(column: str, cells: list[str], seconds: float) -> None:
    series = read(f"{column},x\n{cells[0]},1\n{cells[1]},2\n")
    assert series.columns == ("x",)
    assert series.rate == pytest.approx(1 / seconds, rel=1e-3)


def test_dates_without_a_header_are_times() -> None:
    series = read("2026-01-02T03:04:05,1\n2026-01-02T03:04:06,2\n")
    assert series.rate == 1
    assert series.values.tolist() == [[1], [2]]


def test_a_bare_t_may_be_a_temperature() -> None:
    series = read("t,x\n5,1\n4,2\n")
    assert (series.columns, series.times) == (("t", "x"), None)


def test_two_columns_of_one_name_are_no_column() -> None:
    with pytest.raises(DataError, match="two columns are called x"):
        read("x,y,x\n1,2,3\n", "x", "y")


def test_a_column_of_times_that_is_wanted_is_a_column() -> None:
    assert read("time,x\n5,1\n6,2\n", "time", "x").values.tolist() == [[5, 1], [6, 2]]


def test_arrays_and_their_files(tmp_path: Path) -> None:
    x, y = np.arange(3.0), np.arange(3.0) * 2
    np.save(tmp_path / "a.npy", np.stack([x, y], axis=1))
    np.savez(tmp_path / "a.npz", y=y, x=x, time=np.arange(3) / 4)
    for source in (
        tmp_path / "a.npy",
        tmp_path / "a.npz",
        {"y": y, "x": x},
        np.stack([x, y], axis=1),
        io.BytesIO(PLAIN.encode()),
    ):
        assert read_series(source, ("x", "y")).values[1].tolist() in ([1, 2], [3, 4])
    assert read_series(tmp_path / "a.npz").rate == 4
    assert read_series(x).values.shape == (3, 1)
    stamps = np.array(["2026-01-01T00:00:00", "2026-01-01T00:00:02"], "datetime64[s]")
    assert read_series({"timestamp": stamps, "x": [1, 2]}).rate == 0.5


@pytest.mark.parametrize("column", ["time", "time_ms", "seconds"])
@pytest.mark.parametrize("begin", ["1970-01-01", "2026-01-01"])
def test_dates_are_dates_whenever_they_begin_and_whatever_their_column_is_called(column: str, begin: str) -> None:
    stamps = np.datetime64(begin, "ms") + np.arange(0, 100, 20)
    assert read_series({column: stamps, "x": np.arange(5)}).rate == pytest.approx(50, rel=1e-4)


def test_a_date_that_is_missing_is_told() -> None:
    stamps = np.array(["NaT", "2026-01-01", "2026-01-02"], "datetime64[s]")
    with pytest.raises(DataError, match="the times in its column 'time' are missing somewhere"):
        read_series({"time": stamps, "x": np.arange(3)})


def test_a_data_frame_is_a_series() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"y": [2.0, 4.0], "x": [1, 3], "time": [0.0, 0.5]})
    series = read_series(frame, ("x", "y"))
    assert series.values.tolist() == [[1, 2], [3, 4]]
    assert series.rate == 2


class Endless(io.RawIOBase):
    """A table that is written while it is read: so many lines, which are nowhere whole."""

    def __init__(self, lines: int) -> None:
        self._lines: Iterator[bytes] = (b"0.125,0.25,%d\n" % (number % 7) for number in range(lines))
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._left) < len(buffer) and (line := next(self._lines, None)) is not None:
            self._left += line
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def test_a_long_table_costs_its_numbers_and_no_more() -> None:
    rows = 100_000
    tracemalloc.start()
    series = read_series(io.BufferedReader(Endless(rows)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(series) == rows
    assert peak < 3 * series.values.nbytes + 500_000


def test_more_numbers_than_are_read_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_VALUES", 1000)
    with pytest.raises(DataError, match="more than 1,000 numbers are not read at once"):
        read_series(io.BufferedReader(Endless(10_000_000)))


# ----- windows


@settings(max_examples=examples(200))
@given(
    missing=st.lists(st.booleans(), min_size=1, max_size=60),
    window=st.integers(1, 12),
    hop=st.integers(1, 12),
)
def test_windows_cover_each_stretch_and_nothing_else(missing: list[bool], window: int, hop: int) -> None:
    hop = min(hop, window)
    whole = ~np.array(missing)
    series = Series(np.where(whole, 1, np.nan).astype(np.float32)[:, None])
    starts = window_starts(series, window, hop)
    covered = np.zeros(len(whole), bool)
    for start in starts:
        assert whole[start : start + window].all()
        assert start + window <= len(whole)
        covered[start : start + window] = True
    in_long = np.zeros(len(whole), bool)
    for start in range(len(whole) - window + 1):
        if whole[start : start + window].all():
            in_long[start : start + window] = True
    np.testing.assert_array_equal(covered, in_long)
    assert rows_in_none(starts, window, len(whole)) == (~covered).sum()
    assert (np.diff(starts) > 0).all()


@settings(max_examples=examples(100))
@given(steps=st.lists(st.sampled_from([1.0, 1.2, 2.0, 10.0]), min_size=20, max_size=40), window=st.integers(1, 5))
def test_no_window_reaches_over_a_gap_in_time(steps: list[float], window: int) -> None:
    steps = [1.0] * len(steps) + steps  # so that 1 is the usual one
    times = np.concatenate([[0], np.cumsum(steps)])
    series = Series(np.ones((len(times), 1), np.float32), times=times)
    for start in window_starts(series, window, 1):
        assert (np.diff(times[start : start + window]) <= 1.5).all()


@pytest.mark.parametrize(
    ("hop", "window", "rate", "rows"),
    [
        ("50%", 10, 4.0, 5),
        ("50%", 1, 4.0, 1),
        (0.5, 10, 4.0, 2),
        ("0.5", 10, 4.0, 2),
        (0.001, 10, 4.0, 1),
        ("100%", 7, 1, 7),
    ],
)
def test_a_hop_is_seconds_or_a_share(hop: float | str, window: int, rate: float, rows: int) -> None:
    assert hop_rows(hop, window, rate) == rows


def test_a_hop_that_leaves_rows_out_is_refused() -> None:
    with pytest.raises(DataError, match="hop is 5, 20 rows, and a window has 10"):
        hop_rows(5, 10, 4)
