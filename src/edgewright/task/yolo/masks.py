"""Masks of a YOLO: each thing has a weight for each of the picture's prototypes; where their sum is positive, it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.media import Placement

Floats = npt.NDArray[np.float32]
Matrix = tuple[float, float, float, float, float, float]


class MaskMaker:
    """The masks of the things in one picture, each made when it is asked for.

    `coefficients` (n, k); `prototypes` (height, width, k), or (k, height, width) where they are not `last`: a smaller
    picture of the model's input. `xyxy` (n, 4) in pixels of the original of (height, width) `original`, to which
    `placement` leads.
    Source: `process_mask` in `ultralytics/utils/ops.py`.
    """

    def __init__(
        self,
        coefficients: Floats,
        prototypes: Floats,
        xyxy: Floats,
        placement: Placement,
        original: tuple[int, int],
        *,
        last: bool,
    ) -> None:
        self._coefficients, self._xyxy = coefficients, xyxy
        self._small = prototypes.shape[:2] if last else prototypes.shape[1:]
        flat = prototypes.reshape(-1, prototypes.shape[2]) if last else prototypes.reshape(len(prototypes), -1).T
        self._prototypes = flat.astype(np.float32, copy=False)
        self._matrix = _to_prototypes(placement, self._small)
        self._size = original

    def __len__(self) -> int:
        return len(self._coefficients)

    def __call__(self, place: int) -> npt.NDArray[np.bool_]:
        """The mask of the thing at a place: (height, width) of the original, true where it is, inside its box."""
        mask = np.zeros(self._size, np.bool_)
        left, top, right, bottom = _whole(self._xyxy[place].tolist(), self._size)
        if left < right and top < bottom:
            mask[top:bottom, left:right] = self._part(place, left, top, right - left, bottom - top) > 0
        return mask

    def _part(self, place: int, left: int, top: int, width: int, height: int) -> npt.NDArray[Any]:
        """The sum of prototypes on a part of the original, whose pixels are looked up between theirs."""
        with np.errstate(over="ignore", invalid="ignore"):  # What is no number is not positive either.
            logits = (self._prototypes @ self._coefficients[place].astype(np.float32)).reshape(self._small)
        a, b, c, d, e, f = self._matrix
        moved = (a, b, a * left + b * top + c, d, e, d * left + e * top + f)
        image = Image.fromarray(logits)
        return np.asarray(
            image.transform((width, height), Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR, fillcolor=-1)
        )


def _to_prototypes(placement: Placement, size: tuple[int, ...]) -> Matrix:
    """What leads from pixels of the original to those of the prototypes of (height, width) `size`: ax+by+c, dx+ey+f."""
    down, across = size[0] / placement.size[0], size[1] / placement.size[1]
    origin, right, below = (placement.to_input(*corner) for corner in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    (c, f), (a, d), (b, e) = origin, *((end[0] - origin[0], end[1] - origin[1]) for end in (right, below))
    return a * across, b * across, c * across, d * down, e * down, f * down


def _whole(xyxy: list[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box in whole pixels of the picture: those whose middle it covers."""
    x0, y0, x1, y1 = (math.floor(side + 0.5) for side in xyxy)
    return max(x0, 0), max(y0, 0), min(x1, size[1]), min(y1, size[0])
