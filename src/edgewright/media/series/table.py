"""Tables of comma-separated values as series: read line by line, so that only the numbers are kept."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

import numpy as np

from edgewright.errors import DataError
from edgewright.media.series.series import Series, places_of
from edgewright.media.series.times import of_text, seconds_per, time_unit

_DELIMITERS = ",;\t"
_LONGEST_LINE = 1 << 20
MOST_VALUES = 64 << 20
"""Numbers in one series, 256 MB of them: three columns at 100 rows a second for two and a half days."""

_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})


def read_table(stream: TextIO, name: str, wanted: Sequence[str]) -> Series:
    """The wanted columns of a table, or all of its numbers, in their order.

    The first line may name the columns. A column that is called as times are holds the times, unless it is wanted;
    dates without any header do too. Empty cells, "nan" and the like are missing. Raises `DataError`, with the line, for
    other texts, and for lines with more or fewer cells than the first.
    """
    lines = _lines(stream, name)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise DataError(f"{name}: there are no rows in it. Expected lines of numbers with commas between")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(_again(first, lines), delimiter=delimiter)
    try:
        return _read(rows, name, wanted, decimal_comma=delimiter != ",")
    except csv.Error as problem:
        raise DataError(f"{name}: no table of comma-separated values ({problem})") from None


def _lines(stream: TextIO, name: str) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise DataError(f"{name}: a line has more than {_LONGEST_LINE:,} characters; this is no table")
        yield line


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


@dataclass(frozen=True)
class _Layout:
    """Which cells of a row are wanted, and which one holds the time."""

    cells: int
    columns: tuple[str, ...]
    places: tuple[int, ...]
    time: int | None
    unit: float
    named: bool

    @classmethod
    def of(cls, first: list[str], wanted: Sequence[str], name: str, decimal_comma: bool) -> _Layout:
        cells = [cell.strip() for cell in first]
        named = any(_number(cell, decimal_comma) is None and of_text(cell) is None for cell in cells)
        time = _time_place(cells, wanted, named)
        others = [place for place in range(len(cells)) if place != time]
        names = [cells[place] for place in others] if named else []
        places = places_of(wanted, names, len(others), name) if wanted else range(len(others))
        columns = tuple(wanted) or tuple(names)
        unit = (time_unit(cells[time]) or 0.0) if named and time is not None else 0.0
        return cls(len(cells), columns, tuple(others[place] for place in places), time, unit, named)


def _time_place(cells: list[str], wanted: Sequence[str], named: bool) -> int | None:
    if not named:
        return next((place for place, cell in enumerate(cells) if of_text(cell) is not None), None)
    return next((place for place, cell in enumerate(cells) if cell not in wanted and time_unit(cell) is not None), None)


def _read(rows: Iterator[list[str]], name: str, wanted: Sequence[str], *, decimal_comma: bool) -> Series:
    values, times = array("f"), array("d")
    first = next(rows)
    layout = _Layout.of(first, wanted, name, decimal_comma)
    for line, row in _numbered(rows, None if layout.named else first):
        if len(row) != layout.cells:
            raise DataError(f"{name}, line {line}: {len(row)} cells, and the first line has {layout.cells}")
        for place in layout.places:
            number = _number(row[place], decimal_comma)
            if number is None:
                raise DataError(f"{name}, line {line}: {row[place][:40]!r} in {_column(layout, place)} is no number")
            values.append(number)
        if layout.time is not None:
            times.append(_time(row[layout.time], times, layout, f"{name}, line {line}"))
        if len(values) > MOST_VALUES:
            raise DataError(f"{name}: more than {MOST_VALUES:,} numbers are not read at once. Give it in parts")
    matrix = np.frombuffer(values, np.float32).reshape(-1, max(len(layout.places), 1))
    moments = None if layout.time is None else np.frombuffer(times, np.float64)
    return Series(matrix, layout.columns, moments, name)


def _numbered(rows: Iterator[list[str]], first: list[str] | None) -> Iterator[tuple[int, list[str]]]:
    """The rows with the numbers of their lines, without empty ones."""
    line = 1
    if first is not None:
        yield line, first
    for row in rows:
        line = getattr(rows, "line_num", line + 1)
        if row:
            yield line, row


def _column(layout: _Layout, place: int) -> str:
    names = dict(zip(layout.places, layout.columns, strict=False))
    return f"the column {names[place]!r}" if place in names else f"column {place + 1}"


def _number(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell, NaN where it is missing or infinite; None where it is another text."""
    try:
        number = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return math.nan if cell.strip().lower() in _MISSING else None
    return number if math.isfinite(number) else math.nan


def _time(cell: str, before: array[float], layout: _Layout, where: str) -> float:
    number = _number(cell, decimal_comma=True)
    moment = of_text(cell.strip()) if number is None else number
    if moment is None or math.isnan(moment):
        raise DataError(f"{where}: {cell[:40]!r} is no time. Expected a number, or a date and time in ISO 8601")
    scaled = moment if number is None else moment * seconds_per(layout.unit, moment)
    if before and scaled < before[-1]:
        raise DataError(f"{where}: the time {cell[:40]!r} is before that of the row above")
    return scaled
