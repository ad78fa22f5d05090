"""From what the worker says to events: each result, or what the rules make of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from edgewright.agent.capture.frame import Frame
from edgewright.agent.events.event import Event, about_agent
from edgewright.agent.events.rules.predicate import Moment
from edgewright.agent.events.rules.rule import Rule, RuleState
from edgewright.agent.events.sighting import Sighting, shortened
from edgewright.task import Observation


class EventMaker:
    """Without rules every result is an event; with rules, only what they ask for. A broken picture always is one."""

    def __init__(self, source: str, rules: Sequence[Rule]) -> None:
        self._source = source
        self._is_all = not rules
        self._rules = [RuleState(rule) for rule in rules if not rule.sources or source in rule.sources]

    def events(self, frame: Frame, sighting: Sighting) -> tuple[Event, ...]:
        """The events of one picture; no text in them is longer than `sighting.LONGEST`."""
        named: dict[str, Any] = {"picture": shortened(frame.name)} if frame.name else {}
        if frame.position is not None:
            named["position"] = frame.position.to_dict()
        if sighting.error is not None:
            return (about_agent("picture refused", frame.captured_s, **named, error=shortened(sighting.error)),)
        make = partial(Event, self._source, captured_s=frame.captured_s, result=sighting.result, facts=named)
        if self._is_all:
            return (make("result", observation=_plain(sighting.best[0]) if sighting.best else None),)
        moment = Moment((), frame.captured_s, frame.started_s, source=self._source)
        seen = [(rule, rule.look(sighting, moment)) for rule in self._rules]
        return tuple(
            make("rule", rule=rule.name, observation=_plain(matching[0]))
            for rule, matching in seen
            if matching and rule.fires(frame.captured_s)
        )


def _plain(observation: Observation) -> dict[str, Any]:
    return dict(shortened(observation.to_dict()))
