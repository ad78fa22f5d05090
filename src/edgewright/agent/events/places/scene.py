"""What places look at: the tracks of one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edgewright.agent.events.places.place import Size
from edgewright.media import Box
from edgewright.task import Observation


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
    tracks: tuple[tuple[int, Box], ...] = field(init=False)
    ended_tracks: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        there = ((thing.track, thing.box) for thing in self.things)
        tracks = tuple((track, box) for track, box in there if track is not None and box is not None)
        object.__setattr__(self, "tracks", tracks)
        gone = tuple(thing.track for thing in self.ended if thing.track is not None)
        object.__setattr__(self, "ended_tracks", gone)
