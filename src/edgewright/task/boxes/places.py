"""From boxes in a model's input to boxes in the original picture."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media import Placement, Prepared

Floats = npt.NDArray[np.float32]


class Boxes(NamedTuple):
    """`xyxy` (n, 4): x0, y0, x1, y1 in pixels of the original; `angle` (n,): radians, clockwise; None: all stand."""

    xyxy: Floats
    angle: Floats | None = None

    @property
    def bounds(self) -> Floats:
        """The upright boxes (n, 4) that hold them."""
        if self.angle is None:
            return self.xyxy
        center, half = (self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2, (self.xyxy[:, 2:] - self.xyxy[:, :2]) / 2
        cosine, sine = np.abs(np.cos(self.angle)), np.abs(np.sin(self.angle))
        reach = np.stack([half[:, 0] * cosine + half[:, 1] * sine, half[:, 0] * sine + half[:, 1] * cosine], axis=1)
        return np.concatenate([center - reach, center + reach], axis=1).astype(np.float32)


def picture_of(prepared: Prepared) -> tuple[Placement, tuple[int, int]]:
    """The placement and the original's (height, width) of a picture. Raises `DataError` for an input that is none."""
    if prepared.placement is None or prepared.original is None:
        raise DataError("boxes belong to a picture, and this input is none")
    return prepared.placement, prepared.original


def boxes_in_picture(
    xyxy: npt.NDArray[Any], prepared: Prepared, angle: npt.NDArray[np.floating[Any]] | None = None
) -> Boxes:
    """Boxes (n, 4) in pixels of the input, with angles (n,) or without, as boxes in the original picture.

    Upright boxes are clipped to the picture; turned ones, and those of a crop that was turned, may lie outside of it.
    Raises `DataError` for an input that is no picture, and for boxes that are not finite.
    """
    placement, original = picture_of(prepared)
    if not np.isfinite(xyxy).all():
        raise DataError("the model's boxes hold NaN or infinity")
    corners = np.sort(xyxy.astype(np.float64).reshape(-1, 2, 2), axis=1)
    vertical, horizontal = placement.scale
    if angle is None and not placement.angle:
        there = placement.box[:2] + (corners - placement.region[:2]) / (horizontal, vertical)
        inside = np.minimum(np.maximum(there, 0), original[::-1])
        return Boxes(inside.reshape(-1, 4).astype(np.float32))
    (left, top), (right, bottom) = corners[:, 0].T, corners[:, 1].T
    x, y = placement.to_picture((left + right) / 2, (top + bottom) / 2)
    across, down = (right - left) / horizontal / 2, (bottom - top) / vertical / 2
    turned = placement.angle + (np.zeros(len(x)) if angle is None else angle)
    sides = x - across, y - down, x + across, y + down
    return Boxes(np.stack(sides, axis=1).astype(np.float32), turned.astype(np.float32))
