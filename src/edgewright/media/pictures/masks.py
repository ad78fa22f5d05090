"""Masks: pictures whose pixels are numbers of classes, in a palette or in gray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.errors import DataError
from edgewright.media.pictures.opening import PictureSource, opened
from edgewright.media.pictures.picture import DEFAULT_MAX_PIXELS

# How far apart Pillow spreads the numbers of a gray PNG with few bits, so that the largest is white.
_SPREAD = {"L;2": 85, "L;4": 17}
_WHOLE = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")


def read_mask(source: PictureSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> npt.NDArray[Any]:
    """Read a mask: (height, width) unsigned integers, as they are stored.

    Of a palette they are the places of its colors. Raises DataError as `load_image` does, and for pictures in color,
    which say no numbers.
    """
    with opened(source, max_pixels) as (image, name):
        if image.mode not in _WHOLE:
            raise DataError(
                f"{name}: a picture in {image.mode} is no mask. Expected numbers of classes, as a palette or in gray"
            )
        spread = _SPREAD.get(_raw_mode(image), 1)
        numbers = np.array(image)
        if numbers.dtype == np.int32 and (numbers < 0).any():
            raise DataError(f"{name}: the mask has the class {numbers.min()}. Classes count from 0")
        return (numbers.astype(np.uint8 if numbers.itemsize == 1 else np.uint32)) // spread


def _raw_mode(image: Image.Image) -> str:
    """How the file has a pixel's bits, before it is decoded."""
    tiles = getattr(image, "tile", None) or [("", (), 0, "")]
    arguments = tiles[0][3]
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)
