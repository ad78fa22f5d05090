"""CSV tables of pictures: a path, relative to the table, and a label in each line; with or without a header."""

from __future__ import annotations

from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.file_tables import (
    LABEL_NAMES,
    PATH_NAMES,
    SUFFIXES,
    Row,
    cell,
    check_there,
    column_of,
    numbers_or_names,
    read_rows,
)
from edgewright.data.labels import named_indices
from edgewright.errors import DataError
from edgewright.media import one_line


class CsvTable:
    """`photos/1.jpg,cat` in each line; a header may name the columns, among others or in another order.

    Labels are names of classes or, where all are whole numbers, class indices. A table of paths alone has no labels.
    """

    name = "csv"
    expects = "a .csv file of path,label"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix."""
        return path.suffix.lower() in SUFFIXES and path.is_file()

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the pictures. Raises DataError that names the line where a row is wrong or a picture is missing."""
        rows, (path_column, label_column) = _table(path)
        paths = tuple(path.parent / cell(path, row, path_column) for row in rows)
        check_there(path, rows, paths)
        name, origin = one_line(path.name), one_line(path)
        if label_column is None and options.labeled:
            raise DataError(f"{one_line(path)}: one column only. Expected {self.expects}")
        if label_column is None:
            return Dataset(paths, None, (), name, origin)
        labels = [cell(path, row, label_column) for row in rows]
        found = named_indices(numbers_or_names(labels), origin)
        return Dataset(paths, found.y, found.classes, name, origin, notices=found.notices)


def _table(path: Path) -> tuple[list[Row], tuple[int, int | None]]:
    """The rows below the header, each with the number of its line, and the columns of path and label."""
    rows = read_rows(path)
    if not rows:
        raise DataError(f"{one_line(path)}: no rows. Expected lines of path,label")
    header = rows[0][1]
    path_column, label_column = column_of(header, PATH_NAMES), column_of(header, LABEL_NAMES)
    width = len(header)
    if path_column is not None and (width == 1 or label_column is not None):
        return _below(path, rows), (path_column, label_column)
    if width > 2:
        raise DataError(
            f"{one_line(path)}: {width} columns, and the first line does not name one 'path' and one 'label'"
        )
    return rows, (0, 1 if width == 2 else None)


def _below(path: Path, rows: list[Row]) -> list[Row]:
    if len(rows) == 1:
        raise DataError(f"{one_line(path)}: no rows below the header")
    return rows[1:]


FORMAT = CsvTable()
