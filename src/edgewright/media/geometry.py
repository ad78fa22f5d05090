"""Places in a picture: boxes and keypoints, in pixels of the original, upright picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright.brief import line_of
from edgewright.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: x from `x0` to `x1`, y from `y0` to `y1`, float pixels; (0, 0) is the picture's upper left corner.

    `angle` in radians turns it clockwise about its center, as seen on the screen; 0 where it stands upright.
    Raises DataError for sides that are not finite or run backwards.

    >>> box = ew.Box(10, 20, 110, 70)
    >>> box.width, box.height
    (100, 50)
    """

    x0: float
    y0: float
    x1: float
    y1: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*self.xyxy, self.angle))) or self.x1 < self.x0 or self.y1 < self.y0:
            raise DataError(f"{self.xyxy} is no box: x0 <= x1 and y0 <= y1 are expected, all of them finite")

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1)."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def width(self) -> float:
        """Pixels from left to right, before it is turned."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Pixels from top to bottom, before it is turned."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """(x, y) of the four corners, clockwise on the screen; the first is the upper left one before it is turned."""
        upright = ((self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1))
        if not self.angle:
            return upright
        (left, top), cosine, sine = self.center, math.cos(self.angle), math.sin(self.angle)
        return tuple(
            (left + (x - left) * cosine - (y - top) * sine, top + (x - left) * sine + (y - top) * cosine)
            for x, y in upright
        )

    @property
    def bounds(self) -> Box:
        """The upright box that holds this one."""
        across, down = zip(*self.corners, strict=True)
        return Box(min(across), min(down), max(across), max(down))

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1, both taken as upright; 0 where both are empty."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        shared = max(width, 0.0) * max(height, 0.0)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def __repr__(self) -> str:
        return line_of(self, *(f"{side:.1f}" for side in self.xyxy), f"angle {self.angle:.3g}" if self.angle else "")


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """Named points of one thing: `points` (k, 3) float32, x and y in pixels and a score; `names` of as many.

    Raises DataError where the two do not fit.
    """

    points: npt.NDArray[np.float32]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.points.shape != (len(self.names), 3):
            raise DataError(f"keypoints of shape {self.points.shape} for {len(self.names)} names; (k, 3) is expected")

    def __repr__(self) -> str:
        return line_of(self, f"{len(self.names)}: {', '.join(self.names)}")
