"""What places look at: the tracks of one picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from edgewright.agent.events.places.geometry import Point
from edgewright.agent.events.places.place import Anchor, Size, extent_of, point_of
from edgewright.media import Box
from edgewright.task import Observation

Spot = tuple[int, Point, float]
"""A track, its point in pixels, and what margins are shares of."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Confirmed tracks of a picture, `things`, and those that `ended` before it, as they were last seen.

    `began`: where those tracks were seen first that are confirmed with this picture; a thing was there before anybody
    was sure of it. `time_s` is of the clock that tracks go by; `size` is (height, width) of the picture, None where
    there is none.
    What has no box or no track is nowhere.
    """

    things: Sequence[Observation] = ()
    ended: Sequence[Observation] = ()
    size: Size | None = None
    time_s: float = 0.0
    began: Mapping[int, Box] = field(default_factory=dict)
    _spots: dict[Anchor, list[Spot]] = field(init=False, repr=False, default_factory=dict)
    ended_tracks: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        gone = tuple(thing.track for thing in self.ended if thing.track is not None)
        object.__setattr__(self, "ended_tracks", gone)

    def spots(self, anchor: Anchor) -> list[Spot]:
        """Where each track is by a point of its box; one that is confirmed with this picture also where it began."""
        if self.size is None:
            return []
        if anchor not in self._spots:
            self._spots[anchor] = list(self._found(anchor, self.size))
        return self._spots[anchor]

    def _found(self, anchor: Anchor, size: Size) -> Iterator[Spot]:
        for thing in self.things:
            track, box = thing.track, thing.box
            if track is None or box is None:
                continue
            if (first := self.began.get(track)) is not None:
                yield track, point_of(first, anchor, size), extent_of(first)
            yield track, point_of(box, anchor, size), extent_of(box)
