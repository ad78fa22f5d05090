"""Folders of pictures, sounds or series: one folder for each class, named after it; with or without train and test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.errors import DataError
from edgewright.media import SERIES_SUFFIXES, SOUND_SUFFIXES, SUFFIXES, one_line

_TRAIN, _TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")


@dataclass(frozen=True)
class _Kind:
    """What the files of a folder are."""

    plural: str
    example: str
    suffixes: frozenset[str]

    def has(self, name: str) -> bool:
        return not name.startswith(".") and Path(name).suffix.lower() in self.suffixes


_PICTURES, _SOUNDS = _Kind("pictures", "picture.jpg", SUFFIXES), _Kind("sounds", "sound.wav", SOUND_SUFFIXES)
_SERIES = _Kind("series", "series.csv", frozenset(SERIES_SUFFIXES))


class Folders:
    """`data/class_name/picture.jpg`, or `data/train/class_name/...` beside `data/test/...`.

    Sounds in place of pictures where there is no picture at all, and tables and NumPy files where there is no sound.
    """

    name = "folders"
    expects = "a folder with one folder of pictures for each class"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Take any folder that nobody else took: what is missing in it is then said exactly."""
        return path.is_dir()

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the files; those of a folder without folders in it have no labels."""
        with _readable():
            kind = _kind_in(path)
            loose = [] if _folders_in(path) else sorted(one for one in path.iterdir() if kind.has(one.name))
        if not loose or options.labeled:
            return _class_folders(path, kind)
        return Dataset(tuple(loose), None, (), one_line(path.resolve().name), one_line(path))


def _kind_in(path: Path) -> _Kind:
    """Pictures, or sounds where there is one and no picture, or series where there is neither."""
    there: set[_Kind] = set()
    for _, _, files in os.walk(path):
        if any(map(_PICTURES.has, files)):
            return _PICTURES
        there.update(kind for kind in (_SOUNDS, _SERIES) if kind not in there and any(map(kind.has, files)))
    return next((kind for kind in (_SOUNDS, _SERIES) if kind in there), _PICTURES)


def _class_folders(path: Path, kind: _Kind) -> Dataset:
    found = _listing(path, kind)
    place = {name: index for index, name in enumerate(found.classes)}
    y = np.array([place[path] for path in found.labels], dtype=np.int64)
    name = one_line(path.resolve().name)
    return Dataset(tuple(found.paths), y, found.classes, name, one_line(path), found.train_count)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise DataError(f"{one_line(problem.filename)}: cannot be read ({problem.strerror})") from problem


@dataclass(frozen=True)
class _Listing:
    """The files, training part first, each with its class."""

    paths: list[Path]
    labels: list[str]
    classes: tuple[str, ...] = field(init=False)
    train_count: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(sorted(set(self.labels))))


def _listing(folder: Path, kind: _Kind) -> _Listing:
    with _readable():
        below = _folders_in(folder)
        parts = _split_folders(below)
        if parts is None:
            return _labeled(folder, below, kind)
        train, test = (_labeled(path, _folders_in(path), kind) for path in parts)
    if train.classes != test.classes:
        odd = ", ".join(one_line(name) for name in sorted(set(train.classes) ^ set(test.classes)))
        raise DataError(f"{one_line(folder)}: {parts[0].name} and {parts[1].name} differ in their classes: {odd}")
    return _Listing(train.paths + test.paths, train.labels + test.labels, train_count=len(train.paths))


def _folders_in(folder: Path) -> list[Path]:
    hidden = (".", "__")  # .ipynb_checkpoints, __MACOSX
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(hidden))


def _split_folders(below: list[Path]) -> tuple[Path, Path] | None:
    """Recognize train and test folders: exactly these two, with class folders inside."""
    train = [path for path in below if path.name.lower() in _TRAIN]
    test = [path for path in below if path.name.lower() in _TEST]
    if not train or not test or not any(_folders_in(path) for path in below):
        return None
    if len(below) != 2:
        names = ", ".join(one_line(path.name) for path in below)
        raise DataError(f"{one_line(below[0].parent)}: {names}: which two are train and test? Give a folder with two")
    return train[0], test[0]


def _labeled(folder: Path, classes: list[Path], kind: _Kind) -> _Listing:
    by_class = {path.name: _files_below(path, kind) for path in classes}
    shape = f"Expected {one_line(folder.name)}/CLASS/{kind.example}"
    if not any(by_class.values()):
        loose = len([path for path in folder.iterdir() if kind.has(path.name)])
        what = f"{loose} {kind.plural} but no class folders" if loose else f"no {kind.plural}"
        raise DataError(f"{one_line(folder)}: {what}. {shape}")
    empty = [name for name, files in by_class.items() if not files]
    if empty:
        listed = ", ".join(one_line(name) for name in empty[:5])
        raise DataError(f"{one_line(folder)}: no {kind.plural} in {listed}. {shape}; remove folders that are no class")
    paths = [path for files in by_class.values() for path in files]
    return _Listing(paths, [name for name, files in by_class.items() for _ in files])


def _files_below(folder: Path, kind: _Kind) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        found += [Path(parent, name) for name in sorted(files) if kind.has(name)]
    return found


FORMAT = Folders()
