"""The looks of a picture in 255 bits and a few colors: what stays when it is stored again, made smaller or lit anew.

Source of the hash: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2:
of a small gray picture the lowest frequencies of its cosine transform, each a bit that says whether it is over their
median. 16 x 16 of them in place of 8 x 8, as thousands of pictures of one kind on one background have to be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.media import PictureSource, load_image

_SIDE, _KEPT, _PATCHES = 32, 16, 8

BITS = _KEPT * _KEPT - 1

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""How much red, green and blue are in gray: ITU-R BT.601, as Pillow's conversion has them."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What n pictures look like.

    `bits` (n, 255) int8, -1 or 1, and `mirrored`, those of the same pictures seen in a mirror. `colors` (n, 8, 8, 3)
    float16, 0 to 1: the mean color of each patch.
    """

    bits: npt.NDArray[np.int8]
    mirrored: npt.NDArray[np.int8]
    colors: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.bits)


def thumbnail(source: PictureSource) -> npt.NDArray[np.uint8]:
    """The picture as (32, 32, 3) uint8, stretched. Raises `DataError` where it cannot be read."""
    picture = load_image(source, at_least=(2 * _SIDE, 2 * _SIDE))
    return np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), np.uint8)


def looks_of(thumbnails: npt.NDArray[np.uint8]) -> Looks:
    """What thumbnails (n, 32, 32, 3) look like."""
    transform = _cosines()
    gray = thumbnails @ LUMA
    frequencies = transform @ gray @ transform.T
    # A mirror turns the sign of every odd horizontal frequency.
    signs = np.where(np.arange(_KEPT) % 2, -1, 1).astype(np.float32)
    size = _SIDE // _PATCHES
    patches = thumbnails.reshape(-1, _PATCHES, size, _PATCHES, size, 3).mean(axis=(2, 4), dtype=np.float32)
    return Looks(_bits(frequencies), _bits(frequencies * signs), (patches / 255).astype(np.float16))


def _cosines() -> npt.NDArray[np.float32]:
    """The first 16 rows of the cosine transform (DCT-II) of 32 points."""
    rows, points = np.arange(_KEPT)[:, None], np.arange(_SIDE)
    cosines: npt.NDArray[np.float32] = np.cos(np.pi * rows * (2 * points + 1) / (2 * _SIDE)).astype(np.float32)
    return cosines


def _bits(frequencies: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """1 over the median, else -1; the mean brightness, which is the first of them, left out."""
    kept = frequencies.reshape(len(frequencies), -1)[:, 1:]
    return np.where(kept > np.median(kept, axis=1, keepdims=True), 1, -1).astype(np.int8)
