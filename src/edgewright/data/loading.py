"""From a name, a path or pairs to a data set, whatever its format.

`open_dataset` takes all there is, `load_samples` what a classifier is made with, and `load` reads that into arrays.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.format import Format, ReadOptions
from edgewright.data.iterables import from_iterable, stacked
from edgewright.data.labels import check_classes, check_present
from edgewright.data.pictures import read_pictures
from edgewright.data.registry import find_named, format_of, formats, named
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, silent
from edgewright.media import SERIES_SUFFIXES, SOUND_SUFFIXES, one_line, unread_pictures, unread_series, unread_sounds
from edgewright.mistaken import meant, what_it_is
from edgewright.model import ColorSpace, ResizePolicy

DEFAULT_NAME = "mnist5k"
_HEAD_BYTES = 16


def load(
    source: str | os.PathLike[str] | Iterable[Any],
    *,
    size: tuple[int, int] | None = None,
    color_space: ColorSpace | None = None,
    policy: ResizePolicy = "stretch",
    classes: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Load a data set by name (`names()` lists them) or from a file or folder; its content tells the format.

    Also takes pairs (input, label) from any iterable: arrays of one shape, and class indices or names of classes.

    `size` (height, width), `color_space` and `policy` say how pictures in folders become arrays; data that are arrays
    already must have them. `classes` replaces the class names. A bare word that is both a
    name and a path means the name; write ./word for the path.

    Raises UsageError for an unknown name, DataError for what cannot be read, MissingExtraError for a named set whose
    package is not installed.
    """
    options = ReadOptions(size, color_space, policy, progress, labeled=True)
    dataset = _several_classes(_load(source, options))
    if classes is None:
        return dataset
    if len(tuple(classes)) < len(dataset.classes):
        raise UsageError(f"{dataset.name}: {len(tuple(classes))} class names for {len(dataset.classes)} classes")
    return replace(dataset, classes=tuple(classes))


def load_samples(source: Any, *, progress: Progress = silent) -> Dataset:
    """List what `open_dataset` opens, for a classifier: one class for each input, two classes or more; or no labels.

    Raises as `open_dataset` does, and DataError where all is of one class or labeled with something else.
    """
    dataset = open_dataset(source, progress=progress)
    return dataset if dataset.targets is None else _several_classes(dataset)


def open_dataset(source: Any, *, progress: Progress = silent) -> Dataset:
    """Open a data set from all that `load` takes, without decoding pictures; with any targets, or without.

    That is a name, a file or a folder; also a folder of pictures without folders in it, a table of paths alone, an
    array (n, ...), a pair of arrays (x, y), pairs (input, label or target) or inputs alone from any iterable, and a
    `Dataset`. Pictures in pairs and iterables are paths, bytes, PIL images or uint8 arrays.

    Raises as `load` does, and UsageError for anything else.
    """
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str | os.PathLike):
        return _opened(source, ReadOptions(progress=progress))
    if isinstance(source, np.ndarray):
        return Dataset(source, None, (), "array", "an array")
    if isinstance(source, tuple) and len(source) == 2 and all(isinstance(one, np.ndarray) for one in source):
        return from_arrays(*source, name="arrays", least=1)
    if isinstance(source, Iterable) and not isinstance(source, bytes | dict):
        return from_iterable(source)
    raise UsageError(f"data is a {type(source).__name__}. Expected a name, a path, arrays, or pairs (input, label)")


def names() -> dict[str, str]:
    """List the data sets that have a name, the default first, each with its description."""
    default_first = sorted(named().values(), key=lambda one: one.name != DEFAULT_NAME)
    return {one.name: one.description for one in default_first}


def _load(source: str | os.PathLike[str] | Iterable[Any], options: ReadOptions) -> Dataset:
    if not isinstance(source, str | os.PathLike):
        return options.accept_arrays(stacked(from_iterable(source)))
    dataset = _opened(source, options)
    if dataset.y is None:
        raise DataError(f"{dataset.origin}: not one class for each input. A classifier needs that")
    return options.accept_arrays(dataset) if isinstance(dataset.inputs, np.ndarray) else read_pictures(dataset, options)


def _several_classes(dataset: Dataset) -> Dataset:
    """The data set, if two of its classes occur: fewer are nothing to tell apart."""
    check_present(dataset.labels, dataset.classes, dataset.name)
    check_classes(dataset.classes, dataset.name)
    return dataset


def _opened(source: str | os.PathLike[str], options: ReadOptions) -> Dataset:
    return _by_name(source, options) or _with_left_out(_format_of(source).open(Path(source), options), source)


def _with_left_out(dataset: Dataset, source: str | os.PathLike[str]) -> Dataset:
    """The data set, with a notice of what lies beside its inputs in formats that are not read."""
    first = dataset.inputs[0]
    if isinstance(dataset.inputs, np.ndarray) or not isinstance(first, Path):
        return dataset
    said = _unread(first.suffix.lower())([os.fspath(source)])
    return dataset if said is None else replace(dataset, notices=(*dataset.notices, f"{dataset.name}: {said}."))


def _unread(suffix: str) -> Callable[[Iterable[str]], str | None]:
    if suffix in SERIES_SUFFIXES:
        return unread_series
    return unread_sounds if suffix in SOUND_SUFFIXES else unread_pictures


def _by_name(source: str | os.PathLike[str], options: ReadOptions) -> Dataset | None:
    one = find_named(source) if isinstance(source, str) else None
    if one is None:
        return None
    dataset = one.read(options.progress)
    if not Path(one.name).exists():
        return dataset
    notice = f"This is the data set {one.name}; for the file or folder of that name write ./{one.name}."
    return replace(dataset, notices=(*dataset.notices, notice))


def _format_of(source: str | os.PathLike[str]) -> Format:
    path = Path(source)
    head = _head(path, source)
    if found := format_of(path, head):
        return found
    instead = None if head.startswith(b"{") else what_it_is(head)  # of a model it would be a description
    is_instead = f"this is {instead.words}, not" if instead else "not" if head else "it is empty, and not"
    names = ", ".join(one.name for one in formats())
    raise DataError(
        f"{one_line(path)}: {is_instead} a data set that can be read. Expected a folder with one folder of pictures "
        f"for each class, or one of these formats: {names}"
    )


def _head(path: Path, source: str | os.PathLike[str]) -> bytes:
    try:
        if path.is_dir():
            return b""
        if path.exists() and not path.is_file():
            raise DataError(f"{one_line(path)}: neither a file nor a folder")
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise _missing(path, source) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DataError(f"{one_line(path)}: cannot be read ({one_line(reason)})") from problem


def _missing(path: Path, source: str | os.PathLike[str]) -> DataError | UsageError:
    bare = isinstance(source, str) and path.name == source and not path.suffix
    if not bare:
        return DataError(f"{one_line(path)}: no such file or folder{meant(path)}")
    near = difflib.get_close_matches(path.name.lower(), named(), n=1)
    hint = f". Did you mean {near[0]!r}?" if near else meant(path)
    choices = ", ".join(names())
    return UsageError(f"there is no file, folder or data set {path.name!r}{hint or f'. Data sets: {choices}'}")
