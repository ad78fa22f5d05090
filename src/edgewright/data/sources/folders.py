"""Folders of pictures: one folder for each class, named after it; with or without train and test folders above."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.data.registry import ReadOptions, register_format
from edgewright.errors import DataError
from edgewright.media import SUFFIXES, PictureHeader, one_line, read_header, read_picture
from edgewright.model import ColorSpace

_TRAIN, _TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")
# What decoded pictures may take together; beyond it the machine would start to swap without a word.
_MAX_BYTES = 4 * 1024**3

Result = TypeVar("Result")


class Folders:
    """`data/class_name/picture.jpg`, or `data/train/class_name/...` beside `data/test/...`."""

    name = "folders"
    expects = "a folder with one folder of pictures for each class"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Take any folder that nobody else took: what is missing in it is then said exactly."""
        return path.is_dir()

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Decode every picture. Broken ones are an error that names the first and counts them all."""
        found = _listing(path)
        headers = _each(found.paths, "Looking at pictures", options, read_header)
        color_space = options.color_space or _common_color_space(headers)
        size = options.size or _common_size(found.paths, headers)
        x = _decoded(found.paths, size, color_space, options)
        y = np.array([found.classes.index(one) for one in found.labels], dtype=np.int64)
        return Dataset(x, y, found.classes, one_line(path.resolve().name), one_line(path), found.train_count)


@dataclass(frozen=True)
class _Listing:
    """The pictures, training part first, each with its class."""

    paths: list[Path]
    labels: list[str]
    classes: tuple[str, ...] = field(init=False)
    train_count: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(sorted(set(self.labels))))


def _listing(folder: Path) -> _Listing:
    try:
        below = _folders_in(folder)
        parts = _split_folders(below)
        if parts is None:
            return _labelled(folder, below)
        train, test = (_labelled(one, _folders_in(one)) for one in parts)
    except OSError as problem:
        raise DataError(f"{one_line(problem.filename)}: cannot be read ({problem.strerror})") from problem
    if train.classes != test.classes:
        odd = ", ".join(one_line(name) for name in sorted(set(train.classes) ^ set(test.classes)))
        raise DataError(f"{one_line(folder)}: {parts[0].name} and {parts[1].name} differ in their classes: {odd}")
    return _Listing(train.paths + test.paths, train.labels + test.labels, train_count=len(train.paths))


def _folders_in(folder: Path) -> list[Path]:
    hidden = (".", "__")  # .ipynb_checkpoints, __MACOSX
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(hidden))


def _split_folders(below: list[Path]) -> tuple[Path, Path] | None:
    """Recognize train and test folders: exactly these two, with class folders inside."""
    train = [one for one in below if one.name.lower() in _TRAIN]
    test = [one for one in below if one.name.lower() in _TEST]
    if not train or not test or not any(_folders_in(one) for one in below):
        return None
    if len(below) != 2:
        names = ", ".join(one_line(one.name) for one in below)
        raise DataError(f"{one_line(below[0].parent)}: {names}: which two are train and test? Give a folder with two")
    return train[0], test[0]


def _labelled(folder: Path, classes: list[Path]) -> _Listing:
    by_class = {one.name: _pictures_below(one) for one in classes}
    shape = f"Expected {one_line(folder.name)}/CLASS/picture.jpg"
    if not any(by_class.values()):
        loose = len([one for one in folder.iterdir() if _is_picture(one.name)])
        what = f"{loose} pictures but no class folders" if loose else "no pictures"
        raise DataError(f"{one_line(folder)}: {what}. {shape}")
    empty = [name for name, pictures in by_class.items() if not pictures]
    if empty:
        listed = ", ".join(one_line(name) for name in empty[:5])
        raise DataError(f"{one_line(folder)}: no pictures in {listed}. {shape}; remove folders that are no class")
    if len(by_class) < 2:
        raise DataError(
            f"{one_line(folder)}: only one class, {one_line(classes[0].name)}. {shape}, two classes or more"
        )
    paths = [path for pictures in by_class.values() for path in pictures]
    return _Listing(paths, [name for name, pictures in by_class.items() for _ in pictures])


def _pictures_below(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        found += [Path(parent, name) for name in sorted(files) if _is_picture(name)]
    return found


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _each(paths: list[Path], step: str, options: ReadOptions, read: Callable[[Path], Result]) -> list[Result]:
    """Read every picture, so that the error can say how many cannot be."""
    results, problems = [], []
    for done, path in enumerate(paths):
        options.progress(step, done, len(paths))
        try:
            results.append(read(path))
        except DataError as problem:
            problems.append(str(problem))
    options.progress(step, len(paths), len(paths))
    if problems:
        count = "this picture" if len(problems) == 1 else f"{len(problems)} such pictures"
        raise DataError(f"{problems[0]}; {count} among {len(paths)}. Remove or repair, then try again")
    return results


def _common_color_space(headers: list[PictureHeader]) -> ColorSpace:
    return "GRAYSCALE" if all(one.color_space == "GRAYSCALE" for one in headers) else "RGB"


def _common_size(paths: list[Path], headers: list[PictureHeader]) -> tuple[int, int]:
    sizes = Counter((one.height, one.width) for one in headers)
    usual = sizes.most_common(1)[0][0]
    for path, one in zip(paths, headers, strict=True):
        if (one.height, one.width) != usual:
            raise DataError(
                f"{one_line(path)}: {one.height} x {one.width} pixels, but others are {usual[0]} x {usual[1]}. "
                "Say which size to make of them, for example size=(224, 224)"
            )
    return usual


def _decoded(
    paths: list[Path], size: tuple[int, int], color_space: ColorSpace, options: ReadOptions
) -> npt.NDArray[Any]:
    shape = (len(paths), *size) + ((3,) if color_space == "RGB" else ())
    if np.prod(shape, dtype=object) > _MAX_BYTES:
        raise DataError(f"{len(paths)} pictures of {size[0]} x {size[1]} take over {_MAX_BYTES} bytes. Ask for smaller")
    x = np.empty(shape, np.uint8)
    places = iter(x)

    def read(path: Path) -> None:
        next(places)[...] = read_picture(path, size=size, color_space=color_space, policy=options.policy)

    _each(paths, "Reading pictures", options, read)
    return x


register_format(Folders(), fallback=True)
