"""Rows of a series that come one by one: lines of a table, or JSON objects and arrays."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.series.cells import TableLayout, delimiter_of, number_in
from edgewright.media.series.series import places_of
from edgewright.media.series.times import of_text, seconds_per, time_unit

LONGEST_ROW = 1 << 16
"""Characters of a line, or of a message with several rows."""

Row = tuple[list[float], float | None]
"""The numbers of a row, NaN where one is missing, and its time in seconds where it has one."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that came together: `values` (n, columns) float32, NaN where one is missing; `times` (n,) in seconds."""

    values: npt.NDArray[np.float32] = field(repr=False)
    times: npt.NDArray[np.float64] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Rows:
        """Of single rows; their times count where all have one."""
        moments = [moment for _, moment in rows if moment is not None]
        times = np.array(moments, np.float64) if len(moments) == len(rows) else None
        with np.errstate(over="ignore"):
            return cls(np.array([numbers for numbers, _ in rows], np.float64).astype(np.float32), times)

    def __len__(self) -> int:
        return len(self.values)


class RowReader:
    """Reads what a sensor sends, one line or message after the other.

    That is a line of a table, as `read_table` has them, whose first may name the columns, or JSON: an object of numbers
    or of lists by column ("time" among them where there is one), a list of numbers, or a list of either.
    """

    def __init__(self, wanted: Sequence[str], count: int, *, is_joined: bool = False) -> None:
        """`wanted` names the columns in their order, where they have names, `count` how many there are.

        `is_joined`: the first line may be the end of one.
        """
        self._wanted = tuple(wanted)
        self._count = count
        self._lines = _Lines(self._wanted, is_joined=is_joined)

    def read(self, text: str) -> Rows | None:
        """The rows in a line or message; None where there are none in it, since it is empty or names the columns.

        Raises `DataError` for what is no row, or has other columns than wanted.
        """
        text = text.strip("\ufeff\r\n\x00")
        if len(text) > LONGEST_ROW:
            raise DataError(f"a line has more than {LONGEST_ROW:,} characters")
        if not text.strip():
            return None
        if text.lstrip()[0] in "{[":
            rows = self._of_json(text)
        else:
            row = self._lines.row(text)
            rows = [] if row is None else [row]
        if any(len(numbers) != self._count for numbers, _ in rows):
            found = next(len(numbers) for numbers, _ in rows if len(numbers) != self._count)
            raise DataError(f"{found} numbers, and the model takes {self._count} columns")
        return Rows.of(rows) if rows else None

    def _of_json(self, text: str) -> list[Row]:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise DataError(f"no sound JSON ({getattr(problem, 'msg', 'too deep')}): {text[:40]!r}") from None
        several = isinstance(value, list) and any(isinstance(part, list | dict) for part in value)
        return [row for part in (value if several else [value]) for row in self._of_value(part)]

    def _of_value(self, value: Any) -> list[Row]:
        if isinstance(value, list):
            return [([_number(one, "a list") for one in value], None)]
        if not isinstance(value, Mapping):
            raise DataError(f"no row: {str(value)[:40]!r}. Expected an object with a number for each column, or a list")
        time = next((key for key in value if key not in self._wanted and time_unit(key) is not None), None)
        names = [key for key in value if key != time]
        if self._wanted:
            places = places_of(self._wanted, names, len(names), "an object")
            names = [names[place] for place in places]
        lists = [len(value[name]) for name in names if isinstance(value[name], list)]
        columns = [_several(value[name], name, lists) for name in names]
        moments = [None] * max(lists, default=1) if time is None else _moments(value[time], time, lists)
        rows = [[column[place] for column in columns] for place in range(len(moments))]
        return list(zip(rows, moments, strict=True))


class _Lines:
    """Lines of one table, with what its first lines said of the columns."""

    def __init__(self, wanted: tuple[str, ...], *, is_joined: bool) -> None:
        self._wanted = wanted
        self._may_be_cut = is_joined
        self._layout: TableLayout | None = None
        self._delimiter = ""
        self._strange: tuple[int, str] | None = None  # a line of names without ours: its cells, and what is wrong

    def row(self, line: str) -> Row | None:
        delimiter = self._delimiter or delimiter_of(line)
        cells = _cells(line, delimiter)
        may_be_cut, self._may_be_cut = self._may_be_cut, False
        if self._layout is not None and not may_be_cut and _fits(cells, self._layout, delimiter):
            return self._numbers(cells, self._layout, delimiter)
        if _has_names(cells, delimiter):
            self._named(cells, delimiter, line)
            return None
        if may_be_cut:
            return None
        if self._layout is None:
            if self._strange is not None and self._strange[0] == len(cells):
                raise DataError(self._strange[1])
            self._layout, self._delimiter = self._layout_of(cells, delimiter), delimiter
        return self._numbers(cells, self._layout, delimiter)

    def _named(self, cells: list[str], delimiter: str, line: str) -> None:
        """Heed a line with other texts than numbers: it names the columns, or is none of ours."""
        try:
            layout = self._layout_of(cells, delimiter)
        except DataError as problem:
            if self._layout is None and self._may_name(cells):
                self._strange = len(cells), str(problem)
                raise
            raise DataError(f"no row of numbers: {line[:40]!r}") from None
        if self._layout is not None and not self._wanted:  # any text would do as names
            raise DataError(f"no row of numbers: {line[:40]!r}")
        self._layout, self._delimiter = layout, delimiter

    def _may_name(self, cells: list[str]) -> bool:
        """Whether a line looks as if it named columns, and is no greeting."""
        ours = {name.lower() for name in self._wanted}
        return len(cells) >= len(ours) or any(cell.strip().lower() in ours for cell in cells)

    def _layout_of(self, cells: list[str], delimiter: str) -> TableLayout:
        return TableLayout.of(cells, self._wanted, "the first line", decimal_comma=delimiter != ",")

    def _numbers(self, cells: list[str], layout: TableLayout, delimiter: str) -> Row:
        if len(cells) != layout.cells:
            raise DataError(f"{len(cells)} cells in a line, and {layout.cells} are expected")
        found = [(place, number_in(cells[place], delimiter != ",")) for place in layout.places]
        if wrong := [place for place, number in found if number is None]:
            raise DataError(f"{cells[wrong[0]][:40]!r} in {layout.column(wrong[0])} is no number")
        moment = None if layout.time is None else layout.moment(cells[layout.time])
        return [number for _, number in found if number is not None], moment


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as problem:
        raise DataError(f"no row of numbers: {line[:40]!r} ({problem})") from None


def _fits(cells: Sequence[str], layout: TableLayout, delimiter: str) -> bool:
    """Whether there are numbers where they are wanted; there may be texts beside them."""
    if len(cells) != layout.cells:
        return False
    return all(number_in(cells[place], delimiter != ",") is not None for place in layout.places)


def _has_names(cells: Sequence[str], delimiter: str) -> bool:
    return any(number_in(cell, delimiter != ",") is None and of_text(cell.strip()) is None for cell in cells)


def _several(value: Any, name: str, lists: Sequence[int]) -> list[float]:
    """The numbers of one column of an object; a single one stands for all rows."""
    if not isinstance(value, list):
        return [_number(value, name)] * max(lists, default=1)
    if len(set(lists)) != 1:
        raise DataError(f"lists of {' and '.join(map(str, sorted(set(lists))))} numbers in one object")
    return [_number(one, name) for one in value]


def _moments(value: Any, name: str, lists: Sequence[int]) -> list[float | None]:
    values = value if isinstance(value, list) else [value]
    if len(values) != max(lists, default=1):
        raise DataError(f"{len(values)} times in {name!r}, and {max(lists, default=1)} rows")
    return [_moment(one, name) for one in values]


def _moment(value: Any, name: str) -> float:
    moment = of_text(value.strip()) if isinstance(value, str) else _number(value, name)
    if moment is None or math.isnan(moment):
        raise DataError(
            f"{str(value)[:40]!r} in {name!r} is no time. Expected a number, or a date and time in ISO 8601"
        )
    return moment if isinstance(value, str) else moment * seconds_per(time_unit(name) or 0.0, moment)


def _number(value: Any, name: str) -> float:
    """A number of JSON; NaN where it is missing."""
    if isinstance(value, str) and (read := number_in(value, decimal_comma=False)) is not None:
        return read
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{str(value)[:40]!r} in {name!r} is no number")
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan
