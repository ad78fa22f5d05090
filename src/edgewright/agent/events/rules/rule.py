"""Rules: a name, the predicates that must hold, and a pause after each event."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edgewright.agent.events.places.place import Anchor, Direction
from edgewright.agent.events.rules.hours import Hours
from edgewright.agent.events.rules.predicate import Moment, Predicate, predicates
from edgewright.agent.events.sighting import Sighting
from edgewright.errors import EdgewrightError
from edgewright.task import Observation

_USUAL_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """An event whenever one of `labels` has at least `score`.

    Without a `score` that is 0.5, and of sounds and series what their model says of itself.

    `count`: at least so many observations of one picture must match. `seen` of the last `of` results must say so, this
    one included. After an event there is none of this rule for `cooldown_s` seconds; without a cool-down every result
    brings one for as long as the rule holds. `hours`: only at this time of the day. `predicates`: further ones, of
    other packages, by name, each with its keyword arguments; with them `labels` may be empty: then they see the best
    observations, as many as an event carries. `sources`: only what these see, by their names; all of them without.

    `zone`: only what is in the zone of this name, and `stays_s`: only what has been there for so many seconds, or in
    the picture where no zone is named. `enters`, `leaves`: when something comes into a zone, or goes; `crosses`: when
    it crosses a line, with a `direction` only "in" or "out". `point` of a box is where a thing is. With them `labels`
    may be empty: then everything counts that has a box. All but `zone` need tracks, which are on then.

    `life`: that what it holds for is one visit, with an event where it begins and one where it ends, and not an event
    for each result; None is so where things are tracked, and for sounds and series. A visit ends when the rule has not
    held for `lost_s` seconds: None is as long as a track may be lost, and of sounds and series no longer than a window.
    Meanwhile it is reported every `update_s` seconds, never where that is infinite. The cool-down holds between visits.

    Raises `ValueError` for what makes no sense, and `UsageError` for a predicate that there is not.
    """

    name: str
    labels: tuple[str, ...] = ()
    score: float | None = None
    seen: int = 1
    of: int = 1
    cooldown_s: float = 0.0
    hours: Hours | None = None
    count: int = 1
    predicates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    zone: str | None = None
    stays_s: float | None = None
    enters: str | None = None
    leaves: str | None = None
    crosses: str | None = None
    direction: Direction | None = None
    point: Anchor = "bottom"
    life: bool | None = None
    update_s: float = 10.0
    lost_s: float | None = None
    asked: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The labels that it needs to know of; () for the best ones, whatever they are."""
    least: float = field(init=False, repr=False, compare=False)
    """The lowest score of those that it needs to know."""
    is_moment: bool = field(init=False, repr=False, compare=False)
    """Whether it holds for an instant, as one that is about crossing a line does."""
    needs_tracks: bool = field(init=False, repr=False, compare=False)
    """Whether things must be tracked for it."""

    def __post_init__(self) -> None:
        if not self.labels and not self.predicates and not self._is_about_places:
            raise ValueError(f"rule {self.name!r}: labels: none given, expected at least one")
        if self.cooldown_s < 0:
            raise ValueError(f"rule {self.name!r}: cooldown: {self.cooldown_s} s, expected at least 0")
        if not self.update_s > 0:
            raise ValueError(f"rule {self.name!r}: update: {self.update_s} s, expected more than 0")
        if self.lost_s is not None and not 0 <= self.lost_s < math.inf:
            raise ValueError(f"rule {self.name!r}: lost: {self.lost_s} s, expected at least 0")
        if problem := self._contradiction():
            raise ValueError(f"rule {self.name!r}: {problem}")
        made = self.make()
        for name in ("is_moment", "needs_tracks"):
            object.__setattr__(self, name, any(getattr(predicate, name, False) for predicate in made))
        if self.life and self.is_moment:
            raise ValueError(f"rule {self.name!r}: life: what holds for an instant has none")
        asking = [predicate for predicate in made if predicate.labels]
        labels = dict.fromkeys(label for predicate in asking for label in predicate.labels)
        object.__setattr__(self, "asked", tuple(labels))
        least = min((getattr(predicate, "least", -math.inf) for predicate in asking), default=math.inf)
        object.__setattr__(self, "least", least)

    def has_life(self, *, usual: bool) -> bool:
        """Whether it makes visits; `usual`: that rules do of what is watched, unless they say otherwise."""
        return not self.is_moment and (usual if self.life is None else self.life)

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones that it is about."""
        return tuple(dict.fromkeys(zone for zone in (self.zone, self.enters, self.leaves) if zone is not None))

    @property
    def places(self) -> tuple[str, ...]:
        """The names of all zones and lines that it is about."""
        return self.zones if self.crosses is None else (*self.zones, self.crosses)

    @property
    def usual_score(self) -> float:
        """The score from which on it holds: what is said, or what is usual."""
        return _USUAL_SCORE if self.score is None else self.score

    def make(self) -> list[Predicate]:
        """Its predicates, in the order in which they look at a picture, with nothing remembered yet."""
        return [self._made(name, table) for name, table in self._tables()]

    def _tables(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield "labels", {"labels": self.labels, "score": self.usual_score}
        if self.zone is not None:
            yield "zone", {"zone": self.zone, "point": self.point}
        if self.stays_s is not None:
            yield "stays", {"seconds": self.stays_s, "zone": self.zone, "point": self.point}
        yield from self.predicates.items()
        yield "count", {"count": self.count}
        yield "seen", {"seen": self.seen, "of": self.of}
        if self.hours is not None:
            yield "hours", {"hours": self.hours}
        # What holds for an instant comes last: it says which of all that matches has its instant now.
        for name, zone in (("enters", self.enters), ("leaves", self.leaves)):
            if zone is not None:
                yield name, {"zone": zone, "point": self.point}
        if self.crosses is not None:
            yield "crosses", {"line": self.crosses, "direction": self.direction, "point": self.point}

    @property
    def _is_about_places(self) -> bool:
        return bool(self.places) or self.stays_s is not None

    def _contradiction(self) -> str:
        """What cannot be meant, in a few words."""
        if self.direction is not None and self.crosses is None:
            return "direction: goes with crosses"
        if self.point != "bottom" and not self.places:
            return "point: goes with a zone or a line"
        if self.zone is not None and self.leaves == self.zone:
            return f"leaves: what leaves {self.zone!r} is not in that zone any more. Take one of the two"
        if sum(one is not None for one in (self.enters, self.leaves, self.crosses)) > 1:
            return "enters, leaves, crosses: one instant for each rule. Write a rule for each"
        return ""

    def _made(self, name: str, table: Mapping[str, Any]) -> Predicate:
        try:
            return predicates.get(name)(**table)
        except (TypeError, ValueError, OverflowError) as error:
            where = f"{name}: " if name in self.predicates else ""
            raise ValueError(f"rule {self.name!r}: {where}{error}") from None


class RuleState:
    """One rule with what it remembers; a restart begins anew."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.name = rule.name
        self._asked = frozenset(rule.asked)
        self._predicates = rule.make()
        self._sees_ended = any(getattr(predicate, "sees_ended", False) for predicate in self._predicates)
        self._placing = [place for predicate in self._predicates if (place := getattr(predicate, "place", None))]
        self._fired_s: float | None = None

    def look(self, sighting: Sighting, moment: Moment) -> Sequence[Observation]:
        """Take note of a picture: all that matches now, the best first; `moment` without its observations is enough.

        Raises `EdgewrightError` where a predicate fails on it.
        """
        moment = replace(moment, observations=self._seen(sighting), ended=self._meant(sighting.ended))
        matching = [*moment.observations, *moment.ended] if self._sees_ended else moment.observations
        for predicate in self._predicates:
            matching = self._kept(predicate, matching, moment)
        return matching

    def place_of(self, observation: Observation) -> Mapping[str, Any] | None:
        """Where the rule held for one of those that matched, as plain values; None where it is about no place."""
        return dict(self._placing[-1](observation)) if self._placing else None

    def fires(self, now_s: float) -> bool:
        """Whether what matches is to be an event; if so the cool-down begins, `now_s` by the clock that it goes by."""
        if self._rests(now_s):
            return False
        self._fired_s = now_s
        return True

    def rest(self, now_s: float) -> None:
        """Let the cool-down begin anew: a visit has ended."""
        self._fired_s = now_s

    def _seen(self, sighting: Sighting) -> Sequence[Observation]:
        if sighting.is_tracked:
            return self._meant(sighting.tracks)
        if not self._asked:
            return sighting.things if self.rule.places else sighting.best
        return self._meant(sighting.observations)

    def _meant(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Those with a label that the rule asks for."""
        return [thing for thing in observations if not self._asked or thing.label in self._asked]

    def _kept(self, predicate: Predicate, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        try:
            return predicate(matching, moment)
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            raise EdgewrightError(f"rule {self.name!r}: {type(predicate).__name__} failed: {what}") from error

    def _rests(self, now_s: float) -> bool:
        """Whether the cool-down goes on; a clock that was put back does not prolong it."""
        return self._fired_s is not None and 0 <= now_s - self._fired_s < self.rule.cooldown_s
