"""CSV tables that name files: their rows with the numbers of their lines, and which column is which."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from edgewright.errors import DataError
from edgewright.media import delimiter_of, file_errors, one_line

SUFFIXES = (".csv", ".tsv")
PATH_NAMES = (
    "path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "picture",
    "sound",
)
LABEL_NAMES = ("label", "class", "class_name", "category", "target", "y")
# A table of a million pictures is far smaller.
_MAX_BYTES = 256 * 1024**2
_LONGEST_HEADER = 4096

Row = tuple[int, list[str]]


def column_of(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The column with one of the names, those in front first; None where there is none."""
    there = [name.lower() for name in header]
    return next((there.index(name) for name in names if name in there), None)


def first_line(path: Path) -> list[str]:
    """The cells of the first line, as far as it goes without reading the table."""
    first = _first(path)
    return [one.strip().strip('"') for one in first.split(delimiter_of(first))]


def delimiter_in(path: Path) -> str:
    """What stands between cells of a table, by its first line."""
    return delimiter_of(_first(path))


def _first(path: Path) -> str:
    with file_errors(path), path.open("rb") as stream:
        return stream.readline(_LONGEST_HEADER).decode("utf-8-sig", "replace")


def read_rows(path: Path) -> list[Row]:
    """All rows that are not empty, the header included, each with the number of its line."""
    with file_errors(path):
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{one_line(path)}: over the limit of {_MAX_BYTES} bytes for a table of pictures")
        text = path.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    # A cell in quotes may hold several lines, and texts hold signs at which `splitlines` would part them.
    reader = csv.reader(io.StringIO(text), delimiter=delimiter_of(first))
    try:
        return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as problem:
        raise DataError(f"{one_line(path)}: line {reader.line_num}: {one_line(problem)}") from problem


def cell(path: Path, row: Row, column: int) -> str:
    """The text in a column; raises `DataError` where there is none."""
    line, cells = row
    if column >= len(cells) or not cells[column]:
        raise DataError(f"{one_line(path)}: line {line}: column {column + 1} is missing or empty")
    return cells[column]


def check_there(table: Path, rows: list[Row], paths: Sequence[Path]) -> None:
    """Raise `DataError` where files are missing that the rows name."""
    missing = [(row[0], one) for row, one in zip(rows, paths, strict=True) if not _is_file(one)]
    if missing:
        line, first = missing[0]
        raise DataError(
            f"{one_line(table)}: line {line}: no such file {one_line(first)}; {len(missing)} of {len(paths)} are "
            "missing. Paths are relative to the table"
        )


def numbers_or_names(labels: list[str]) -> Sequence[str | int]:
    """Labels as class indices where all are whole numbers, else as the names of classes that they are."""
    if all(label.isascii() and label.isdecimal() and len(label) <= 9 for label in labels):
        return [int(label) for label in labels]
    return labels


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the file system, a null character
        return False
