"""Many different pictures out of few: random crops, some of them mirrored."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.media.pictures.opening import PictureSource
from edgewright.media.pictures.picture import load_image

# The side of a crop as a share of the picture's shorter side.
_SMALLEST, _LARGEST = 0.5, 1.0


def varied_crops(picture: PictureSource, count: int, *, seed: int = 0) -> Iterator[npt.NDArray[np.uint8]]:
    """`count` square crops of a picture, (side, side, 3) uint8 RGB, of random size and place, every other one mirrored.

    The side is 0.5 to 1 times the picture's shorter side. One seed gives the same crops.
    Raises `DataError` where the picture cannot be read.
    """
    if count < 1:
        raise UsageError(f"varied_crops: count is {count}; at least 1 is needed")
    pixels = np.asarray(load_image(picture))
    random = np.random.RandomState(seed)
    for number in range(count):
        crop = _crop(pixels, random)
        yield np.ascontiguousarray(crop[:, ::-1] if number % 2 else crop)


def _crop(pixels: npt.NDArray[np.uint8], random: np.random.RandomState) -> npt.NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    side = max(int(min(height, width) * random.uniform(_SMALLEST, _LARGEST)), 1)
    top, left = random.randint(0, height - side + 1), random.randint(0, width - side + 1)
    return pixels[top : top + side, left : left + side]
