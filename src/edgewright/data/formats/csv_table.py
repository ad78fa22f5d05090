"""CSV tables of pictures: a path, relative to the table, and a label in each line; with or without a header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.labels import named_indices
from edgewright.data.registry import ReadOptions
from edgewright.errors import DataError
from edgewright.media import file_errors, one_line

_SUFFIXES = (".csv", ".tsv")
_DELIMITERS = ",;\t"
_PATH_NAMES = ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "picture")
_LABEL_NAMES = ("label", "class", "class_name", "category", "target", "y")
# A table of a million pictures is far smaller.
_MAX_BYTES = 256 * 1024**2

Row = tuple[int, list[str]]


class CsvTable:
    """`photos/1.jpg,cat` in each line; a header may name the columns, among others or in another order.

    Labels are names of classes or, where all are whole numbers, class indices. A table of paths alone has no labels.
    """

    name = "csv"
    expects = "a .csv file of path,label"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix."""
        return path.suffix.lower() in _SUFFIXES and path.is_file()

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the pictures. Raises DataError that names the line where a row is wrong or a picture is missing."""
        rows, (path_column, label_column) = _table(path)
        paths = tuple(path.parent / _cell(path, row, path_column) for row in rows)
        _check_there(path, rows, paths)
        name, origin = one_line(path.name), one_line(path)
        if label_column is None and options.labelled:
            raise DataError(f"{one_line(path)}: one column only. Expected {self.expects}")
        if label_column is None:
            return Dataset(paths, None, (), name, origin)
        labels = [_cell(path, row, label_column) for row in rows]
        found = named_indices(_numbers_or_names(labels), origin)
        return Dataset(paths, found.y, found.classes, name, origin, notices=found.notices)


def _table(path: Path) -> tuple[list[Row], tuple[int, int | None]]:
    """The rows below the header, each with the number of its line, and the columns of path and label."""
    rows = _rows(path)
    if not rows:
        raise DataError(f"{one_line(path)}: no rows. Expected lines of path,label")
    header = [cell.lower() for cell in rows[0][1]]
    path_column = next((header.index(name) for name in _PATH_NAMES if name in header), None)
    label_column = next((header.index(name) for name in _LABEL_NAMES if name in header), None)
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


def _rows(path: Path) -> list[Row]:
    with file_errors(path):
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{one_line(path)}: over the limit of {_MAX_BYTES} bytes for a table of pictures")
        text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=max(_DELIMITERS, key=first.count))
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as problem:
        raise DataError(f"{one_line(path)}: line {reader.line_num}: {one_line(problem)}") from problem


def _cell(path: Path, row: Row, column: int) -> str:
    line, cells = row
    if column >= len(cells) or not cells[column]:
        raise DataError(f"{one_line(path)}: line {line}: column {column + 1} is missing or empty")
    return cells[column]


def _check_there(table: Path, rows: list[Row], paths: Sequence[Path]) -> None:
    missing = [(row[0], one) for row, one in zip(rows, paths, strict=True) if not _is_file(one)]
    if missing:
        line, first = missing[0]
        raise DataError(
            f"{one_line(table)}: line {line}: no such file {one_line(first)}; {len(missing)} of {len(paths)} are "
            "missing. Paths are relative to the table"
        )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the file system, a null character
        return False


def _numbers_or_names(labels: list[str]) -> Sequence[str | int]:
    if all(label.isascii() and label.isdecimal() and len(label) <= 9 for label in labels):
        return [int(label) for label in labels]
    return labels


FORMAT = CsvTable()
