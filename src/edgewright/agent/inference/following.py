"""Which things are the same from picture to picture: the stage behind the task, on the agent's side.

It outlives the worker: a model that dies and is started anew costs no track.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgewright.agent.events.sighting import Sighting
from edgewright.errors import UsageError
from edgewright.media import Box
from edgewright.task import Observation

if TYPE_CHECKING:
    from edgewright.task import Tracker

KEPT = "tracks/"
"""What the name of what a follower keeps begins with; the name of its source follows."""

LOST_S = 2.0
"""For so long a thing may be out of sight, where nobody says otherwise."""

# Numbers of tracks are claimed so many at once, and what is left of them at a restart is not used: no number is ever
# used twice, and the disk is not written to for each track.
_CLAIM = 1000


@dataclass(frozen=True, slots=True)
class Tracking:
    """How things are followed; see `edgewright.Tracker`.

    A track is one once it was seen in `hits` pictures, and ends when it was not seen for `lost_s` seconds. Only boxes
    with a score of at least `high` begin one, and those down to `low` may continue it: the model is asked for them,
    whatever its threshold is. `high` is where None the lowest score that a rule wants, `low` no more than that.

    Raises `ValueError` for what makes no sense.
    """

    hits: int = 3
    lost_s: float = LOST_S
    high: float | None = None
    low: float = 0.1

    def __post_init__(self) -> None:
        try:
            self.tracker()
        except UsageError as error:
            raise ValueError(str(error)) from None

    def tracker(self, first: int = 1, score: float = 0.5) -> Tracker:
        """One whose numbers begin with `first`; `score` is the lowest one that a rule wants."""
        from edgewright.task import Tracker

        high = min(max(score, 0.0), 1.0) if self.high is None else self.high
        return Tracker(first=first, hits=self.hits, lost=self.lost_s, high=high, low=self._low(high))

    def least(self, score: float = 0.5) -> float:
        """The lowest score of boxes that it has a use for."""
        return self._low(score if self.high is None else self.high)

    def _low(self, high: float) -> float:
        return min(self.low, high) if self.high is None else self.low


class Follower:
    """Gives the things of one source their tracks. `kept`: what a former run kept, by its name."""

    def __init__(self, tracking: Tracking, source: str, *, score: float = 0.5, kept: Mapping[str, str] | None = None):
        self._name = f"{KEPT}{source}"
        first = _first(kept or {}, self._name)
        self._tracker = tracking.tracker(first, score)
        self._claimed, self._told = first, first
        self._classes: dict[str, int] = {}
        self._last: dict[int, tuple[Observation, ...]] = {}

    def follow(self, sighting: Sighting, time_s: float) -> Sighting:
        """The sighting with the tracks of its things, and those that ended; `time_s` is of the tracks' clock.

        A picture without a result changes nothing.
        """
        if sighting.error is not None:
            return sighting
        boxed = [thing for thing in sighting.found or sighting.things if thing.box is not None]
        boxes = [_upright(thing.box) for thing in boxed if thing.box is not None]
        classes = [self._classes.setdefault(thing.label, len(self._classes)) for thing in boxed]
        ids = self._tracker.update(boxes, [thing.score for thing in boxed], time=time_s, classes=classes).tolist()
        ended = tuple(thing for track in self._tracker.ended for thing in self._last.pop(track, ()))
        things = tuple(_tracked(thing, track) for thing, track in zip(boxed, ids, strict=True))
        self._last.update((thing.track, (thing,)) for thing in things if thing.track is not None)
        if sighting.found:
            things = self._said(things, sighting.things)
        self._claim(max(ids, default=0))
        began = {track: Box(*corners) for track, corners in self._tracker.began.items()}
        best = tuple(_same_among(things, seen) for seen in sighting.best)
        return replace(sighting, things=things, best=best, is_tracked=True, ended=ended, began=began)

    @property
    def has_tracks(self) -> bool:
        """Whether there are any that have not ended."""
        return bool(self._last)

    def _said(self, found: Sequence[Observation], said: Sequence[Observation]) -> tuple[Observation, ...]:
        """What the second of two models says of the things that were found, with their tracks; and these themselves.

        A rule may ask for what either of the two says.
        """
        numbered = [_tracked(thing, first.track or -1) for first, thing in zip(found, said, strict=True)]
        others = [first for first, thing in zip(found, numbered, strict=True) if first.label != thing.label]
        for first, thing in zip(found, numbered, strict=True):
            if thing.track is not None:
                self._last[thing.track] = (thing,) if first.label == thing.label else (thing, first)
        return (*numbered, *others)

    def resume(self, things: Sequence[Observation], time_s: float | None = None) -> None:
        """Go on with tracks of before, as they were last seen; those that are not seen again end as others do."""
        known = [(thing.track, thing.box, thing) for thing in things]
        found = [(track, box, thing) for track, box, thing in known if track is not None and box is not None]
        if not found:
            return
        classes = [self._classes.setdefault(thing.label, len(self._classes)) for *_, thing in found]
        boxes = [_upright(box) for _, box, _ in found]
        self._tracker.resume(boxes, [track for track, *_ in found], time=time_s, classes=classes)
        self._last.update((track, (thing,)) for track, _, thing in found)

    def kept(self) -> dict[str, str | None]:
        """What has changed, since this was asked before, of what the next run is to know."""
        if self._told == self._claimed:
            return {}
        self._told = self._claimed
        return {self._name: json.dumps({"next": self._claimed})}

    def _claim(self, track: int) -> None:
        if track >= self._claimed:
            self._claimed = track + _CLAIM


def _same_among(things: Sequence[Observation], seen: Observation) -> Observation:
    """What was told as one of the best, with its track."""
    return next((thing for thing in things if thing.box == seen.box and thing.label == seen.label), seen)


def _upright(box: Box) -> tuple[float, float, float, float]:
    return (box.bounds if box.angle else box).xyxy


def _tracked(thing: Observation, track: int) -> Observation:
    """The thing with its track; -1 is none."""
    number = None if track < 0 else track
    return Observation(thing.label, thing.score, thing.index, thing.box, thing.keypoints, thing.span, number)


def _first(kept: Mapping[str, str], name: str) -> int:
    """The first number that no run has used."""
    try:
        return max(int(json.loads(kept[name])["next"]), 1)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return 1
