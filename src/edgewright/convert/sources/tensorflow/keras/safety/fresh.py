"""Writes what was looked at into files of our own, which are what Keras gets to read: never the bytes of the source."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.convert.sources.tensorflow.keras.archives import CONFIG, VERSION, WEIGHTS, open_hdf5
from edgewright.errors import ConversionError

if TYPE_CHECKING:
    import h5py

_ASSETS = "assets/"
# What a data set may hold: booleans, numbers, fixed strings and the raw bytes that stand for bfloat16.
_KINDS = frozenset("biufcSV")
# As in archives: what is stored in far fewer bytes than it claims is no model.
_RATIO_LIMIT, _RATIO_FROM = 100, 16 << 20
_FAULTS = (OSError, RuntimeError, ValueError, KeyError, TypeError, zipfile.BadZipFile, NotImplementedError)


def fresh_hdf5(file: h5py.File, config: Mapping[str, Any], version: str, name: str) -> Path:
    """A new `.h5` with this configuration and the weights of `file`; `name` stands for the file in messages."""
    path = _folder() / "model.h5"
    with damaged(name), _created(path) as fresh:
        fresh.attrs["model_config"] = json.dumps(config)
        if version:
            fresh.attrs["keras_version"] = version
        if "model_weights" in file:
            _Copy(file, name).group(file["model_weights"], fresh.create_group("model_weights"))
    return path


def fresh_archive(
    archive: zipfile.ZipFile, weights: Path | None, config: Mapping[str, Any], version: str, name: str
) -> Path:
    """A new `.keras` with this configuration, the unpacked `weights`, and the vocabularies of `archive`."""
    path = _folder() / "model.keras"
    with damaged(name), zipfile.ZipFile(path, "w") as fresh:
        fresh.writestr(VERSION, json.dumps({"keras_version": version}))
        fresh.writestr(CONFIG, json.dumps(config))
        if weights is not None:
            fresh.write(_fresh_weights(weights, f"{name}: {WEIGHTS}"), WEIGHTS)
        for member in archive.infolist():
            if member.filename.startswith(_ASSETS) and not member.is_dir():
                fresh.writestr(member.filename, archive.read(member))
    return path


def unpacked_weights(archive: zipfile.ZipFile, name: str) -> Path | None:
    """The weights of an archive as a file of their own, because HDF5 is read back and forth; None if it has none."""
    if WEIGHTS not in archive.namelist():
        return None
    path = _folder() / "given.h5"
    with damaged(name), archive.open(WEIGHTS) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path


def _fresh_weights(given: Path, name: str) -> Path:
    path = given.with_name("fresh.h5")
    with open_hdf5(given, name) as file, _created(path) as fresh:
        _Copy(file, name).group(file, fresh)
    given.unlink()
    return path


@contextmanager
def damaged(name: str) -> Iterator[None]:
    """Say what a library raises over a file that is not what it seems; `name` stands for it in messages."""
    try:
        yield
    except _FAULTS as error:
        raise ConversionError(f"damaged, its weights cannot be read: {error}", where=name) from None


class _Copy:
    """Copies groups, plain attributes and arrays; what several names lead to is copied once."""

    def __init__(self, file: h5py.File, name: str) -> None:
        self._name = name
        self._left = max(_RATIO_FROM, _RATIO_LIMIT * file.id.get_filesize())
        self._paths: dict[object, str] = {}

    def group(self, source: h5py.Group, target: h5py.Group) -> None:
        """Copy everything below `source`; links that are not of this file are left out."""
        import h5py

        self._paths[_address(source)] = target.name
        waiting = [(source, target)]
        while waiting:
            given, fresh = waiting.pop()
            _copy_attributes(given, fresh)
            for key in given:
                if isinstance(given.get(key, getlink=True), h5py.HardLink):
                    waiting += self._item(given[key], fresh, key)

    def _item(self, item: Any, fresh: h5py.Group, key: str) -> Iterator[tuple[h5py.Group, h5py.Group]]:
        import h5py

        address = _address(item)
        if address in self._paths:
            fresh[key] = fresh.file[self._paths[address]]
            return
        if isinstance(item, h5py.Group):
            made = fresh.create_group(key)
            yield item, made
        elif isinstance(item, h5py.Dataset) and item.shape is not None:
            made = self._array(item, fresh, key)
            _copy_attributes(item, made)
        else:
            return  # types and empty data sets, which hold no weights
        self._paths[address] = made.name

    def _array(self, item: h5py.Dataset, fresh: h5py.Group, key: str) -> h5py.Dataset:
        import h5py

        text = h5py.check_string_dtype(item.dtype) is not None
        if not text and (item.dtype.kind not in _KINDS or item.dtype.names or item.dtype.subdtype):
            raise ConversionError(f"data set {item.name!r} holds {item.dtype}, expected numbers", where=self._name)
        self._left -= item.nbytes
        if self._left < 0:
            raise ConversionError(
                f"{self._name}: data set {item.name!r} grows to {item.nbytes:,} bytes, far over what is stored. "
                "This is a decompression bomb, not a model"
            )
        return fresh.create_dataset(key, data=item[()], dtype=item.dtype)


def _copy_attributes(source: Any, target: Any) -> None:
    for key in source.attrs:
        value = source.attrs[key]
        if _is_plain(value):
            target.attrs[key] = value


def _is_plain(value: object) -> bool:
    """Whether an attribute is text or numbers, and no reference into a file."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return all(isinstance(entry, str | bytes) for entry in value.flat)
    return isinstance(value, str | bytes) or (
        isinstance(value, np.ndarray | np.generic) and value.dtype.kind in _KINDS and not value.dtype.names
    )


def _address(item: Any) -> object:
    import h5py

    return h5py.h5o.get_info(item.id).addr


def _folder() -> Path:
    return Path(tempfile.mkdtemp())


@contextmanager
def _created(path: Path) -> Iterator[h5py.File]:
    import h5py

    # The latest layout, because attributes over 64 kB do not fit into the oldest.
    with h5py.File(path, "w", libver="latest") as fresh:
        yield fresh
