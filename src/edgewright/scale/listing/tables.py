"""Lists and tables that name inputs: a path or an address in each line, read as they come."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from edgewright.data import PATH_NAMES, column_of
from edgewright.errors import DataError, MissingExtraError, UsageError
from edgewright.media import delimiter_of
from edgewright.report import printable
from edgewright.spelling import argument

TABLES = frozenset({".csv", ".tsv", ".parquet"})

_NAMES = (*PATH_NAMES, "photo", "url", "uri")
_LONGEST = 1 << 16
_BATCH = 10_000


class Named(NamedTuple):
    """A path or an address, and where it stands: "line 3"."""

    text: str
    place: str


def list_names(file: IO[bytes], shown: str) -> Iterator[Named]:
    """The lines of a list that are not empty. Raises `DataError` for what is no text."""
    for number, line in enumerate(_lines(file, shown), 1):
        if text := line.strip("\r\n"):
            yield Named(text, f"line {number:,}")


def table_names(file: IO[bytes], suffix: str, shown: str, column: str | None) -> Iterator[Named]:
    """What the column of paths has in each row of a table: the named one, else the first called as those are.

    Raises `UsageError` where no column is called so, `DataError` for a row without a path and for what is no table,
    and `MissingExtraError` where Parquet cannot be read here.
    """
    if suffix == ".parquet":
        return _of_parquet(file, shown, column)
    return _of_csv(file, shown, column)


def _of_csv(file: IO[bytes], shown: str, column: str | None) -> Iterator[Named]:
    lines = _lines(file, shown)
    first = next(lines, "")
    delimiter = delimiter_of(first)
    header = next(csv.reader([first], delimiter=delimiter), [])
    place = _place([name.strip() for name in header], shown, column)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield _cell(row[place].strip() if place < len(row) else "", shown, reader.line_num + 1)
    except csv.Error as problem:
        raise DataError(f"{shown}: line {reader.line_num + 1:,}: {printable(problem)}") from None


def _of_parquet(file: IO[bytes], shown: str, column: str | None) -> Iterator[Named]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError(f"{shown}: reading Parquet", "parquet") from None
    try:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        name = names[_place(names, shown, column)]
        row = 0
        for batch in table.iter_batches(batch_size=_BATCH, columns=[name]):
            for value in batch.column(0).to_pylist():
                row += 1
                yield _cell(value if isinstance(value, str) else "", shown, row, "row")
    except (pyarrow.ArrowException, OSError, IndexError, UnicodeDecodeError) as problem:
        raise DataError(f"{shown}: no sound Parquet file ({printable(problem)[:120]})") from None


def _place(header: Sequence[str], shown: str, column: str | None) -> int:
    place = column_of(header, _NAMES if column is None else (column.lower(),))
    if place is None:
        there = printable(", ".join(header))[:200] or "none"
        wanted = "no column is called as those of paths are" if column is None else f"there is no column {column!r}"
        raise UsageError(
            f"{shown}: {wanted}; its columns: {there}. Name the one with the paths or addresses: {argument('column')}"
        )
    return place


def _cell(text: str, shown: str, line: int, what: str = "line") -> Named:
    if not text:
        raise DataError(f"{shown}: {what} {line:,} has no path")
    return Named(text, f"{what} {line:,}")


def _lines(file: IO[bytes], shown: str) -> Iterator[str]:
    """Lines with their ends; the bytes of names that are no UTF-8 come through, as Python has them."""
    number = 0
    while line := file.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST:
            raise DataError(f"{shown}: line {number:,} has over {_LONGEST:,} bytes, so this is no list of names")
        if b"\0" in line:
            raise DataError(f"{shown}: line {number:,} has a null character in it, so this is no text")
        yield line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").decode("utf-8", "surrogateescape")
