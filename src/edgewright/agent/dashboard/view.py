"""What the page shows of one picture, and what is drawn over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edgewright.media import Box, Keypoints
from edgewright.task import Observation

# So many things of one picture are drawn; a model may say a thousand.
MOST = 100


@dataclass(frozen=True, slots=True)
class View:
    """What was seen in one picture, or in a window of a sound or series.

    `number` counts the pictures of its `source`; `captured_s` is wall-clock time in seconds since 1970. `size` is
    (height, width) of the picture in pixels, in which the boxes of `observations` are; None where there is no picture.
    `took_s`: what the model took; `said`: the result in one line.
    """

    source: str
    number: int
    captured_s: float
    size: tuple[int, int] | None = None
    observations: Sequence[Observation] = ()
    took_s: float = 0.0
    said: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the page; all places are shares of the picture, (0, 0) its upper left corner."""
        return {
            "source": self.source,
            "number": self.number,
            "captured_s": self.captured_s,
            "size": self.size,
            "took_s": self.took_s,
            "said": self.said,
            "observations": [_plain(one, self.size) for one in self.observations[:MOST]],
        }


@dataclass(frozen=True, slots=True)
class Shape:
    """A zone or a line over a source's pictures: `points` (x, y) in shares of the picture; "" is every source."""

    kind: Literal["zone", "line"]
    name: str
    points: tuple[tuple[float, float], ...]
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the page."""
        return {"kind": self.kind, "name": self.name, "points": self.points, "source": self.source}


def _plain(seen: Observation, size: tuple[int, int] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"label": seen.label, "score": seen.score}
    if seen.track is not None:
        told["track"] = seen.track
    if size is not None and seen.box is not None:
        told["corners"] = _corners(seen.box, size)
    if size is not None and seen.keypoints is not None:
        told["points"] = _points(seen.keypoints, size)
    return told


def _corners(box: Box, size: tuple[int, int]) -> list[list[float]]:
    """The four corners, clockwise from the upper left one: a box may be turned."""
    return [_share(x, y, size) for x, y in box.corners]


def _points(keypoints: Keypoints, size: tuple[int, int]) -> list[list[float]]:
    return [[*_share(float(x), float(y), size), round(float(score), 3)] for x, y, score in keypoints.points]


def _share(x: float, y: float, size: tuple[int, int]) -> list[float]:
    height, width = size
    return [round(x / width, 5), round(y / height, 5)]
