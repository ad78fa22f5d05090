"""How many things crossed a line, each way, and which did with this picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edgewright.agent.events.places.geometry import Edge, Point, crossings, distance
from edgewright.agent.events.places.place import Anchor, Direction, Line, Size
from edgewright.agent.events.places.scene import Scene

# A thing is on a side of the line once it is off it by this share of its size. Boxes tremble by some percent of that:
# what stands on the line is on neither side, and on the one where it was.
MARGIN = 0.2


@dataclass(slots=True)
class _Way:
    """A track's last point; and what its steps over the line came to since it was last off the line."""

    point: Point
    was_off: bool
    balance: int = 0


class Crossings:
    """One line and one point of boxes, looked at with every picture.

    `inward` and `outward` are how many crossed it in each direction; `crossed` are the tracks that did with the last
    picture, and which way. A track has crossed when it was off the line, led over it between its ends, and is off it
    again: steps over it and back are none.
    """

    def __init__(self, line: Line, anchor: Anchor, inward: int = 0, outward: int = 0) -> None:
        self.line = line
        self.anchor: Anchor = anchor
        self.inward = inward
        self.outward = outward
        self.crossed: dict[int, Direction] = {}
        self._ways: dict[int, _Way] = {}
        self._size: Size | None = None
        self._edges: list[Edge] = []

    @property
    def counts(self) -> dict[str, int]:
        """Plain values: how many went "in" and "out"."""
        return {"in": self.inward, "out": self.outward}

    def look(self, scene: Scene, counted: Collection[int]) -> bool:
        """Take note of a picture; of its tracks those `counted` count. Whether the counts changed."""
        self.crossed = {}
        for track in scene.ended_tracks:
            self._ways.pop(track, None)
        if scene.size is not None:
            self._fit(scene.size)
            for track, point, extent in scene.spots(self.anchor):
                self._step(track, point, extent)
        ways = [way for track, way in self.crossed.items() if track in counted]
        self.inward += ways.count("in")
        self.outward += ways.count("out")
        return bool(ways)

    def _step(self, track: int, point: Point, extent: float) -> None:
        is_off = distance(self._edges, point) > MARGIN * extent
        way = self._ways.get(track)
        if way is None:
            self._ways[track] = _Way(point, is_off)
            return
        way.balance += crossings(self._edges, (way.point, point))
        way.point = point
        if not is_off:
            return
        if way.balance and way.was_off:
            self.crossed[track] = "in" if way.balance > 0 else "out"
        way.was_off, way.balance = True, 0

    def _fit(self, size: Size) -> None:
        """Take the line for pictures of a size; where that changes, as of pictures of a folder, ways begin anew."""
        if size != self._size:
            self._size, self._edges = size, self.line.way(size)
            self._ways.clear()
