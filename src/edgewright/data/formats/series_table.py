"""Tables of readings: rows of numbers from sensors, with a label for each row, or none where all is normal."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.file_tables import (
    LABEL_NAMES,
    PATH_NAMES,
    SUFFIXES,
    column_of,
    delimiter_in,
    numbers_or_names,
)
from edgewright.data.labels import named_indices
from edgewright.errors import DataError
from edgewright.media import Series, file_errors, number_in, one_line, read_series, time_unit

# "y" is an axis here.
_LABEL_NAMES = (*(name for name in LABEL_NAMES if name != "y"), "activity")
_LONGEST_LINE = 1 << 20


class _Columns(NamedTuple):
    """The label's place, None without one; names of the columns of numbers, and of those that hold text."""

    label: int | None
    numbers: tuple[str, ...]
    texts: tuple[str, ...]


class SeriesTable:
    """`time_s,ax,ay,az,label` in the first line, then a row of readings in each; or an `.npy` of rows of numbers.

    With a column of labels each run of rows with one label is a recording; rows without a label are left out. Without
    such a column the whole file is one recording that nobody labeled.
    """

    name = "series"
    expects = "a .csv file of readings with a column 'label'"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the first two lines: numbers, beside a column of labels or none but numbers, and no path."""
        if not path.is_file():
            return False
        if path.suffix.lower() == ".npy":
            return True
        if path.suffix.lower() not in SUFFIXES:
            return False
        columns = _columns(path)
        return columns is not None and (columns.label is not None or not columns.texts)

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the recordings of a table with labels; one without is read when it is used. Raises DataError."""
        columns = None if path.suffix.lower() == ".npy" else _columns(path)
        name, origin = one_line(path.name), one_line(path)
        if columns is None or columns.label is None:
            if options.labeled:
                raise DataError(f"{origin}: no column 'label'. Expected {self.expects}")
            return Dataset((path,), None, (), name, origin)
        recordings, labels = _recordings(path, columns)
        found = named_indices(numbers_or_names(labels), origin)
        left = f"{name}: columns that hold text are left out: {', '.join(columns.texts[:5])}."
        notices = (*found.notices, *((left,) if columns.texts else ()))
        return Dataset(recordings, found.y, found.classes, name, origin, notices=notices)


def _columns(path: Path) -> _Columns | None:
    """What the first two rows say; None where this is no table of readings."""
    rows = list(itertools.islice(_rows(path), 2))
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return None
    (header, first), comma = rows, delimiter_in(path) != ","
    if all(number_in(cell, comma) is not None for cell in (*header, *first)):
        return _Columns(None, tuple(header), ())
    label = column_of(header, _LABEL_NAMES)
    if column_of(header, PATH_NAMES) is not None:
        return None
    values = [
        (name, number_in(cell, comma) is not None)
        for place, (name, cell) in enumerate(zip(header, first, strict=True))
        if place != label and time_unit(name) is None
    ]
    numbers = tuple(name for name, is_number in values if is_number)
    return _Columns(label, numbers, tuple(name for name, is_number in values if not is_number)) if numbers else None


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows that `read_series` sees: those that are not empty."""
    with file_errors(path), path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        lines = iter(lambda: stream.readline(_LONGEST_LINE), "")
        reader = csv.reader(lines, delimiter=delimiter_in(path))
        try:
            yield from ([cell.strip() for cell in row] for row in reader if row)
        except csv.Error as problem:
            raise DataError(f"{one_line(path)}: line {reader.line_num}: {one_line(problem)}") from problem


def _recordings(path: Path, columns: _Columns) -> tuple[tuple[Series, ...], list[str]]:
    """Each run of rows with one label as a series, and its label."""
    whole = read_series(path, columns.numbers)
    labels = [row[columns.label or 0] for row in itertools.islice(_rows(path), 1, None)]
    runs = [(label, first, behind) for label, first, behind in _runs(labels) if label]
    if not runs:
        raise DataError(f"{one_line(path)}: no row has a label")
    return tuple(whole.part(first, behind) for _, first, behind in runs), [label for label, _, _ in runs]


def _runs(labels: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    first = 0
    for label, same in itertools.groupby(labels):
        behind = first + len(list(same))
        yield label, first, behind
        first = behind


FORMAT = SeriesTable()
