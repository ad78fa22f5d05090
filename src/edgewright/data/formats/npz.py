"""NumPy archives: an `.npz` with x and y, or with x_train, y_train, x_test and y_test as Keras publishes MNIST.

The members are read by NumPy's own reader of its format, with pickles refused, after their headers have been compared
with the sizes that the archive states.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.parts import joined
from edgewright.data.reading import MAX_BYTES, file_errors
from edgewright.data.registry import ReadOptions
from edgewright.errors import DataError
from edgewright.media import one_line

_SPLIT_KEYS = ("x_train", "y_train", "x_test", "y_test")
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_HEADER_DAMAGE = (ValueError, TypeError, SyntaxError, RecursionError, OverflowError, tokenize.TokenError)


class Npz:
    """An `.npz` file with x and y (and classes, if it names them), or with the four arrays of a published split."""

    name = "npz"
    expects = "an .npz file with x and y"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix or by the first bytes, which are those of a zip."""
        return path.is_file() and (path.suffix.lower() == ".npz" or head.startswith(_ZIP_STARTS))

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the arrays; never runs what a pickle inside would run."""
        name = one_line(path)
        with file_errors(path), _archive(path) as archive:
            members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
            keys = _keys(members, name)
            arrays = {key: _array(archive, members[key], name) for key in keys}
            classes = _classes(archive, members, name)
        pairs = [(arrays[keys[i]], arrays[keys[i + 1]]) for i in range(0, len(keys), 2)]
        x, y, train_count = joined(pairs, name)
        return from_arrays(
            x, y, classes=classes, name=one_line(path.name), origin=one_line(path), train_count=train_count, least=1
        )


def _archive(path: Path) -> zipfile.ZipFile:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            head = stream.read(8)
        raise DataError(f"{one_line(path)}: not an .npz file, or cut short (no zip archive; it starts with {head!r})")
    return zipfile.ZipFile(path)


def _keys(members: dict[str, zipfile.ZipInfo], name: str) -> tuple[str, ...]:
    for keys in (("x", "y"), _SPLIT_KEYS):
        if all(key in members for key in keys):
            return keys
    there = ", ".join(one_line(key) for key in list(members)[:10]) or "nothing"
    raise DataError(f"{name}: expected arrays x and y (or {', '.join(_SPLIT_KEYS)}); it holds {there}")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> npt.NDArray[Any]:
    where = f"{name}: {one_line(member.filename)}"
    with archive.open(member) as stream:
        shape, dtype = _header(stream, where)
    _check_header(shape, dtype, member.file_size, where)
    with archive.open(member) as stream:
        array: npt.NDArray[Any] = npy.read_array(stream, allow_pickle=False)
        if stream.read(1):  # also compares the checksum, which the zip reader does at the end
            raise DataError(f"{where}: more bytes follow than its header promises, shape {shape} {dtype}")
    return array


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


def _check_header(shape: tuple[int, ...], dtype: np.dtype[Any], stored: int, where: str) -> None:
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


def _classes(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> tuple[str, ...] | None:
    if "classes" not in members:
        return None
    array = _array(archive, members["classes"], name)
    if array.ndim != 1 or array.dtype.kind != "U":
        raise DataError(f"{name}: classes are {array.dtype} {array.shape}. Expected text, one name for each class")
    return tuple(str(one) for one in array)


FORMAT = Npz()
