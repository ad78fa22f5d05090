"""Who is in a zone, since when, and who came and left with this picture."""

from __future__ import annotations

from dataclasses import dataclass

from edgewright.agent.events.places.geometry import Edge, contains, distance
from edgewright.agent.events.places.place import Anchor, Size, Zone, point_of
from edgewright.agent.events.places.scene import Scene
from edgewright.task import Observation

# A thing has left when it was outside by this share of its size in so many pictures in a row, or once by three times
# as much: boxes tremble by some percent of their size, and who stands at the border is not to come and go.
MARGIN = 0.2
_IN_A_ROW = 3
_FAR = 3 * MARGIN

# What is there when an agent starts has not come in; a track takes some pictures until it is one.
_BEGINNING_S = 2.0


@dataclass(slots=True)
class _Stay:
    since_s: float
    outside: int = 0


class Presence:
    """One zone and one point of boxes, looked at with every picture.

    `entered` and `left` are the tracks that did so with the last picture. A track that is seen inside at first has
    entered, unless that is as the agent starts; one that ends inside has left.
    """

    def __init__(self, zone: Zone, anchor: Anchor) -> None:
        self._zone = zone
        self._anchor = anchor
        self._inside: dict[int, _Stay] = {}
        self._outside: set[int] = set()
        self._size: Size | None = None
        self._outline: list[Edge] = []
        self._began_s: float | None = None
        self.entered: set[int] = set()
        self.left: set[int] = set()

    def covers(self, thing: Observation, size: Size) -> bool:
        """Whether a thing is in the zone at this moment, whatever was before."""
        return thing.box is not None and contains(self._edges(size), point_of(thing.box, self._anchor, size))

    def look(self, scene: Scene) -> None:
        """Take note of a picture."""
        self.entered, self.left = set(), set()
        if self._began_s is None:
            self._began_s = scene.time_s
        for track in scene.ended_tracks:
            self._outside.discard(track)
            if self._inside.pop(track, None) is not None:
                self.left.add(track)
        if scene.size is None:
            return
        outline = self._edges(scene.size)
        for track, point, extent in scene.spots(self._anchor):
            is_inside = contains(outline, point)
            if (stay := self._inside.get(track)) is not None:
                off = 0.0 if is_inside else distance(outline, point) / max(extent, 1.0)
                self._may_leave(track, stay, off)
            elif is_inside:
                self._enter(track, scene.time_s)
            else:
                self._outside.add(track)

    def since(self, track: int | None) -> float | None:
        """When a track entered, in seconds of the tracks' clock; None where it is not inside."""
        stay = None if track is None else self._inside.get(track)
        return None if stay is None else stay.since_s

    def _enter(self, track: int, time_s: float) -> None:
        self._inside[track] = _Stay(time_s)
        was_outside = track in self._outside
        self._outside.discard(track)
        if was_outside or time_s - (self._began_s or 0.0) >= _BEGINNING_S:
            self.entered.add(track)

    def _may_leave(self, track: int, stay: _Stay, off: float) -> None:
        """`off`: how far it is outside, in shares of its size."""
        stay.outside = stay.outside + 1 if off > MARGIN else 0
        if stay.outside >= _IN_A_ROW or off > _FAR:
            del self._inside[track]
            self._outside.add(track)
            self.left.add(track)

    def _edges(self, size: Size) -> list[Edge]:
        if size != self._size:
            self._size, self._outline = size, self._zone.outline(size)
        return self._outline
