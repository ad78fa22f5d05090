"""IDX files, the format of the MNIST family: an images file and a labels file, gzip-compressed or not.

Two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian 32-bit integer, then the values in
C order, big-endian. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "The IDX file format".
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.format import ReadOptions
from edgewright.data.parts import joined
from edgewright.data.reading import GZIP_MAGIC, open_maybe_gzip, read_exactly
from edgewright.errors import DataError
from edgewright.media import file_errors, one_line

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 16
_IMAGES_NAME = re.compile(r"images.*idx\d", re.IGNORECASE)
_LABELS_NAME = re.compile(r"labels.*idx\d", re.IGNORECASE)


class Idx:
    """An images file with its labels file beside it, or a folder with one such pair or a train and a test pair."""

    name = "idx"
    expects = "an IDX images file with its labels file beside it (train-images-idx3-ubyte.gz)"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the name, or by the first bytes, also inside gzip."""
        if path.is_dir():
            return any(_IMAGES_NAME.search(one.name) for one in path.iterdir() if one.is_file())
        named = _IMAGES_NAME.search(path.name) or _LABELS_NAME.search(path.name)
        return named is not None or _is_idx(_unzipped_head(path) if head.startswith(GZIP_MAGIC) else head)

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Read images and labels; a train and a test pair in one folder become the published split."""
        pairs = _pairs_in(path) if path.is_dir() else [_pair_of(path)]
        parts = [(read_idx(images), read_idx(labels)) for images, labels in pairs]
        x, y, train_count = joined(parts, one_line(path))
        name, origin = one_line(path.name or path), one_line(path)
        return from_arrays(x, y, name=name, origin=origin, train_count=train_count, least=1)


def read_idx(path: Path) -> npt.NDArray[Any]:
    """Read one IDX file into an array of its own shape and type (big-endian). Raises DataError."""
    with file_errors(path), open_maybe_gzip(path) as stream:
        head = read_exactly(stream, 4, path, "the IDX header")
        if not _is_idx(head):
            raise DataError(f"{one_line(path)}: not an IDX file (it starts with {head!r})")
        shape = struct.unpack(f">{head[3]}I", read_exactly(stream, 4 * head[3], path, "the IDX header"))
        dtype = np.dtype(_TYPES[head[2]])
        values = read_exactly(stream, math.prod(shape) * dtype.itemsize, path, f"the values of shape {shape}")
        if stream.read(1):
            raise DataError(f"{one_line(path)}: more bytes follow than its header promises, shape {shape} {dtype}")
    if not values:
        raise DataError(f"{one_line(path)}: no values, its header says shape {shape}")
    return np.frombuffer(values, dtype).reshape(shape)


def _is_idx(head: bytes) -> bool:
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= _MAX_DIMENSIONS


def _unzipped_head(path: Path) -> bytes:
    try:
        with open_maybe_gzip(path) as stream:
            return stream.read(4)
    except (OSError, EOFError, zlib.error):
        return b""


def _labels_key(images: str) -> str:
    """Name of the labels file that belongs to an images file, without .gz."""
    return re.sub(r"idx\d", "idx1", images.removesuffix(".gz").replace("images", "labels"))


def _pair_of(path: Path) -> tuple[Path, Path]:
    """Find images and labels, given either of them."""
    beside = sorted(one for one in path.parent.iterdir() if one.is_file())
    if _LABELS_NAME.search(path.name):
        labels = path.name.removesuffix(".gz")
        images = [one for one in beside if "images" in one.name and _labels_key(one.name) == labels]
        return (
            _single(images, path, f"images file {labels.replace('labels', 'images').replace('idx1', 'idx3')}"),
            path,
        )
    if "images" not in path.name:
        raise DataError(
            f"{one_line(path)}: which labels belong to it? Name the two files like train-images-idx3-ubyte and "
            "train-labels-idx1-ubyte, in one folder"
        )
    key = _labels_key(path.name)
    found = [one for one in beside if one.name.removesuffix(".gz") == key]
    return path, _single(found, path, f"labels file {key} or {key}.gz")


def _single(found: list[Path], path: Path, what: str) -> Path:
    if not found:
        raise DataError(f"{one_line(path)}: the {one_line(what)} is not beside it")
    return found[0]


def _pairs_in(folder: Path) -> list[tuple[Path, Path]]:
    """Return one pair, or the train pair and then the test pair."""
    unique = {one.name.removesuffix(".gz"): one for one in sorted(folder.iterdir()) if _IMAGES_NAME.search(one.name)}
    pairs = [_pair_of(one) for one in unique.values()]
    if len(pairs) == 1:
        return pairs
    train = [pair for pair in pairs if "train" in pair[0].name]
    test = [pair for pair in pairs if "t10k" in pair[0].name or "test" in pair[0].name]
    if len(pairs) != 2 or len(train) != 1 or len(test) != 1:
        listed = ", ".join(one_line(images.name) for images, _ in pairs)
        raise DataError(f"{one_line(folder)}: several IDX sets ({listed}). Give the images file of one")
    return [*train, *test]


FORMAT = Idx()
