"""Arrays in files: NumPy's `.npy` and `.npz`, and JSON. Nothing in them is run, and all is bounded before it is read.

The arrays of NumPy's formats are read by NumPy's own reader, with pickles refused, after their headers have been
compared with the sizes that the file or archive states.
"""

from __future__ import annotations

import math
import os
import tokenize
import zipfile
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from edgewright.errors import DataError
from edgewright.media.reading import MAX_BYTES, file_errors
from edgewright.media.sources import one_line

Array = npt.NDArray[Any]

ARRAY_SUFFIXES = (".npz", ".npy", ".json")

# A model has some inputs, each with a few million numbers at most.
_MOST_ARRAYS = 1000
_MOST_JSON = 64 << 20
# Whole numbers up to here are doubles too, exactly.
_EXACT = 2**53

_HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_HEADER_DAMAGE = (ValueError, TypeError, SyntaxError, RecursionError, OverflowError, tokenize.TokenError)


def read_arrays(source: Path | BinaryIO) -> Array | dict[str, Array]:
    """The one array of a `.npy` or of JSON lists, or the named ones of a `.npz` or of a JSON object.

    `source` is a path, or a file object whose `name` has the suffix. JSON has real numbers, float64, where it has
    numbers. Raises `DataError` for what is no such file, or over the limits.
    """
    if not isinstance(source, Path):
        with file_errors(source.name):
            return _of_stream(source, os.path.splitext(source.name)[1], one_line(source.name))  # noqa: PTH122
    with file_errors(source), source.open("rb") as stream:
        return _of_stream(stream, source.suffix, one_line(source))


def _of_stream(stream: BinaryIO, suffix: str, name: str) -> Array | dict[str, Array]:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    match suffix.lower():
        case ".npz":
            return _read_npz(stream, name)
        case ".npy":
            return read_npy(stream, size, name)
        case ".json":
            return _read_json(stream, name)
    raise DataError(f"{name}: no arrays. Expected {', '.join(ARRAY_SUFFIXES)}")


def _read_npz(stream: BinaryIO, name: str) -> dict[str, Array]:
    from edgewright.zips import open_zip

    with open_zip(stream, members=_MOST_ARRAYS, total=MAX_BYTES) as archive:
        members = archive.infolist()
        if not members:
            raise DataError(f"{name}: there are no arrays in it")
        return {one.filename.removesuffix(".npy"): npz_array(archive, one, name) for one in members}


def npz_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Array:
    """One array of an archive. `name` is the file's, for messages."""
    where = f"{name}: {one_line(member.filename)}"
    with archive.open(member) as stream:
        check_header(stream, member.file_size, where)
    with archive.open(member) as stream:
        return _body(stream, where)


def read_npy(stream: IO[bytes], size: int, name: str) -> Array:
    """The array of a `.npy` of `size` bytes."""
    check_header(stream, size, name)
    stream.seek(0)
    return _body(stream, name)


def _body(stream: IO[bytes], where: str) -> Array:
    array: Array = npy.read_array(stream, allow_pickle=False)
    if stream.read(1):  # also compares the checksum, which the zip reader does at the end
        raise DataError(f"{where}: more bytes follow than its header promises, shape {array.shape} {array.dtype}")
    return array


def check_header(stream: IO[bytes], stored: int, where: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array of `stored` bytes with its header, which can promise no more than there is."""
    shape, dtype = _header(stream, where)
    if dtype.hasobject:
        raise DataError(
            f"{where}: Python objects, stored as a pickle that could run anything. Save plain numbers: "
            "numpy.savez(path, x=numpy.stack(x), y=numpy.array(y, dtype='int64'))"
        )
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_BYTES:
        raise DataError(f"{where}: shape {shape} {dtype} would take {size} bytes, over the limit of {MAX_BYTES}")
    if min(shape, default=1) < 0 or size > stored:
        raise DataError(f"{where}: its header promises shape {shape} {dtype}, {size} bytes, but {stored} are there")
    return shape, dtype


def _header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read shape and type; the functions of numpy.lib.format parse the header as a literal, nothing is evaluated."""
    try:
        version = npy.read_magic(stream)
        if version not in _HEADER_READERS:
            raise DataError(f"{where}: version {version} of the NumPy format is not read. Expected 1.0 or 2.0")
        shape, _, dtype = _HEADER_READERS[version](stream)
    except _HEADER_DAMAGE as problem:
        raise DataError(f"{where}: not a NumPy array ({one_line(problem)[:80]})") from problem
    return shape, dtype


def _read_json(stream: BinaryIO, name: str) -> Array | dict[str, Array]:
    from edgewright.documents import parse_json

    content = parse_json(stream.read(_MOST_JSON + 1), most_bytes=_MOST_JSON)
    if not isinstance(content, dict):
        return array_of(content, name)
    if not content:
        raise DataError(f"{name}: there are no arrays in it")
    return {key: array_of(value, f"{name}: {one_line(key)[:80]}") for key, value in content.items()}


def array_of(lists: Any, name: str) -> Array:
    """Nested lists as an array: numbers are real ones, float64; there are truth values and text too.

    Raises `DataError` for lists of different lengths, and for a mixture.
    """
    if isinstance(lists, np.ndarray):
        return lists
    try:
        array = np.asarray(lists)
    except (ValueError, OverflowError) as problem:
        raise DataError(f"{name}: no array; lists beside each other differ ({one_line(problem)[:80]})") from None
    if array.dtype.kind not in "biufUS":
        raise DataError(f"{name}: no array of numbers, truth values or texts (it became {array.dtype})")
    if array.dtype.kind in "iu" and (array.size == 0 or np.abs(array.astype(np.float64)).max() < _EXACT):
        return array.astype(np.float64)
    return array
