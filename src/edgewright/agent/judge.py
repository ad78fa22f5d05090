"""From an answer to events: each result, or what the rules make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.agent.answer import Answer
from edgewright.agent.event import Event, about_agent
from edgewright.agent.frame import Frame
from edgewright.agent.rules import Rule, RuleState


class Judge:
    """Without rules every result is an event; with rules, only what they ask for. A broken picture always is one."""

    def __init__(self, source: str, rules: Sequence[Rule]) -> None:
        self._source = source
        self._rules = [RuleState(rule) for rule in rules]

    def events(self, frame: Frame, answer: Answer) -> tuple[Event, ...]:
        """The events of one picture."""
        named: dict[str, Any] = {"picture": frame.name} if frame.name else {}
        if answer.error is not None:
            return (about_agent("picture refused", frame.captured_s, **named, error=answer.error),)
        if not self._rules:
            return (Event(self._source, "result", frame.captured_s, {**named, **answer.body}),)
        found = [rule.look(answer.scores, frame.captured_s) for rule in self._rules]
        return tuple(
            Event(
                self._source,
                "rule",
                frame.captured_s,
                {"rule": match.rule, "label": match.label, "score": match.score, **named, **answer.body},
            )
            for match in found
            if match
        )
