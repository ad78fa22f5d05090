"""What Home Assistant shows of an agent, as it follows from the events that were delivered."""

from __future__ import annotations

import base64
import binascii
import datetime
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from edgewright.agent.delivery.sinks.home_assistant.naming import key
from edgewright.agent.delivery.sinks.home_assistant.payloads import INSIDE, NOTICE, OFF_DELAY_S, PICTURE, SEEN
from edgewright.agent.delivery.sinks.home_assistant.watching import Known, Watching
from edgewright.agent.events.event import ENVELOPE
from edgewright.documents import json_text

ON, OFF = b"ON", b"OFF"

# Home Assistant takes no longer states.
_LONGEST = 255

# What of an event its state shows beside itself.
_SHOWN = ("time", "source", "picture")

# What is not told beside an event about the agent: what stands in each, but for its time.
_LEFT_OUT = (ENVELOPE - {"time"}) | {"what", "snapshot", "snapshot_jpeg"}

# So many visits that ended are remembered.
_ENDED = 1000

# After these the events that were delivered do not tell how things are.
_GAPS = frozenset({"dropped", "storage damaged"})


class States:
    """The states by their keys, with what is said beside them, and what is said only once.

    `states` and `attributes` are what holds now. `instants` (ON for a while) and `pictures` (JPEG) are there until they
    are taken out. All are empty of what nothing is known of yet.
    """

    def __init__(self, watching: Watching) -> None:
        self.watching = watching
        self._lasting = {rule.name for rule in watching.rules if rule.lasts}
        self._least = {rule.name: rule.least for rule in watching.rules}
        self._zones = {rule.name: rule.zone for rule in watching.rules if rule.zone is not None}
        self._keys = {rule.name: key("rule", rule.name) for rule in watching.rules}
        self._visits: dict[str, set[str]] = {}
        self._visited: set[str] = set()
        self._ended: deque[str] = deque(maxlen=_ENDED)
        self._shown_s: dict[str, float] = {}
        self.states: dict[str, bytes] = {self._keys[rule.name]: OFF for rule in watching.rules}
        self.attributes: dict[str, bytes] = {}
        self.instants: dict[str, bytes] = {}
        self.pictures: dict[str, bytes] = {}
        self._ask()

    def take(self, event: Mapping[str, Any]) -> None:
        """Follow an event; one of a rule that is no more changes nothing."""
        if event.get("kind") == "agent":
            self._notice(event)
        elif event.get("kind") == "rule":
            self._rule(event)
        elif event.get("kind") == "result" and not self._keys:
            self._result(event)

    def holds(self) -> Iterator[tuple[str, bytes]]:
        """The states that are to be retained; not the OFF of an instant that is still shown."""
        now_s = time.monotonic()
        for name, state in self.states.items():
            if now_s - self._shown_s.get(name, -OFF_DELAY_S) >= OFF_DELAY_S:
                yield name, state

    def miss(self) -> None:
        """Let go what is worth saying only now."""
        self.instants.clear()
        self.pictures.clear()

    def _ask(self) -> None:
        """Take what is so now from the agent, where events alone do not say it."""
        known = self.watching.known()
        for rule in self._lasting:
            self._visits[rule] = set(known.visits.get(rule, ()))
            self._show_visits(rule)
            self._inside_now(rule)
        self._show_counts(known)

    def look(self) -> None:
        """Take the counts of lines from the agent: a crossing that no rule reports counts too."""
        self._show_counts(self.watching.known())

    def _show_counts(self, known: Known) -> None:
        for line, counts in known.counts.items():
            if line in self.watching.lines:
                self._count(line, *counts)

    def _notice(self, event: Mapping[str, Any]) -> None:
        what = str(event.get("what", ""))
        self.states[NOTICE] = _text(what)
        self.attributes[NOTICE] = _json({name: value for name, value in event.items() if name not in _LEFT_OUT})
        if what in _GAPS:
            self._ask()

    def _result(self, event: Mapping[str, Any]) -> None:
        self.states[SEEN] = _text(event.get("label"))
        self.attributes[SEEN] = _json(_beside(event))
        self._picture(PICTURE, event)

    def _rule(self, event: Mapping[str, Any]) -> None:
        rule = event.get("rule")
        if rule not in self._keys:
            return
        visit = event.get("visit") or {}
        self._heed(rule, is_visit=bool(visit))
        if visit:
            self._visit(rule, visit)
        elif rule in self._lasting:
            pass  # an instant of a rule that has visits elsewhere
        elif _age_s(event) < OFF_DELAY_S:
            self.instants[self._keys[rule]] = ON
            self._shown_s[self._keys[rule]] = time.monotonic()
        self._place(rule, event.get("place") or {})
        beside = _beside(event)
        if rule in self._lasting:
            beside |= {"visits": len(self._visits[rule]), "seconds": visit.get("seconds")}
        self.attributes[self._keys[rule]] = _json(beside)
        self._picture(key(PICTURE, rule), event)

    def _heed(self, rule: str, *, is_visit: bool) -> None:
        """Believe events of what a rule is; one of both, as of several sources, has visits."""
        if is_visit == (rule in self._lasting) or (not is_visit and rule in self._visited):
            return
        self._lasting ^= {rule}
        self._visits[rule] = set()
        self.states[self._keys[rule]] = OFF
        rules = (replace(one, lasts=one.name in self._lasting) for one in self.watching.rules)
        self.watching = replace(self.watching, rules=tuple(rules))

    def _visit(self, rule: str, visit: Mapping[str, Any]) -> None:
        """An update opens it too: its beginning may have been dropped. What ended stays so, whatever comes twice."""
        visitor = str(visit.get("id"))
        self._visited.add(rule)
        if visit.get("phase") == "end":
            self._visits[rule].discard(visitor)
            self._ended.append(visitor)
        elif visit and visitor not in self._ended:
            self._visits[rule].add(visitor)
        self._show_visits(rule)

    def _show_visits(self, rule: str) -> None:
        self.states[self._keys[rule]] = ON if self._visits[rule] else OFF

    def _place(self, rule: str, place: Mapping[str, Any]) -> None:
        if place.get("line") in self.watching.lines and isinstance(counts := place.get("counts"), Mapping):
            self._count(place["line"], counts.get("in"), counts.get("out"))
        if rule in self._zones and place.get("inside") is not None:
            self._inside(rule, place["inside"])
        elif rule in self._lasting:
            self._inside_now(rule)

    def _inside_now(self, rule: str) -> None:
        """As many as there are visits, where each has one; with a visit for all of them, too few for it may be left."""
        visits = len(self._visits[rule])
        if self._least[rule] == 1:
            self._inside(rule, visits)
        elif not visits:
            self._inside(rule, None)

    def _inside(self, rule: str, count: Any) -> None:
        if rule in self._zones:
            self.states[key(INSIDE, rule)] = _number(count)

    def _count(self, line: str, *counts: Any) -> None:
        for way, count in zip(("in", "out"), counts, strict=True):
            self.states[key(f"line_{way}", line)] = _number(count)

    def _picture(self, name: str, event: Mapping[str, Any]) -> None:
        encoded = event.get("snapshot_jpeg")
        if not self.watching.pictures or not isinstance(encoded, str):
            return
        try:
            self.pictures[name] = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return


def _beside(event: Mapping[str, Any]) -> dict[str, Any]:
    seen = event.get("observation") or {}
    score = seen.get("score")
    return {
        "label": seen.get("label"),
        "score": round(score, 3) if isinstance(score, float) else score,
        **{name: event[name] for name in _SHOWN if event.get(name) is not None},
    }


def _age_s(event: Mapping[str, Any]) -> float:
    """How long ago it was seen, by this machine's clock, which may have been put right since."""
    try:
        return time.time() - datetime.datetime.fromisoformat(str(event.get("time"))).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _text(state: Any) -> bytes:
    """A state; an empty one would be none, and remove what is retained."""
    return (str(state)[:_LONGEST] if state not in (None, "") else "unknown").encode("utf-8", "backslashreplace")


def _number(count: Any) -> bytes:
    """A count; "None" is what Home Assistant takes for one that is not known."""
    return str(count if isinstance(count, int) else None).encode()


def _json(values: Mapping[str, Any]) -> bytes:
    return json_text(values, separators=(",", ":")).encode("utf-8", "backslashreplace")
