"""The way that something takes through the picture, in few points however long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Point = tuple[float, float, float]

# Points that an event has at most, the last one included.
MOST = 16

# Points are no closer in time than this at the beginning, and twice as far each time that there are too many.
_GAP_S = 0.2


class Path:
    """Points (x, y, seconds), from when it began: the first, the last, and some between, about as far apart in time.

    `x` and `y` are shares of the picture's width and height.
    """

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._gap_s = _GAP_S
        self._last: Point | None = None

    def add(self, x: float, y: float, seconds: float) -> None:
        """Take note of where it is; what it costs does not grow."""
        self._last = round(x, 4), round(y, 4), round(seconds, 3)
        if self._points and self._last[2] - self._points[-1][2] < self._gap_s:
            return
        self._points.append(self._last)
        self._thin_out()

    def points(self) -> list[list[float]]:
        """At most `MOST` points, in their order, as plain values."""
        is_there = self._last is None or self._last in self._points[-1:]
        return [list(point) for point in (self._points if is_there else [*self._points, self._last]) if point]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `of`."""
        return {"points": self.points(), "gap_s": self._gap_s}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Path:
        """Go on where `to_dict` was asked; raises one of `sighting.NONSENSE`."""
        path = cls()
        path._points = [(float(x), float(y), float(seconds)) for x, y, seconds in plain["points"]]
        path._gap_s = float(plain["gap_s"])
        path._last = path._points[-1] if path._points else None
        path._thin_out()
        return path

    def _thin_out(self) -> None:
        while len(self._points) >= MOST:
            self._points = self._points[::2]
            self._gap_s *= 2
