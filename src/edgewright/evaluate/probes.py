"""Inputs on which two models are compared: pictures, each model preparing them its own way, or generated ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.media import (
    NORMALIZATIONS,
    PictureSource,
    Preparation,
    load_image,
    quantize,
    read_picture,
    varied_crops,
)
from edgewright.model import InputMetadata, ModelFile, TensorSpec

if TYPE_CHECKING:
    from PIL.Image import Image

Array = npt.NDArray[Any]
Probe = Sequence[Array]
"""One array for each input: (height, width, 3) uint8 for a picture, real numbers of the input's shape for others."""

# Generated pictures are mixed from noise of these many cells a side: large areas, shapes, texture.
_CELLS = (2, 4, 8, 16, 32)

# Pixels of a picture's longer side: no model looks at more, and all pictures are kept while the models run.
_LONGEST = 1024

# Whole numbers that are no pictures are indices, of words or classes; the smallest tables have about so many rows.
_INDICES = 10


class Feed:
    """Turns a probe into what one model's input tensors store."""

    def __init__(self, model: ModelFile) -> None:
        described = chain(model.metadata.inputs, repeat(InputMetadata()))  # Files of others may leave some out.
        self._inputs = model.inputs
        self._pictures = [_preparation(spec, one) for spec, one in zip(model.inputs, described, strict=False)]

    @property
    def sizes(self) -> tuple[tuple[int, int] | None, ...]:
        """(height, width) of each input that takes a picture, `None` for the others."""
        return tuple(None if one is None else one.size for one in self._pictures)

    def __call__(self, probe: Probe) -> Mapping[int, Array]:
        """The stored numbers by tensor index."""
        return {
            spec.index: quantize(value, spec) if preparation is None else preparation(value)
            for spec, preparation, value in zip(self._inputs, self._pictures, probe, strict=True)
        }


class Probes:
    """`samples` probes for a model, the same ones each time they are gone through.

    `pictures` are used as they are and then in varied crops, in all inputs that take one. Without pictures, and for
    other inputs, values are generated: smooth random pictures, and numbers over the whole range.
    """

    def __init__(self, model: ModelFile, pictures: Sequence[Array], samples: int, seed: int) -> None:
        self.pictures, self.samples, self.seed = pictures, samples, seed
        self._inputs = model.inputs
        self._sizes = Feed(model).sizes

    def __len__(self) -> int:
        return self.samples

    def __iter__(self) -> Iterator[Probe]:
        random = np.random.default_rng(self.seed)
        for picture in self._given():
            yield [
                _values(spec, random) if size is None else _picture(size, random) if picture is None else picture
                for spec, size in zip(self._inputs, self._sizes, strict=True)
            ]

    def _given(self) -> Iterator[Array | None]:
        if not self.pictures:
            yield from [None] * self.samples
            return
        yield from self.pictures
        crops, longer = divmod(self.samples - len(self.pictures), len(self.pictures))
        for number, picture in enumerate(self.pictures):
            if count := crops + (number < longer):
                yield from varied_crops(picture, count, seed=self.seed + number)


def read_pictures(pictures: Sequence[PictureSource], most: int) -> list[Array]:
    """The pictures as (height, width, 3) uint8, at most `most` of them, evenly spread, none over 1024 pixels long."""
    places = np.linspace(0, len(pictures) - 1, min(most, len(pictures))).astype(int)
    return [_moderate(load_image(pictures[place])) for place in places]


def takes_pictures(model: ModelFile) -> bool:
    """Whether any input takes a picture."""
    return any(Feed(model).sizes)


def _moderate(image: Image) -> Array:
    image.thumbnail((_LONGEST, _LONGEST))
    return np.asarray(image)


def _preparation(spec: TensorSpec, described: InputMetadata) -> Preparation | None:
    """As the file says; where it says nothing, pixels over the input's whole range; `None` for what is no picture."""
    if spec.dtype == "string" or np.dtype(spec.dtype).kind not in "fiu":
        return None
    if not described.mean and spec.dtype != "uint8":
        mean, std = _plain(spec)
        described = dataclasses.replace(described, mean=mean, std=std)
    try:
        return Preparation.of(spec, described)
    except UsageError:
        return None


def _plain(spec: TensorSpec) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if spec.dtype == "int8" and spec.quantized:  # the byte less 128
        zero_point = spec.zero_point[0] if spec.zero_point else 0
        return (zero_point + 128.0,), (1.0 / spec.scale[0],)
    return NORMALIZATIONS["minus_one_to_one" if spec.dtype.startswith("float") else "none"]


def _picture(size: tuple[int, int], random: np.random.Generator) -> Array:
    """(height, width, 3) uint8: white noise looks alike to a network, so noise of all sizes in random shares."""
    shares = random.dirichlet(np.full(len(_CELLS), 0.5))
    noise = [random.integers(0, 256, (cells, cells, 3), np.uint8) for cells in _CELLS]
    mixed = np.sum([share * read_picture(one, size=size) for share, one in zip(shares, noise, strict=True)], axis=0)
    low, high = mixed.min(), mixed.max()
    darkest, brightest = np.sort(random.uniform(0, 255, 2))
    pixels = np.rint(darkest + (mixed - low) / max(high - low, 1) * (brightest - darkest))
    return np.asarray(pixels, np.uint8)


def _values(spec: TensorSpec, random: np.random.Generator) -> Array:
    """Real numbers of the input's shape."""
    if spec.dtype == "string":
        raise DataError(f"input {spec.name!r} takes texts; none can be generated to compare two models with")
    kind = np.dtype(spec.dtype).kind
    if spec.quantized and kind in "iu":
        limits = np.iinfo(spec.dtype)
        zero_point = spec.zero_point[0] if spec.zero_point else 0
        ends = (limits.min - zero_point) * spec.scale[0], (limits.max - zero_point) * spec.scale[0]
        return np.asarray(random.uniform(*ends, spec.shape), np.float32)
    if kind == "b":
        return np.asarray(random.random(spec.shape) < 0.5)
    if kind in "iu":
        return np.asarray(random.integers(0, _INDICES, spec.shape))
    return np.asarray(random.uniform(-1, 1, spec.shape))
