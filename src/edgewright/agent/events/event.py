"""What the agent reports: something that it saw, or something about itself."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from edgewright.documents import json_text

EventKind = Literal["result", "rule", "agent"]

# The number of the shape of an event. In 2 what does not apply was left out; events of before 2 have no number. In 3
# there were neither visits nor places.
SCHEMA = 4

# What every event has, of whatever kind it is; the outbox adds the "sequence".
ENVELOPE = frozenset(
    {"schema", "id", "sequence", "source", "kind", "time", "label", "score", "rule"}
    | {"visit", "place", "observation", "result"}
)


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Event:
    """One event, as it is stored and sent: an envelope with a result in it, which can replace nothing of it.

    `source` names where it was seen; `captured_s` is when, in seconds since 1970 (UTC). `kind`: "result" is what the
    model said of one picture, "rule" what a rule made of it, "agent" something about the agent itself. `result` is what
    the model says, as plain values for JSON; None for an event about the agent. `facts` are what else the agent knows
    of it, by name: "picture", "snapshot". `rule` is the name of the rule, None without one. `observation`, as plain
    values, is what made the rule hold, or without one the best of what the model says; None where it observes nothing.
    `visit`, as plain values, is what it is an event of where that has a beginning and an end, and `place` the line or
    the zone that it is about. `id` is unique for ever, so that a receiver can tell a repetition.

    Raises `ValueError` for an unknown kind, and for a fact with the name of a part of the envelope.
    """

    source: str
    kind: EventKind
    captured_s: float
    result: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    rule: str | None = None
    observation: Mapping[str, Any] | None = None
    visit: Mapping[str, Any] | None = None
    place: Mapping[str, Any] | None = None
    id: str = field(default_factory=_new_id)

    def __post_init__(self) -> None:
        if self.kind not in get_args(EventKind):
            raise ValueError(f"kind: {self.kind!r}, expected one of {get_args(EventKind)}")
        if taken := sorted(ENVELOPE & self.facts.keys()):
            raise ValueError(f"facts: {', '.join(taken)}: parts of the envelope have these names")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the envelope whole for each kind; `time` is ISO 8601 in UTC, to the millisecond."""
        seen = self.observation or {}
        return {
            "schema": SCHEMA,
            "id": self.id,
            "source": self.source,
            "kind": self.kind,
            "time": time_text(self.captured_s),
            **self.facts,
            # Where receivers looked for them before there was an observation.
            "label": seen.get("label"),
            "score": seen.get("score"),
            "rule": self.rule,
            "visit": self.visit,
            "place": self.place,
            "observation": self.observation,
            "result": self.result,
        }

    def to_json(self) -> str:
        """One line of JSON, RFC 8259.

        Numbers that it does not have, as a model can give, become null. What UTF-8 cannot hold, as in the names of some
        files, is escaped.
        """
        text = json_text(self.to_dict(), separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace").decode()


def time_text(captured_s: float) -> str:
    """ISO 8601 in UTC, to the millisecond, of seconds since 1970."""
    time = datetime.datetime.fromtimestamp(captured_s, datetime.UTC).isoformat(timespec="milliseconds")
    return time.replace("+00:00", "Z")


def about_agent(what: str, now_s: float, **facts: Any) -> Event:
    """An event about the agent itself."""
    return Event("agent", "agent", now_s, facts={"what": what, **facts})


def dropped(count: int, reason: str, now_s: float) -> Event:
    """The event which says that others are gone: their number, and whether size, age or the disk was the reason."""
    return about_agent("dropped", now_s, count=count, reason=reason)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the outbox gives it to a sink.

    `sequence` grows by storing, never falls and is never used again; `text` is the event as one line of JSON, with
    that number in it.
    """

    sequence: int
    id: str
    text: str

    @property
    def data(self) -> bytes:
        """The text as UTF-8, for sinks that send bytes."""
        return self.text.encode()
