"""Other views of a picture: another part of it, another light, sometimes in a mirror.

What is done to which picture follows from seed, picture and number of the view alone. Whether views are mirrored is
found out before: see `choosing.mirroring`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from edgewright.media import PictureSource, Preparation, load_image
from edgewright.train.likeness.hashing import LUMA

Array = npt.NDArray[Any]

# The part of a picture that is seen: the share of its sides, and by how much one may be shorter than the other.
_SMALLEST, _LONGER = 0.7, 1.15

# By how much brightness, contrast and saturation are raised or lowered.
_LIGHT = 0.25


@dataclasses.dataclass(frozen=True)
class Viewing:
    """How views are made: `prepare` is the way of the picture as it is, `mirror` whether half of them are mirrored."""

    prepare: Preparation
    seed: int
    mirror: bool

    def view(self, source: PictureSource, place: int, number: int) -> Array:
        """View `number` of the picture at `place`, as the network takes it (height, width, channels); 0 is as it is."""
        if number == 0:
            return self._first(self.prepare(source))
        # RandomState's stream is frozen (NEP 19): the same views next year.
        return self._varied(source, np.random.RandomState([self.seed % 2**32, place, number]))

    def mirrored(self, source: PictureSource) -> Array:
        """The picture as it is, in a mirror."""
        return self._first(self.prepare(ImageOps.mirror(self._image(source))))

    def _varied(self, source: PictureSource, random: np.random.RandomState) -> Array:
        image = _part(self._image(source), random)
        if self.mirror and random.randint(2):
            image = ImageOps.mirror(image)
        whole = dataclasses.replace(self.prepare.described, crop_fraction=None)
        pixels = dataclasses.replace(self.prepare, described=whole).fit(image).pixels
        return self._first(self.prepare.tensor(_lit(pixels, random)))

    def _first(self, batch: Array) -> Array:
        picture: Array = batch[0]
        return picture

    def _image(self, source: PictureSource) -> Image.Image:
        """Decoded at no less than what the smallest part of it needs."""
        height, width = (int(2 * side / _SMALLEST) for side in self.prepare.size)
        return load_image(source, color_space=self.prepare.color_space, at_least=(height, width))


def _part(image: Image.Image, random: np.random.RandomState) -> Image.Image:
    share, longer = random.uniform(_SMALLEST, 1), np.exp(random.uniform(-1, 1) * np.log(_LONGER) / 2)
    width = max(round(image.width * min(share * longer, 1)), 1)
    height = max(round(image.height * min(share / longer, 1)), 1)
    left, top = random.randint(image.width - width + 1), random.randint(image.height - height + 1)
    return image.crop((left, top, left + width, top + height))


def _lit(pixels: npt.NDArray[np.uint8], random: np.random.RandomState) -> npt.NDArray[np.uint8]:
    """The same in another light: (p - mean) x contrast + mean x brightness; colors drawn towards gray or off it."""
    brightness, contrast, saturation = random.uniform(1 - _LIGHT, 1 + _LIGHT, 3).astype(np.float32)
    values = pixels.astype(np.float32)
    mean = values.mean(dtype=np.float32)
    if values.ndim == 3:
        gray = (values @ LUMA)[..., None]
        values = gray + (values - gray) * saturation
    lit = (values - mean) * contrast + mean * brightness
    rounded: npt.NDArray[np.uint8] = np.clip(np.rint(lit), 0, 255).astype(np.uint8)
    return rounded
