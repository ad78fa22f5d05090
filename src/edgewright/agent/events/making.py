"""From what the worker says to events: each result, or what the rules make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from edgewright.agent.capture.frame import Frame
from edgewright.agent.events.event import Event, about_agent
from edgewright.agent.events.lives.lives import Lives
from edgewright.agent.events.lives.visit import Now
from edgewright.agent.events.places.place import Line, Place, Zone
from edgewright.agent.events.places.places import Counted, Places
from edgewright.agent.events.places.scene import Scene
from edgewright.agent.events.rules.predicate import Moment
from edgewright.agent.events.rules.rule import Rule, RuleState
from edgewright.agent.events.sighting import Sighting, shortened
from edgewright.task import Observation


class EventMaker:
    """Without rules every result is an event; with rules, only what they ask for. A broken picture always is one.

    `places` are the zones and lines of the source; a rule about others is not for it. `kept`: what former runs kept.
    `has_lives`: that rules make visits, unless they say otherwise; `lost_s`: how long one may not be seen meanwhile.
    """

    def __init__(
        self,
        source: str,
        rules: Sequence[Rule],
        places: Sequence[Place] = (),
        kept: Mapping[str, str] | None = None,
        *,
        has_lives: bool = False,
        lost_s: float = 2.0,
    ) -> None:
        self._source = source
        self._is_all = not rules
        names = {place.name for place in places}
        mine = [
            rule for rule in rules if (not rule.sources or source in rule.sources) and names.issuperset(rule.places)
        ]
        self._rules = [RuleState(rule) for rule in mine]
        zones = [place for place in places if isinstance(place, Zone)]
        lines = [place for place in places if isinstance(place, Line)]
        self._places = Places(zones, lines, counted=_counted(mine), kept=kept)
        living = [rule for rule in mine if rule.has_life(usual=has_lives)]
        self._living = {rule.name for rule in living}
        self.lives = Lives(source, living, lost_s=lost_s, kept=kept)

    def events(self, frame: Frame, sighting: Sighting) -> tuple[Event, ...]:
        """The events of one picture; no text in them is longer than `sighting.LONGEST`."""
        named: dict[str, Any] = {"picture": shortened(frame.name)} if frame.name else {}
        if frame.position is not None:
            named["position"] = frame.position.to_dict()
        if sighting.error is not None:
            return (about_agent("picture refused", frame.captured_s, **named, error=shortened(sighting.error)),)
        moment = self._moment(frame, sighting)
        make = partial(Event, self._source, captured_s=frame.captured_s, result=sighting.result, facts=named)
        if self._is_all:
            return (make("result", observation=_plain(sighting.best[0]) if sighting.best else None),)
        now = _now(frame, sighting, named)
        events: list[Event] = []
        for rule in self._rules:
            matching = rule.look(sighting, moment)
            if rule.name in self._living:
                events += self.lives.look(rule, matching, now, partial(_others, rule, sighting))
            else:
                events += _at_once(rule, matching, now.rests_by_s, make)
        return tuple(events)

    def kept(self) -> dict[str, str | None]:
        """What has changed, since this was asked before, of what the next run is to know."""
        return {**self._places.kept(), **self.lives.kept()}

    def _moment(self, frame: Frame, sighting: Sighting) -> Moment:
        """The moment, with its observations still to come; the places take note of it."""
        if sighting.is_tracked:
            self._places.look(Scene(sighting.tracks, sighting.ended, sighting.size, frame.time_s, sighting.began))
        return Moment((), frame.captured_s, frame.time_s, size=sighting.size, source=self._source, places=self._places)


def _now(frame: Frame, sighting: Sighting, facts: Mapping[str, Any]) -> Now:
    """What visits see of a picture beside what matches."""
    seen, ended = (
        frozenset(thing.track for thing in things if thing.track is not None)
        for things in (sighting.tracks, sighting.ended)
    )
    has_clock = frame.position is not None and frame.position.seconds is not None
    return Now(frame.captured_s, frame.time_s, has_clock, sighting.size, facts, seen, ended, frame.lasts_s)


def _others(rule: RuleState, sighting: Sighting, thing: Observation) -> dict[str, Any]:
    """What else an event of a visit says of a picture."""
    return {"result": sighting.result, "place": rule.place_of(thing)}


def _at_once(
    rule: RuleState, matching: Sequence[Observation], now_s: float, make: Callable[..., Event]
) -> Iterator[Event]:
    """The events of a rule without a life: of what holds for an instant each has its own, else the best one has."""
    for thing in matching if rule.rule.is_moment else matching[:1]:
        if rule.fires(now_s):
            yield make("rule", rule=rule.name, place=rule.place_of(thing), observation=_plain(thing))


def _counted(rules: Sequence[Rule]) -> dict[str, list[Counted]]:
    """What each line counts: what the rules look for that are about it."""
    counted: dict[str, list[Counted]] = {}
    for rule in rules:
        if rule.crosses is not None:
            counted.setdefault(rule.crosses, []).append(Counted(rule.labels, rule.usual_score, rule.point))
    return counted


def _plain(observation: Observation) -> dict[str, Any]:
    return dict(shortened(observation.to_dict()))
