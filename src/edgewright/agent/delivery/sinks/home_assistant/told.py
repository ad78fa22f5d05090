"""What Home Assistant was told at a broker, remembered from run to run, so that nothing stays behind there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edgewright.agent.delivery.database import StorageError
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.delivery.sinks.home_assistant.payloads import Component, topics
from edgewright.agent.delivery.sinks.home_assistant.watching import Memory


@dataclass(frozen=True, slots=True)
class Told:
    """`discovery`: the topic of the device; `platforms` of its entities by key; `topics` with what they retain."""

    discovery: str
    platforms: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()

    @classmethod
    def of(cls, discovery: str, components: Mapping[str, Component]) -> Told:
        """What is told with these entities."""
        platforms = {key: component["platform"] for key, component in components.items()}
        return cls(discovery, platforms, tuple(topics(components)))

    def with_those_of(self, other: Told) -> Told:
        """Both together, while it is not known which of them the broker has."""
        every = tuple(dict.fromkeys((*self.topics, *other.topics)))
        return replace(self, platforms={**other.platforms, **self.platforms}, topics=every)


class ToldMemory:
    """Remembers what was told at one broker. A disk that does not take it costs no more than what stays behind."""

    def __init__(self, memory: Memory, broker: str) -> None:
        self._memory = memory
        self._name = f"home_assistant/{broker}"
        self._kept: Told | None = None
        with contextlib.suppress(StorageError):
            self._kept = _read(memory.kept(self._name).get(self._name))

    @property
    def told(self) -> Told | None:
        """What may be at the broker; None for nothing."""
        return self._kept

    def keep(self, told: Told | None) -> None:
        """Remember; it is on the disk when this returns, unless that refuses."""
        if told == self._kept:
            return
        self._kept = told
        text = None if told is None else json.dumps([told.discovery, dict(told.platforms), told.topics])
        with contextlib.suppress(StorageError):
            self._memory.append([Entry("agent", kept={self._name: text})])


def _read(text: str | None) -> Told | None:
    """What was kept, nothing where it is damaged."""
    try:
        discovery, platforms, named = json.loads(text or "")
        return Told(str(discovery), {str(key): str(value) for key, value in platforms.items()}, tuple(map(str, named)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
