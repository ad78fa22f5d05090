"""Representative data: real inputs that quantization measures and conversions are compared on."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.data import load
from edgewright.errors import UsageError
from edgewright.media import find_pictures, read_picture
from edgewright.mistaken import meant
from edgewright.model import ColorSpace
from edgewright.spelling import argument

Array = npt.NDArray[Any]

# One sample: an array for each input, by name or in the order of the inputs.
RepresentativeSample = Mapping[str, Array] | tuple[Array, ...]

# TensorFlow's guide asks for 100 to 500 samples; more only costs time.
LIMIT = 500


def collect(data: Any) -> tuple[RepresentativeSample, ...] | Path:
    """At most `LIMIT` samples of what people have, evenly spaced where all of them are at hand.

    `data` is a path (it comes back as it is: reading pictures takes the model's size, see `read_path`), an array
    (n, ...), a mapping from input names to such arrays, anything with such an array as `x` (a `Dataset`), an iterable
    of samples, or a function that returns one (as TensorFlow's converter takes). A sample is an array, a sequence of
    arrays or a mapping, with or without the batch dimension. Raises `UsageError`.
    """
    if data is None:
        return ()
    if isinstance(data, str | os.PathLike):
        return _existing(Path(data))
    if not hasattr(data, "__array__"):  # A table of pandas has its columns as attributes.
        data = getattr(data, "x", data)
    if isinstance(data, Mapping):
        _none_missing(tuple(data))
        return _columns({str(name): np.asarray(column) for name, column in data.items()})
    if hasattr(data, "__array__"):
        return tuple((sample,) for sample in _spaced(np.asarray(data)))
    if callable(data):
        data = data()
    if not isinstance(data, Iterable) or isinstance(data, str | bytes):
        raise UsageError(
            f"{argument('representative_data')} is a {type(data).__name__}. Expected an array (n, ...) of real inputs"
        )
    samples = tuple(map(_sample, itertools.islice(data, LIMIT)))
    _none_missing(samples)
    return samples


class Read(NamedTuple):
    """Samples that were read, and the number of the class of each, in alphabetical order of folders."""

    samples: tuple[RepresentativeSample, ...]
    labels: tuple[int, ...] = ()


def read_path(path: Path, shape: Sequence[int]) -> Read:
    """Samples from a folder of pictures, at any depth, or from a data set (`.npz`, IDX) for an input of a shape.

    Pictures are stretched to the input's height and width. Raises `DataError` for what cannot be read.
    """
    pictures = list(find_pictures([str(path)])) if path.is_dir() else []
    if not pictures:
        dataset = load(path)
        return Read(tuple((sample,) for sample in _spaced(dataset.x)), tuple(_spaced(dataset.labels).tolist()))
    chosen = [pictures[int(index)] for index in np.linspace(0, len(pictures) - 1, min(len(pictures), LIMIT)).round()]
    size, color_space = _picture_shape(path, shape)
    samples = tuple((read_picture(picture, size=size, color_space=color_space),) for picture in chosen)
    folders = sorted({picture.parent for picture in pictures})
    return Read(samples, tuple(folders.index(picture.parent) for picture in chosen))


def _picture_shape(path: Path, shape: Sequence[int]) -> tuple[tuple[int, int], ColorSpace]:
    if len(shape) == 4 and shape[-1] in (1, 3):
        return (shape[1], shape[2]), "RGB" if shape[-1] == 3 else "GRAYSCALE"
    if len(shape) == 3:
        return (shape[1], shape[2]), "GRAYSCALE"
    raise UsageError(
        f"{path}: these are pictures, and the model's input has the shape {list(shape)}. Give an .npz file"
    )


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder of representative data{meant(path)}")
    return path


def _columns(columns: dict[str, Array]) -> tuple[RepresentativeSample, ...]:
    lengths = {name: len(column) if column.ndim else 0 for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise UsageError(
            f"{argument('representative_data')} has a different number of samples for each input: {lengths}"
        )
    spaced = {name: _spaced(column) for name, column in columns.items()}
    count = len(next(iter(spaced.values())))
    return tuple({name: column[index] for name, column in spaced.items()} for index in range(count))


def _spaced(array: Array) -> Array:
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        raise UsageError(
            f"{argument('representative_data')} is {array.dtype} {array.shape}. Expected numbers, (n, ...)"
        )
    _none_missing(array)
    count = min(len(array), LIMIT)
    spaced: Array = array[np.linspace(0, len(array) - 1, count).round().astype(int)]
    return spaced


def _sample(value: Any) -> RepresentativeSample:
    if isinstance(value, Mapping):
        return {str(name): np.asarray(array) for name, array in value.items()}
    if isinstance(value, Sequence) and value and hasattr(value[0], "__array__"):
        return tuple(np.asarray(array) for array in value)
    return (np.asarray(value),)


def _none_missing(samples: Sequence[object] | Array) -> None:
    if len(samples) == 0:
        raise UsageError(f"{argument('representative_data')} is empty. Give some hundred real inputs")
