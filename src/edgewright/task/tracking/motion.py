"""Where things are and how they move: a Kalman filter of constant velocity over many boxes at once, by seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# All in shares of a thing's own size, so that near and far, large and small are the same to the filter. Fitted on
# people who walk and run, at 5 to 25 pictures a second.
MEASURED = 0.06  # How far off a box is, one standard deviation.
# How much a velocity changes within a second, one standard deviation: that of the middle, and of the sides.
PUSH, STRETCH = 0.45, 0.4
# The velocity of what was seen only once, one standard deviation, in sizes a second: of the middle, of the width (who
# comes in at the side becomes wider) and of the height.
FIRST_SPEED, FIRST_STRETCH, FIRST_TALL = 1.5, 0.7, 0.3
# Unseen, a thing is believed to slow down: its velocity falls to 1/e of it in so many seconds.
COASTING_S = 2.5

_LEAST_LEFT = 0.2  # A thing that shrinks does not vanish between two pictures.


@dataclass(frozen=True, eq=False)
class Motion:
    """The state of n things. Rows are things; columns are the middle's x and y, width and height, in pixels.

    `place` and `speed` (n, 4): pixels, and pixels a second. `spread` (3, n, 4): the variance of the place, the
    covariance of both, the variance of the speed. A column knows nothing of the others, which makes each a filter of
    two numbers, and the whole of it arithmetic on arrays.

    Source: white-noise acceleration, Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and
    Navigation" (2001), section 6.2.2; noise in shares of the size as in Zhang et al., "ByteTrack" (2022).
    """

    place: Floats
    speed: Floats
    spread: Floats

    def __len__(self) -> int:
        return len(self.place)

    @classmethod
    def begin(cls, places: Floats) -> Motion:
        """Things that are seen for the first time, at `places` (n, 4)."""
        spread = np.zeros((3, *places.shape))
        spread[0] = _doubt(places)
        spread[2] = _squares(places) * np.square([FIRST_SPEED, FIRST_SPEED, FIRST_STRETCH, FIRST_TALL])
        return cls(places, np.zeros_like(places), spread)

    def after(self, seconds: float, unseen: npt.NDArray[np.bool_]) -> Motion:
        """Where they are so much later; `unseen` (n,) are those that were not there the last time."""
        if not len(self) or seconds <= 0:
            return self
        left = math.exp(-seconds / COASTING_S)
        slowing = np.where(unseen, left, 1.0)[:, None]
        way = np.where(unseen, COASTING_S * (1 - left), seconds)[:, None]
        push = _squares(self.place) * (np.square([PUSH, PUSH, STRETCH, STRETCH]) * seconds)
        here, both, speed = self.spread
        spread = np.empty_like(self.spread)
        spread[0] = here + way * (2 * both + way * speed) + push * (seconds**2 / 3)
        spread[1] = slowing * (both + way * speed) + push * (seconds / 2)
        spread[2] = slowing**2 * speed + push
        place = self.place + way * self.speed
        np.maximum(place[:, 2:], _LEAST_LEFT * self.place[:, 2:], out=place[:, 2:])
        return Motion(place, slowing * self.speed, spread)

    def seen(self, rows: npt.NDArray[np.intp], places: Floats) -> Motion:
        """With some of them seen at `places`."""
        here, both, speed = self.spread[:, rows]
        expected = self.place[rows]
        doubt = here + _doubt(expected)
        gain, gain_speed, off = here / doubt, both / doubt, places - expected
        place, velocity, spread = self.place.copy(), self.speed.copy(), self.spread.copy()
        place[rows] += gain * off
        velocity[rows] += gain_speed * off
        spread[:, rows] = (1 - gain) * here, (1 - gain) * both, speed - gain_speed * both
        return Motion(place, velocity, spread)

    def expected(self) -> tuple[Floats, Floats]:
        """The variance of the difference between where each is seen and where it was expected, (n, 4).

        Beside it the part of that which is the doubt about a box that is seen.
        """
        doubt = _doubt(self.place)
        return self.spread[0] + doubt, doubt

    def taken(self, rows: npt.NDArray[Any]) -> Motion:
        """Some of them: places, or a mask."""
        return Motion(self.place[rows], self.speed[rows], self.spread[:, rows])

    def joined(self, others: Motion) -> Motion:
        """These and others behind them."""
        return Motion(
            np.concatenate([self.place, others.place]),
            np.concatenate([self.speed, others.speed]),
            np.concatenate([self.spread, others.spread], axis=1),
        )


def middles(xyxy: Floats) -> Floats:
    """(x0, y0, x1, y1) as (middle x, middle y, width, height)."""
    places = np.empty_like(xyxy)
    places[:, :2] = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    places[:, 2:] = xyxy[:, 2:] - xyxy[:, :2]
    return places


def corners(places: Floats) -> Floats:
    """The way back."""
    xyxy, half = np.empty_like(places), places[:, 2:] / 2
    xyxy[:, :2] = places[:, :2] - half
    xyxy[:, 2:] = places[:, :2] + half
    return xyxy


def _doubt(places: Floats) -> Floats:
    """The variance of a box that is seen: of what lies across by its width, of what stands upright by its height."""
    doubt: Floats = np.square(np.maximum(places[:, (2, 3, 2, 3)], 1.0) * MEASURED)
    return doubt


def _squares(places: Floats) -> Floats:
    """The size of each squared, (n, 1): the size is between width and height, since things move as wholes."""
    squares: Floats = np.maximum(places[:, 2] * places[:, 3], 1.0)[:, None]
    return squares
