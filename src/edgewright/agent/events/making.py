"""From what the worker says to events: each result, or what the rules make of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgewright.agent.capture.frame import Frame
from edgewright.agent.events.event import Event, about_agent
from edgewright.agent.events.rules.rule import Rule, RuleState
from edgewright.agent.events.sighting import Sighting, shortened


class EventMaker:
    """Without rules every result is an event; with rules, only what they ask for. A broken picture always is one."""

    def __init__(self, source: str, rules: Sequence[Rule]) -> None:
        self._source = source
        self._rules = [RuleState(rule) for rule in rules]

    def events(self, frame: Frame, sighting: Sighting) -> tuple[Event, ...]:
        """The events of one picture; no text in them is longer than `sighting.LONGEST`."""
        named: dict[str, Any] = {"picture": shortened(frame.name)} if frame.name else {}
        if sighting.error is not None:
            return (about_agent("picture refused", frame.captured_s, **named, error=shortened(sighting.error)),)
        if not self._rules:
            return (Event(self._source, "result", frame.captured_s, sighting.result, facts=named),)
        return tuple(self._of_rules(frame, sighting, named))

    def _of_rules(self, frame: Frame, sighting: Sighting, named: dict[str, Any]) -> Iterator[Event]:
        for rule in self._rules:
            observation = rule.look(sighting, frame.captured_s)
            if observation is None:
                continue
            seen = shortened(observation.to_dict())
            # Where receivers looked for them before there was an observation.
            facts = {**named, "label": seen["label"], "score": seen["score"]}
            yield Event(
                self._source, "rule", frame.captured_s, sighting.result, facts=facts, rule=rule.name, observation=seen
            )
