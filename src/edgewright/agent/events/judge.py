"""From an answer to events: each result, or what the rules make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.agent.capture.frame import Frame
from edgewright.agent.events.answer import Answer, shortened
from edgewright.agent.events.event import Event, about_agent
from edgewright.agent.events.rules import Rule, RuleState


class Judge:
    """Without rules every result is an event; with rules, only what they ask for. A broken picture always is one."""

    def __init__(self, source: str, rules: Sequence[Rule]) -> None:
        self._source = source
        self._rules = [RuleState(rule) for rule in rules]

    def events(self, frame: Frame, answer: Answer) -> tuple[Event, ...]:
        """The events of one picture; no text in them is longer than `answer.LONGEST`."""
        named: dict[str, Any] = {"picture": shortened(frame.name)} if frame.name else {}
        if answer.error is not None:
            return (about_agent("picture refused", frame.captured_s, **named, error=shortened(answer.error)),)
        told = {**named, **shortened(answer.body)}
        if not self._rules:
            return (Event(self._source, "result", frame.captured_s, told),)
        found = [rule.look(answer.scores, frame.captured_s) for rule in self._rules]
        return tuple(
            Event(
                self._source,
                "rule",
                frame.captured_s,
                {"rule": match.rule, "label": shortened(match.label), "score": match.score, **told},
            )
            for match in found
            if match
        )
