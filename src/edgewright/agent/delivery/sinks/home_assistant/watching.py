"""What Home Assistant is told that an agent watches for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant


@dataclass(frozen=True, slots=True)
class WatchedRule:
    """A rule, by its name.

    `lasts`: what it reports has a beginning and an end (a visit), and is no instant. `zone`: in which it counts;
    `least`: how many it takes at least.
    """

    name: str
    lasts: bool = False
    zone: str | None = None
    least: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What the agent knows at this moment of what lasts and of what is counted.

    `visits`: the ids of the visits that are open, by the name of their rule. `counts`: how many crossed each line, (in,
    out), by its name; a line that is not there is not known.
    """

    visits: Mapping[str, Collection[str]] = field(default_factory=dict)
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watching:
    """What one agent watches for; without rules each result is an event.

    `model`: what the device in Home Assistant calls its model. `lines`: those that are counted. `pictures`: whether
    events bring their pictures along. `known` says what is so now.
    """

    model: str = ""
    rules: tuple[WatchedRule, ...] = ()
    lines: tuple[str, ...] = ()
    pictures: bool = False
    known: Callable[[], Known] = Known


class Memory(Protocol):
    """What remembers from one run to the next, as an `Outbox` does."""

    def kept(self, prefix: str) -> dict[str, str]:
        """The values that were kept, by their names, of those whose names begin so."""

    def append(self, entries: Collection[Entry]) -> None:
        """Keep the values that entries bring along."""


@runtime_checkable
class Introduced(Protocol):
    """A sink that can tell Home Assistant, at its `broker`, of the agent; before it sends it is told of it once."""

    broker: str

    @property
    def announces(self) -> bool:
        """Whether it does so; one that does not takes away what an earlier run has told."""

    def announce(self, options: HomeAssistant) -> None:
        """Tell Home Assistant of the agent."""

    def introduce(self, identity: Identity, watching: Watching, memory: Memory) -> None:
        """Learn who the agent is and what it watches for."""
