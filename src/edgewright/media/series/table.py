"""Tables of comma-separated values as series: read line by line, so that only the numbers are kept."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from typing import TextIO

import numpy as np

from edgewright.errors import DataError
from edgewright.media.series.cells import TableLayout, delimiter_of, number_in
from edgewright.media.series.series import Series

_LONGEST_LINE = 1 << 20
MOST_VALUES = 64 << 20
"""Numbers in one series, 256 MB of them: three columns at 100 rows a second for two and a half days."""


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
    delimiter = delimiter_of(first)
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


def _read(rows: Iterator[list[str]], name: str, wanted: Sequence[str], *, decimal_comma: bool) -> Series:
    values, times = array("f"), array("d")
    first = next(rows)
    layout = TableLayout.of(first, wanted, name, decimal_comma)
    for line, row in _numbered(rows, None if layout.named else first):
        if len(row) != layout.cells:
            raise DataError(f"{name}, line {line}: {len(row)} cells, and the first line has {layout.cells}")
        for place in layout.places:
            number = number_in(row[place], decimal_comma)
            if number is None:
                raise DataError(f"{name}, line {line}: {row[place][:40]!r} in {layout.column(place)} is no number")
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


def _time(cell: str, before: array[float], layout: TableLayout, where: str) -> float:
    try:
        moment = layout.moment(cell)
    except DataError as problem:
        raise DataError(f"{where}: {problem}") from None
    if before and moment < before[-1]:
        raise DataError(f"{where}: the time {cell[:40]!r} is before that of the row above")
    return moment
