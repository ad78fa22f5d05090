"""The places of one source, and all that is known of the tracks in its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edgewright.agent.events.places.crossing import Crossings
from edgewright.agent.events.places.place import Anchor, Line, Zone
from edgewright.agent.events.places.presence import Presence
from edgewright.agent.events.places.scene import Scene
from edgewright.errors import UsageError
from edgewright.task import Observation

KEPT = "line/"
"""What the names of kept counts begin with."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Which things a line counts: with one of the `labels`, () for any, that once had this score; by this point."""

    labels: tuple[str, ...] = ()
    score: float = 0.0
    point: Anchor = "bottom"


@dataclass(slots=True)
class _Known:
    """A track: its labels, two models may say two; the best of its scores, and when it was first confirmed."""

    labels: set[str]
    best: float
    since_s: float


class Places:
    """Zones and lines of a source, looked at with every picture, before its rules are.

    `counted`: by the name of a line, what it counts, which is what its rules look for; a line of no rule counts all
    that is tracked. `kept`: counts of a former run, as `kept()` gave them.
    """

    def __init__(
        self,
        zones: Iterable[Zone] = (),
        lines: Iterable[Line] = (),
        *,
        counted: Mapping[str, Sequence[Counted]] | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> None:
        self._zones = {zone.name: zone for zone in zones}
        self._counted = {line.name: tuple((counted or {}).get(line.name, ())) or (Counted(),) for line in lines}
        self._lines = {line.name: self._crossings(line, kept or {}) for line in lines}
        self._presences: dict[tuple[str, Anchor], Presence] = {}
        self._tracks: dict[int, _Known] = {}
        self._changed: set[str] = set()
        self._scene = Scene()

    @property
    def names(self) -> frozenset[str]:
        """Those of all zones and lines."""
        return frozenset({*self._zones, *self._lines})

    @property
    def lines(self) -> tuple[Crossings, ...]:
        """Its lines with their counts."""
        return tuple(self._lines.values())

    def look(self, scene: Scene) -> None:
        """Take note of a picture."""
        for track in self._scene.ended_tracks:  # what ended with this picture is still asked about
            self._tracks.pop(track, None)
        self._scene = scene
        for thing in scene.things:
            self._know(thing, scene.time_s)
        for presence in self._presences.values():
            presence.look(scene)
        for name, crossings in self._lines.items():
            if crossings.look(scene, self._that_count(self._counted[name])):
                self._changed.add(name)

    def presence(self, name: str, point: Anchor) -> Presence:
        """Who is in a zone, by a point of the boxes; it has to be asked for with the first picture.

        Raises `UsageError` where there is no such zone.
        """
        found = self._presences.get((name, point))
        if found is None:
            if name not in self._zones:
                raise UsageError(f"there is no zone {name!r}")
            found = self._presences[name, point] = Presence(self._zones[name], point)
            found.look(self._scene)
        return found

    def line(self, name: str) -> Crossings:
        """A line; raises `UsageError` where there is none of this name."""
        if name not in self._lines:
            raise UsageError(f"there is no line {name!r}")
        return self._lines[name]

    def best_score(self, thing: Observation) -> float:
        """The best score of a thing's track up to now; of what is not tracked its score."""
        known = None if thing.track is None else self._tracks.get(thing.track)
        return thing.score if known is None else max(known.best, thing.score)

    def since(self, track: int | None) -> float | None:
        """When a track was first confirmed, in seconds of the tracks' clock; None where it is none."""
        known = None if track is None else self._tracks.get(track)
        return None if known is None else known.since_s

    def kept(self) -> dict[str, str]:
        """The counts that changed since this was asked before, by the name that they are kept under."""
        changed, self._changed = self._changed, set()
        return {f"{KEPT}{name}": json.dumps(self._lines[name].counts) for name in sorted(changed)}

    def _know(self, thing: Observation, time_s: float) -> None:
        if thing.track is None:
            return
        known = self._tracks.get(thing.track)
        if known is None:
            self._tracks[thing.track] = _Known({thing.label}, thing.score, time_s)
            return
        known.labels.add(thing.label)
        known.best = max(known.best, thing.score)

    def _that_count(self, counted: Iterable[Counted]) -> set[int]:
        return {
            track
            for one in counted
            for track, known in self._tracks.items()
            if known.best >= one.score and (not one.labels or not known.labels.isdisjoint(one.labels))
        }

    def _crossings(self, line: Line, kept: Mapping[str, str]) -> Crossings:
        inward, outward = counts_of(kept.get(f"{KEPT}{line.name}", ""))
        return Crossings(line, self._counted[line.name][0].point, inward, outward)


def counts_of(text: str) -> tuple[int, int]:
    """How many crossed a line, (in, out), of what `kept` wrote; from anything else counting begins anew."""
    try:
        told = json.loads(text)
        return max(int(told["in"]), 0), max(int(told["out"]), 0)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return 0, 0
