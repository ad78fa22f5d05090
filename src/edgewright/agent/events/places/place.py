"""What a place is: a zone or a line with a name, in shares of the picture; and the point of a box that is meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from edgewright.agent.events.places.geometry import Edge, Point, area, edges, meeting
from edgewright.errors import UsageError
from edgewright.media import Box

Anchor = Literal["bottom", "center", "top", "left", "right"]
Direction = Literal["in", "out"]
Size = tuple[int, int]

# Each edge is held against each other one.
MOST_POINTS = 100

# Less than this share of a picture is a slip of the mouse: five pixels square of a large one.
_LEAST_AREA = 1e-5
_LONGEST_NAME = 100

# Boxes are cut at the border of the picture; a point on it lies inside of a zone that reaches up to there.
_INSIDE = 1e-3


class PlaceError(UsageError, ValueError):
    """A place makes no sense, for a `reason`.

    `key`: whether its "name" or its "points" are wrong; `point` is the number of the point that it is about, from 0, if
    any.
    """

    def __init__(self, name: str, reason: str, point: int | None = None, *, key: str = "points") -> None:
        which = "" if point is None else f"point {point + 1}: "
        super().__init__(f"{name!r}: {which}{reason}")
        self.name = name
        self.reason = reason
        self.point = point
        self.key = key


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture: a polygon of at least three `points` (x, y), shares of its width and height, 0 to 1.

    (0, 0) is the upper left corner. `source` is the name of the source whose pictures it is in; None where there is one
    only. Raises `PlaceError` for an outline that crosses itself or covers nothing.

    >>> yard = ew.Zone("yard", [(0.1, 0.5), (0.9, 0.5), (1, 1), (0, 1)])
    >>> yard.points[2]
    (1.0, 1.0)
    """

    name: str
    points: tuple[Point, ...]
    source: str | None = None

    def __post_init__(self) -> None:
        _check(self, 3, "a polygon")
        if area(self.points) < _LEAST_AREA:
            raise PlaceError(self.name, "the polygon covers nothing")

    def outline(self, size: Size) -> list[Edge]:
        """Its edges in pixels of a picture of (height, width) `size`."""
        return edges(in_pixels(self.points, size), closed=True)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that things cross: at least two `points` (x, y), shares of the picture's width and height, 0 to 1.

    Who walks along it, from the first point to the last, sees what comes "in" go from the left hand to the right, and
    what goes "out" come back: across a line that is drawn from left to right, "in" is down the picture. `source` is as
    for a zone. Raises `PlaceError` for a line that crosses itself.

    >>> gate = ew.Line("gate", [(0.2, 0.6), (0.8, 0.6)])
    >>> gate.points
    ((0.2, 0.6), (0.8, 0.6))
    """

    name: str
    points: tuple[Point, ...]
    source: str | None = None

    def __post_init__(self) -> None:
        _check(self, 2, "a line")

    def way(self, size: Size) -> list[Edge]:
        """Its parts in pixels of a picture of (height, width) `size`, in its direction."""
        return edges(in_pixels(self.points, size), closed=False)


Place = Zone | Line


def check_anchor(point: str) -> None:
    """Raise `ValueError` for a point that boxes do not have."""
    if point not in get_args(Anchor):
        raise ValueError(f"point: {point!r}. Choose one of: {', '.join(get_args(Anchor))}")


def point_of(box: Box, anchor: Anchor, size: Size) -> Point:
    """The point of a box that is meant, in pixels, inside of the picture of (height, width) `size`."""
    x0, y0, x1, y1 = (box.bounds if box.angle else box).xyxy
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if anchor == "bottom":
        y = y1
    elif anchor == "top":
        y = y0
    elif anchor == "left":
        x = x0
    elif anchor == "right":
        x = x1
    height, width = size
    return min(max(x, _INSIDE), width - _INSIDE), min(max(y, _INSIDE), height - _INSIDE)


def extent_of(box: Box) -> float:
    """What margins are shares of: half of a box's width and height together, in pixels."""
    return (box.width + box.height) / 2


def in_pixels(points: Sequence[Point], size: Size) -> list[Point]:
    """Shares of a picture of (height, width) `size` in its pixels."""
    height, width = size
    return [(x * width, y * height) for x, y in points]


def _check(place: Place, least: int, what: str) -> None:
    """Hold a place to what it must be; its points become tuples of floats."""
    _check_name(place.name)
    points = tuple(_point(place.name, number, point) for number, point in enumerate(_listed(place)))
    if not least <= len(points) <= MOST_POINTS:
        reason = f"{what} of {len(points)} points, expected {least} to {MOST_POINTS}"
        raise PlaceError(place.name, reason)
    object.__setattr__(place, "points", points)
    closed = isinstance(place, Zone)
    parts = edges(points, closed=closed)
    for number, (begin, end) in enumerate(parts):
        if begin == end:
            after = (number + 1) % len(points)
            raise PlaceError(place.name, f"it is the same as point {number + 1}", after)
    for first, second in meeting(parts, closed=closed):
        one, other = (_between(number, len(points)) for number in (first, second))
        raise PlaceError(place.name, f"{what} that crosses itself: between points {one} and between points {other}")


def _between(number: int, count: int) -> str:
    return f"{number + 1} and {(number + 1) % count + 1}"


def _listed(place: Place) -> Iterable[Any]:
    if isinstance(place.points, str) or not isinstance(place.points, Iterable):
        raise PlaceError(place.name, f"points: {place.points!r}, expected a list of points [x, y]")
    return place.points


def _point(name: str, number: int, given: Any) -> Point:
    """One point; raises `PlaceError` for what is no pair of shares."""
    if isinstance(given, str) or not isinstance(given, Iterable) or len(pair := list(given)) != 2:
        raise PlaceError(name, f"{given!r}, expected [x, y]", number)
    for value in pair:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PlaceError(name, f"{value!r}, expected a number", number)
        if not 0 <= value <= 1:
            pixels = ". Pixels become shares when they are divided by the picture's width and height"
            raise PlaceError(name, f"{value:g}, expected a share of the picture, 0 to 1{pixels}", number)
    return float(pair[0]), float(pair[1])


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise PlaceError(str(name), f"expected a name of 1 to {_LONGEST_NAME} letters", key="name")
