"""NumPy archives: an `.npz` with x and y, or with x_train, y_train, x_test and y_test as Keras publishes MNIST."""

from __future__ import annotations

import zipfile
from pathlib import Path

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.format import ReadOptions
from edgewright.data.parts import joined
from edgewright.errors import DataError
from edgewright.media import file_errors, npz_array, one_line

_SPLIT_KEYS = ("x_train", "y_train", "x_test", "y_test")
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


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
            arrays = {key: npz_array(archive, members[key], name) for key in keys}
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


def _classes(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> tuple[str, ...] | None:
    if "classes" not in members:
        return None
    array = npz_array(archive, members["classes"], name)
    if array.ndim != 1 or array.dtype.kind != "U":
        raise DataError(f"{name}: classes are {array.dtype} {array.shape}. Expected text, one name for each class")
    return tuple(str(one) for one in array)


FORMAT = Npz()
