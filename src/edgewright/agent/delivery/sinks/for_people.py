"""Events as lines for people, where standard output is a terminal."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import ENVELOPE, Stored
from edgewright.report import encodable, numbers, printable

# What stands in a line anyway, or says nothing to people.
_KNOWN = ENVELOPE | {"picture", "what", "snapshot", "snapshot_jpeg"}


class ForPeople:
    """Prints a line for each event: when, what, and in which picture. It has the place of standard output's sink."""

    name = "stdout"
    batch = 100

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, events: Sequence[Stored]) -> int:
        """Print; raises `SinkError` once nobody reads any more."""
        try:
            lines = (encodable(line(json.loads(event.text)), self._stream) for event in events)
            self._stream.write("".join(f"{one}\n" for one in lines))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise SinkError(f"cannot be written: {getattr(error, 'strerror', None) or error}") from error
        return len(events)

    def close(self) -> None:
        """Nothing is to be freed."""


def line(event: Mapping[str, Any]) -> str:
    """An event in one line, its time that of this machine's clock."""
    time = datetime.datetime.fromisoformat(event["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    rule = f"{event['rule']}: " if event.get("rule") not in (None, event.get("label")) else ""  # often named by it
    picture = f" ({event['picture']})" if event.get("picture") else ""
    return printable(f"{time} {rule}{_what(event)}{picture}")


def _what(event: Mapping[str, Any]) -> str:
    if event["kind"] == "agent":
        facts = (f"{name} {value}" for name, value in event.items() if name not in _KNOWN)
        return f"{event['what']}: {', '.join(facts)}"
    seen = event.get("observation")  # events of before have none
    named = f"{seen['label']} {numbers.score(seen['score'])}" if seen else "nothing with a name"
    return named + _of_visit(event.get("visit")) + _at_place(event.get("place"))


def _of_visit(visit: Mapping[str, Any] | None) -> str:
    """How far a visit has come; events of before have none."""
    if visit is None:
        return ""
    lasted = numbers.duration(visit["seconds"])
    said = {"new": "begins", "update": f"goes on for {lasted}", "end": f"ended after {lasted}"}
    return f", {said[visit['phase']]}"


def _at_place(place: Mapping[str, Any] | None) -> str:
    """Where, and what is counted there."""
    if place is None:
        return ""
    if "zone" in place:
        return f", {place['inside']} in {place['zone']}"
    counts = place["counts"]
    return f", {place['direction']} over {place['line']} ({counts['in']} in, {counts['out']} out)"
