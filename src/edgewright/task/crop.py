"""How much of a picture around a thing a second model sees, and which way up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgewright.brief import brief
from edgewright.errors import UsageError
from edgewright.media import Box, Placement, part_of
from edgewright.spelling import argument
from edgewright.task.result import Observation

MARGIN = 0.1
"""The share of a box's width and height that is added on each side where nobody says another one."""

_FURTHEST = 10.0

Point = int | str


@dataclass(frozen=True, kw_only=True)
class Crop:
    """The part of a picture that is cut out for a thing that was found in it.

    `margin`: the share of the box's width and height that is added on each side. `square`: both sides become as long as
    the longer one. `shift`: the part is moved right and down by these shares of the box, along its own, turned sides.

    `start` and `end` are two of the thing's keypoints, by name or place: the part is turned so that the way from one to
    the other goes at an angle of `degrees` in the crop, counted anticlockwise from the right: 90 is up, as for a palm's
    wrist and middle finger; 0 is to the right, as for two eyes. With `circle` the part is the square about `start`
    whose sides `end` would touch, whatever the box; the margin and shift are then of that square. Without `start`, a
    box that has an angle of its own turns the part.

    Source of turn, shift and square: MediaPipe's `DetectionsToRectsCalculator`, `AlignmentPointsRectsCalculator` and
    `RectTransformationCalculator`, whose scale is 1 + 2 * margin. Its palm to hand: start 0, end 2, margin 0.8, shift
    (0, -0.5), square; its pose: start 0, end 1, circle, margin 0.125; its face: start 0, end 1, degrees 0, margin 0.25,
    square.

    Raises `UsageError` for numbers that cut nothing out.

    >>> wider = ew.Crop(margin=0.3, square=True)
    >>> describe = ew.chain("faces.tflite", "mobilenet.tflite", crop=wider)
    >>> len(describe("portrait.bmp"))
    1
    """

    margin: float = MARGIN
    square: bool = False
    shift: tuple[float, float] = (0.0, 0.0)
    start: Point | None = None
    end: Point | None = None
    degrees: float = 90.0
    circle: bool = False

    def __post_init__(self) -> None:
        if not -0.5 < self.margin <= _FURTHEST:
            raise UsageError(
                f"{argument('margin')} is {self.margin}; more than -0.5 and at most {_FURTHEST:g} is possible"
            )
        if not all(abs(share) <= _FURTHEST for share in self.shift) or not math.isfinite(self.degrees):
            raise UsageError(f"a shift of {self.shift} and {self.degrees} degrees cut nothing out")
        if (self.start is None) != (self.end is None) or (self.circle and self.start is None):
            raise UsageError("a crop is turned by two keypoints: give start and end")

    def of(self, thing: Observation, picture: tuple[int, int]) -> Placement | None:
        """The part of a picture of (height, width); None where the thing has no place in it."""
        box = self._box(thing)
        if box is None:
            return None
        angle = self._angle(thing, box.angle)
        width, height = box.width, box.height
        x, y = box.center
        right, down = self.shift[0] * width, self.shift[1] * height
        x += right * math.cos(angle) - down * math.sin(angle)
        y += right * math.sin(angle) + down * math.cos(angle)
        if self.square:
            width = height = max(width, height)
        across, below = width * (0.5 + self.margin), height * (0.5 + self.margin)
        return part_of(Box(x - across, y - below, x + across, y + below, angle), picture)

    def _box(self, thing: Observation) -> Box | None:
        if not self.circle:
            return thing.box
        (x, y), end = self._point(thing, self.start), self._point(thing, self.end)
        radius = math.dist((x, y), end)
        return Box(x - radius, y - radius, x + radius, y + radius)

    def _angle(self, thing: Observation, own: float) -> float:
        """By how much the part is turned clockwise, in radians from -pi to pi."""
        if self.start is None:
            return own
        (x0, y0), (x1, y1) = self._point(thing, self.start), self._point(thing, self.end)
        turned = math.radians(self.degrees) - math.atan2(y0 - y1, x1 - x0)
        return turned - 2 * math.pi * math.floor((turned + math.pi) / (2 * math.pi))

    def _point(self, thing: Observation, point: Point | None) -> tuple[float, float]:
        """A keypoint, (x, y) in pixels. Raises `UsageError` where the first model does not give it."""
        names = thing.keypoints.names if thing.keypoints is not None else ()
        place = names.index(point) if point in names else point
        if thing.keypoints is None or not isinstance(place, int) or not 0 <= place < len(names):
            there = f"its keypoints are {', '.join(names)}" if names else "it gives none"
            raise UsageError(f"the crop is turned by the keypoint {point!r} of the first model, and {there}")
        x, y, _ = thing.keypoints.points[place].tolist()
        return x, y

    __repr__ = brief
