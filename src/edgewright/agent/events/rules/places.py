"""Predicates of places: what is in a zone, stays, comes, goes, and crosses a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from edgewright.agent.events.places.place import Anchor, Direction, check_anchor
from edgewright.agent.events.places.presence import Presence
from edgewright.agent.events.rules.predicate import Moment
from edgewright.task import Observation


class InZone:
    """Things in a zone: what is tracked, from when it came until it has left; else what is there now."""

    labels = ()

    def __init__(self, zone: str, point: Anchor = "bottom") -> None:
        check_anchor(point)
        self._zone = zone
        self._point: Anchor = point
        self._inside = 0

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those that are inside."""
        presence = moment.places.presence(self._zone, self._point)
        inside = [thing for thing in matching if _is_in(presence, thing, moment)]
        self._inside = len(inside)
        return inside

    def place(self, thing: Observation) -> Mapping[str, Any]:
        """The zone, and how many that match were inside."""
        return {"zone": self._zone, "inside": self._inside}


class Stays:
    """Things that have been in a zone for `seconds`, or without one in the picture, seen in each of them or not."""

    labels = ()
    needs_tracks = True

    def __init__(self, seconds: float, zone: str | None = None, point: Anchor = "bottom") -> None:
        check_anchor(point)
        if not (math.isfinite(seconds) and seconds > 0):
            raise ValueError(f"stays: {seconds} s, expected more than 0")
        self._seconds = seconds
        self._zone = zone
        self._point: Anchor = point

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those that have been there for so long."""
        where = moment.places if self._zone is None else moment.places.presence(self._zone, self._point)
        there = [(thing, where.since(thing.track)) for thing in matching]
        return [thing for thing, since in there if since is not None and moment.time_s - since >= self._seconds]


class Passes:
    """Things that have come into a zone with this picture, or have left it; what ends in it has left."""

    labels = ()
    needs_tracks = True
    is_moment = True

    def __init__(self, zone: str, point: Anchor, *, out: bool) -> None:
        check_anchor(point)
        self._zone = zone
        self._point: Anchor = point
        self._inside = 0
        self.sees_ended = out

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those that have."""
        presence = moment.places.presence(self._zone, self._point)
        self._inside = sum(presence.since(thing.track) is not None for thing in matching)
        passed = presence.left if self.sees_ended else presence.entered
        return [thing for thing in matching if thing.track in passed]

    def place(self, thing: Observation) -> Mapping[str, Any]:
        """The zone, and how many that match were inside then."""
        return {"zone": self._zone, "inside": self._inside}


def enters(zone: str, point: Anchor = "bottom") -> Passes:
    """The predicate of what comes into a zone."""
    return Passes(zone, point, out=False)


def leaves(zone: str, point: Anchor = "bottom") -> Passes:
    """The predicate of what leaves a zone."""
    return Passes(zone, point, out=True)


class Crosses:
    """Things that have crossed a line with this picture, in one direction or, without, in either."""

    labels = ()
    needs_tracks = True
    is_moment = True

    def __init__(self, line: str, direction: Direction | None = None, point: Anchor = "bottom") -> None:
        check_anchor(point)
        if direction is not None and direction not in get_args(Direction):
            raise ValueError(f"direction: {direction!r}. Choose one of: {', '.join(get_args(Direction))}")
        self._line = line
        self._direction = direction
        self._crossed: Mapping[int, Direction] = {}
        self._counts: Mapping[str, int] = {}

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those that have."""
        line = moment.places.line(self._line)
        self._crossed, self._counts = line.crossed, line.counts
        return [thing for thing in matching if self._holds(thing)]

    def place(self, thing: Observation) -> Mapping[str, Any]:
        """The line, which way, and how many crossed it each way up to then."""
        return {"line": self._line, "direction": self._crossed.get(thing.track or 0), "counts": dict(self._counts)}

    def _holds(self, thing: Observation) -> bool:
        direction = None if thing.track is None else self._crossed.get(thing.track)
        return direction is not None and self._direction in (None, direction)


def _is_in(presence: Presence, thing: Observation, moment: Moment) -> bool:
    if thing.track is not None:
        return presence.since(thing.track) is not None
    return moment.size is not None and presence.covers(thing, moment.size)
