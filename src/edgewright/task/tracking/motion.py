"""Where things are and how they move: a Kalman filter of constant velocity over many boxes at once, by seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# All in shares of a thing's own size, so that near and far, large and small are the same to the filter.
MEASURED = 0.05  # How far off a box is, one standard deviation.
# How much the velocity changes within a second, one standard deviation: of the middle (a walker who stops loses one
# height a second), and of the sides.
PUSH, STRETCH = 0.5, 0.15
# The velocity of what was seen only once, one standard deviation, in sizes a second.
FIRST_SPEED, FIRST_STRETCH = 1.5, 0.2
# Unseen, a thing is believed to slow down: its velocity falls to 1/e of it in so many seconds.
COASTING_S = 1.0


@dataclass(frozen=True, eq=False)
class Motion:
    """The state of n things. Rows are things; columns are the middle's x and y, width and height, in pixels.

    `place` and `speed` (n, 4): pixels, and pixels a second. `spread` (n, 4, 3): for each column the variance of the
    place, the covariance of both, the variance of the speed. A column knows nothing of the others, which makes each a
    filter of two numbers, and the whole of it arithmetic on arrays.

    Source: white-noise acceleration, Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and
    Navigation" (2001), section 6.2.2; noise in shares of the size as in Zhang et al., "ByteTrack" (2022).
    """

    place: Floats
    speed: Floats
    spread: Floats

    def __len__(self) -> int:
        return len(self.place)

    @classmethod
    def nothing(cls) -> Motion:
        """No things."""
        return cls(np.zeros((0, 4)), np.zeros((0, 4)), np.zeros((0, 4, 3)))

    @classmethod
    def begin(cls, places: Floats) -> Motion:
        """Things that are seen for the first time, at `places` (n, 4)."""
        size = sizes(places)
        spread = np.zeros((len(places), 4, 3))
        spread[:, :, 0] = (MEASURED * sides(places)) ** 2
        spread[:, :2, 2] = (FIRST_SPEED * size[:, :2]) ** 2
        spread[:, 2:, 2] = (FIRST_STRETCH * size[:, 2:]) ** 2
        return cls(places.copy(), np.zeros_like(places), spread)

    def after(self, seconds: float, unseen: npt.NDArray[np.bool_]) -> Motion:
        """Where they are so much later; `unseen` (n,) are those that were not there the last time."""
        if not len(self) or seconds <= 0:
            return self
        slowing = np.where(unseen, np.exp(-seconds / COASTING_S), 1.0)[:, None]
        way = np.where(unseen, COASTING_S * (1 - np.exp(-seconds / COASTING_S)), seconds)[:, None]
        noise = self._push() ** 2
        here, both, speed = np.moveaxis(self.spread, 2, 0)
        spread = np.stack(
            [
                here + 2 * way * both + way**2 * speed + noise * seconds**3 / 3,
                slowing * (both + way * speed) + noise * seconds**2 / 2,
                slowing**2 * speed + noise * seconds,
            ],
            axis=2,
        )
        place = self.place + way * self.speed
        np.maximum(place[:, 2:], 0.2 * self.place[:, 2:], out=place[:, 2:])
        return Motion(place, slowing * self.speed, spread)

    def seen(self, rows: npt.NDArray[np.intp], places: Floats) -> Motion:
        """With some of them seen at `places`."""
        here, both, speed = np.moveaxis(self.spread[rows], 2, 0)
        doubt = here + self.doubt()[rows]
        gain, gain_speed = here / doubt, both / doubt
        off = places - self.place[rows]
        place, velocity, spread = self.place.copy(), self.speed.copy(), self.spread.copy()
        place[rows] += gain * off
        velocity[rows] += gain_speed * off
        spread[rows] = np.stack([(1 - gain) * here, (1 - gain) * both, speed - gain_speed * both], axis=2)
        return Motion(place, velocity, spread)

    def doubt(self) -> Floats:
        """The variance of a box that is seen of each, (n, 4)."""
        doubt: Floats = (MEASURED * sides(self.place)) ** 2
        return doubt

    def expected(self) -> Floats:
        """The variance of the difference between where a thing is seen and where it was expected, (n, 4)."""
        expected: Floats = self.spread[:, :, 0] + self.doubt()
        return expected

    def _push(self) -> Floats:
        push = sizes(self.place)
        push[:, :2] *= PUSH
        push[:, 2:] *= STRETCH
        return push

    def taken(self, rows: npt.NDArray[Any]) -> Motion:
        """Some of them: places, or a mask."""
        return Motion(self.place[rows], self.speed[rows], self.spread[rows])

    def joined(self, others: Motion) -> Motion:
        """These and others behind them."""
        return Motion(
            np.concatenate([self.place, others.place]),
            np.concatenate([self.speed, others.speed]),
            np.concatenate([self.spread, others.spread]),
        )


def sizes(places: Floats) -> Floats:
    """What "size" is for each column, (n, 4): between the width and the height, the same for all."""
    size = np.sqrt(np.maximum(places[:, 2] * places[:, 3], 1.0))
    return np.repeat(size[:, None], 4, axis=1)


def middles(xyxy: Floats) -> Floats:
    """(x0, y0, x1, y1) as (middle x, middle y, width, height)."""
    return np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def corners(places: Floats) -> Floats:
    """The way back."""
    return np.concatenate([places[:, :2] - places[:, 2:] / 2, places[:, :2] + places[:, 2:] / 2], axis=1)


def sides(places: Floats) -> Floats:
    """The width for what lies across, the height for what lies upright, (n, 4)."""
    return np.maximum(np.tile(places[:, 2:], 2), 1.0)
