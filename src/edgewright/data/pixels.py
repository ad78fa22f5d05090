"""Pictures that came as arrays of other numbers than bytes, as the bytes that pictures are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.media import Meaning, meaning_of_numbers
from edgewright.model import InputMetadata

Array = npt.NDArray[Any]

# So many arrays show what their numbers mean.
_LOOKED_AT = 500
# How far a number may lie from a whole one that was divided and comes back.
_NEAR = 0.01
_BRIGHTEST = 255


def as_bytes(dataset: Dataset, described: InputMetadata) -> Dataset:
    """Pictures as a model's preparation takes them: what was normalized as is `described` becomes pixels again.

    Fractions are rounded, and a notice says so. Arrays stay as they are where nothing is described, but for whole
    numbers. Raises `DataError` where the numbers contradict the preparation.
    """
    items = dataset.inputs
    chosen = np.linspace(0, len(items) - 1, min(len(items), _LOOKED_AT)).round().astype(int)
    arrays = [items[index] for index in chosen if _is_other(items[index])]
    if not arrays:
        return dataset
    if not described.mean:
        return _whole(dataset)
    meaning = meaning_of_numbers(arrays, replace(described, kind="image"), (), dataset.name)
    pixels = _of_items(items, described, meaning)
    rounded = any(_has_fractions(_pixels(array, described, meaning)) for array in arrays)
    said = (meaning.notice, f"{dataset.name}: pixels with fractions were rounded." if rounded else "")
    return replace(dataset, inputs=pixels, notices=(*dataset.notices, *filter(None, said)))


def _of_items(items: Array | Sequence[Any], described: InputMetadata, meaning: Meaning) -> Array | Sequence[Any]:
    if isinstance(items, np.ndarray):
        return np.stack([_stored(_pixels(array, described, meaning)) for array in items])
    return tuple(_stored(_pixels(item, described, meaning)) if _is_other(item) else item for item in items)


def _whole(dataset: Dataset) -> Dataset:
    """Whole numbers from 0 to 255 as bytes; 0 and 1 could as well be fractions."""
    x = dataset.inputs
    if not isinstance(x, np.ndarray) or x.min() < 0 or not 1 < x.max() <= _BRIGHTEST or (x != np.rint(x)).any():
        return dataset
    return replace(dataset, inputs=x.astype(np.uint8))


def _is_other(item: Any) -> bool:
    return isinstance(item, np.ndarray) and item.dtype.kind in "uif" and item.dtype != np.uint8


def _pixels(array: Array, described: InputMetadata, meaning: Meaning) -> Array:
    """Undo what normalized an array, channel by channel."""
    if meaning.raw:
        return array
    mean, std = np.asarray(described.mean, np.float32), np.asarray(described.std, np.float32)
    return array * std + mean if len(mean) in (1, *array.shape[-1:]) else array


def _has_fractions(pixels: Array) -> bool:
    return bool((np.abs(pixels - np.rint(pixels)) > _NEAR).any())


def _stored(pixels: Array) -> npt.NDArray[np.uint8]:
    return np.clip(np.rint(pixels), 0, _BRIGHTEST).astype(np.uint8)
