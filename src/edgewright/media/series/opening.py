"""Opening a series: a table or NumPy file, standard input, arrays, or a data frame."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from edgewright.errors import DataError
from edgewright.media.finding import left_out
from edgewright.media.reading import file_errors
from edgewright.media.series.series import Series, of_arrays
from edgewright.media.sources import one_line

SERIES_SUFFIXES = (".csv", ".tsv", ".npy", ".npz")

# What else people keep tables in.
_UNREAD = (".xlsx", ".xls", ".ods", ".parquet", ".feather", ".h5", ".hdf5", ".mat")

STANDARD_INPUT = "-"
_ARRAYS = (".npy", ".npz")


def read_series(source: Any, wanted: Sequence[str] = ()) -> Series:
    """The wanted columns of a series, or all, from whatever people have.

    A path of a `.npy` or `.npz`, or of any other file, which is a table; "-" for a table on standard input; bytes or a
    file object of a table; an array (rows, columns) or (rows,); a mapping from the names of columns to arrays; a data
    frame of pandas or polars. Raises `DataError` where it cannot be read, or a column is missing.
    """
    series = _read(source, wanted).chosen(wanted)
    if not series.values.size:
        raise DataError(f"{series.name}: there are no rows in it")
    return series


def unread_series(names: Iterable[str]) -> str | None:
    """What to say of tables below folders that are in other formats: how many of which; None where there are none."""
    return left_out(names, _UNREAD, "CSV")


def _read(source: Any, wanted: Sequence[str]) -> Series:
    if isinstance(source, Series):
        return source
    if isinstance(source, str) and source == STANDARD_INPUT:
        return _of_stream(sys.stdin.buffer, "<stdin>", wanted)
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(source), wanted)
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_stream(io.BytesIO(source), "<bytes>", wanted)
    if hasattr(source, "read"):
        return _of_file(source, str(getattr(source, "name", "<file>")), wanted)
    return _of_values(source)


def _of_file(file: Any, name: str, wanted: Sequence[str]) -> Series:
    if not name.lower().endswith(_ARRAYS):
        return _of_stream(file, one_line(name), wanted)
    from edgewright.media.arrays import read_arrays

    return of_arrays(read_arrays(file), one_line(name))


def _of_path(path: Path, wanted: Sequence[str]) -> Series:
    from edgewright.media.arrays import read_arrays

    if path.suffix.lower() in _ARRAYS:
        return of_arrays(read_arrays(path), one_line(path))
    with file_errors(path), path.open("rb") as stream:
        return _of_stream(stream, one_line(path), wanted)


def _of_stream(stream: Any, name: str, wanted: Sequence[str]) -> Series:
    if isinstance(stream, io.TextIOBase):
        return _of_text(stream, name, wanted)  # type: ignore[arg-type]
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        return _of_text(text, name, wanted)
    finally:
        text.detach()  # The stream is its owner's to close.


def _of_text(text: TextIO, name: str, wanted: Sequence[str]) -> Series:
    from edgewright.media.series.table import read_table

    try:
        return read_table(text, name, wanted)
    except UnicodeDecodeError as problem:
        raise DataError(f"{name}: no text in UTF-8 ({one_line(problem)[:80]})") from None


def _of_values(source: Any) -> Series:
    name = f"<{type(source).__name__}>"
    if isinstance(source, Mapping):
        return of_arrays(dict(source), name)
    if hasattr(source, "columns") and hasattr(source, "to_numpy"):  # a data frame
        return of_arrays({str(column): np.asarray(source[column]) for column in source.columns}, name)
    if isinstance(source, np.ndarray):
        return of_arrays(source, name)
    raise DataError(f"a series cannot be a {type(source).__name__}. Give a path, an array, or arrays by column")
