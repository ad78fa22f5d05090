"""The visits of one source: which of them begin, go on and end with a picture, or a part of a sound."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgewright.agent.capture.clock import Clock
from edgewright.agent.events.event import Event
from edgewright.agent.events.lives.visit import Key, Now, Reason, Visit
from edgewright.agent.events.rules.rule import Rule, RuleState
from edgewright.agent.events.sighting import NONSENSE
from edgewright.task import Observation

log = logging.getLogger(__name__)

KEPT = "visit/"
"""What the name of a visit that is kept begins with; its id follows."""

# Who was seen last longer ago than this is not taken for the one who is there after a restart.
STALE_S = 120.0


@dataclass(slots=True)
class _Open:
    """A visit with what is known of it in this run, by the clock of the source.

    `held_s`: when its rule held last, and `seen_s`: when its track was seen last; None for one of the run before until
    the first picture. `is_back`: whether the rule has held in this run.
    """

    visit: Visit
    held_s: float | None
    seen_s: float | None = None
    is_back: bool = True


class Lives:
    """The visits of the source with that name.

    `rules` are those with a life; a rule's visits end when it has not held for `lost_s` seconds, or for so many as it
    says itself. `kept`: what former runs kept, by its name.
    """

    def __init__(
        self,
        source: str,
        rules: Iterable[Rule],
        *,
        lost_s: float,
        clock: Clock | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._lost_s = lost_s
        self._clock = clock or Clock()
        self._open: dict[str, dict[Key, _Open]] = {rule.name: {} for rule in rules}
        self._at_once: set[str] = set()
        self._in_time: set[str] = set()
        self._over: list[Visit] = []
        for visit in visits_of(kept or {}).values():
            if visit.source == source:
                self._take_up(visit)

    @property
    def things(self) -> list[tuple[Observation, float | None]]:
        """What is there as it was last seen, with its track, and when that was by the source's own clock if it has one.

        The last seen come first: those of the run before, to be followed further.
        """
        found = [opened.visit for visits in self._open.values() for opened in visits.values()]
        found.sort(key=lambda visit: visit.stamp.source_s or 0.0)
        boxed = [visit for visit in found if visit.observation.box is not None and visit.observation.box.area > 0]
        tracked = {visit.key: visit for visit in boxed if isinstance(visit.key, int)}
        return [(visit.observation, visit.stamp.source_s) for visit in reversed(tracked.values())]

    @property
    def has_visits(self) -> bool:
        """Whether there are any that have not ended."""
        return any(self._open.values())

    def begin(self) -> list[Event]:
        """The ends of visits that cannot go on in this run."""
        over, self._over = self._over, []
        return [self._ended(visit, "restart") for visit in over]

    def look(
        self,
        rule: RuleState,
        matching: Sequence[Observation],
        now: Now,
        make: Callable[[Observation], Mapping[str, Any]],
    ) -> list[Event]:
        """What is to be reported of what a rule holds for now; `make` says what else an event of it has."""
        visits = self._open[rule.name]
        holding = {key: thing for key, thing in _by_key(rule.rule, matching) if key not in now.ended}
        self._note(visits, holding, now)
        events = [*self._ends(rule, visits, holding, now)]
        for key, thing in holding.items():
            if (opened := visits.get(key)) is not None:
                opened.visit.hold(thing, now, self._clock, rule.rule.point)
                self._in_time.add(opened.visit.id)
                if opened.visit.seconds - opened.visit.told_s >= rule.rule.update_s:
                    self._at_once.add(opened.visit.id)
                    events.append(opened.visit.event("update", **make(thing)))
            elif rule.fires(now.rests_by_s):
                visit = Visit.begin(self._source, rule.name, key, thing, now, self._clock, rule.rule.point)
                visits[key] = _Open(visit, now.time_s, now.time_s)
                self._at_once.add(visit.id)
                events.append(visit.event("new", **make(thing)))
        return events

    def close(self) -> list[Event]:
        """The ends of all visits, where the source has come to its end."""
        ends = []
        for visits in self._open.values():
            for opened in visits.values():
                ends.append(self._ended(opened.visit, "stopped" if opened.is_back else "restart"))
            visits.clear()
        return ends

    def kept(self) -> dict[str, str | None]:
        """Visits that have begun, ended, or been reported since this was asked before; all else may wait."""
        return self._told(self._at_once)

    def lagging(self) -> dict[str, str | None]:
        """Visits that have changed since this or `kept` was asked before."""
        return self._told(self._in_time)

    def _told(self, ids: set[str]) -> dict[str, str | None]:
        texts = {visit.id: visit for visits in self._open.values() for visit in (one.visit for one in visits.values())}
        told = {f"{KEPT}{id_}": texts[id_].to_json() if id_ in texts else None for id_ in sorted(ids)}
        self._in_time -= ids
        ids.clear()
        return told

    def _take_up(self, visit: Visit) -> None:
        """Go on with a visit of the run before, where that can be."""
        visits = self._open.get(visit.rule)
        if visits is None or visit.key in visits or visit.stamp.passed_s(self._clock) > STALE_S:
            self._over.append(visit)
        else:
            visits[visit.key] = _Open(visit, None, is_back=False)

    def _note(self, visits: Mapping[Key, _Open], holding: Mapping[Key, Observation], now: Now) -> None:
        """Take note of when each was there last."""
        for key, opened in visits.items():
            if key in holding:
                opened.held_s, opened.is_back = now.time_s, True
            else:
                # Before the first picture since the start no time has passed, but by a clock of the source's own. And
                # a video may begin anew.
                before_s = opened.visit.stamp.source_s if opened.held_s is None and now.has_clock else opened.held_s
                opened.held_s = now.time_s if before_s is None else min(before_s, now.time_s)
            if key in now.seen or key in holding:
                opened.seen_s = now.time_s

    def _ends(
        self, rule: RuleState, visits: dict[Key, _Open], holding: Mapping[Key, Observation], now: Now
    ) -> Iterator[Event]:
        for key, opened in list(visits.items()):
            if key in holding or (reason := self._why_over(rule.rule, key, opened, now)) is None:
                continue
            del visits[key]
            rule.rest(now.rests_by_s)
            yield self._ended(opened.visit, reason)

    def _why_over(self, rule: Rule, key: Key, opened: _Open, now: Now) -> Reason | None:
        """Why it has come to its end; None where it has not."""
        held_s = now.time_s if opened.held_s is None else opened.held_s
        lost_s = self._lost_s if rule.lost_s is None else rule.lost_s
        if not opened.is_back and opened.seen_s is not None:
            lost_s += rule.stays_s or 0.0  # its track goes on, and what the rule remembered begins anew
        if key not in now.ended and now.time_s - held_s <= lost_s:
            return None
        if not opened.is_back:
            return "restart"
        was_seen_later = opened.seen_s is not None and opened.seen_s > held_s
        return "left" if was_seen_later or not isinstance(key, int) else "lost"

    def _ended(self, visit: Visit, reason: Reason) -> Event:
        self._at_once.add(visit.id)
        return visit.event("end", reason)


def visits_of(kept: Mapping[str, str]) -> dict[str, Visit]:
    """The visits that former runs kept, by the names under which they did; what cannot be read is none."""
    found = {}
    for name, text in kept.items():
        if name.startswith(KEPT):
            with contextlib.suppress(*NONSENSE):
                found[name] = Visit.of(text)
    return found


def abandoned(kept: Mapping[str, str], sources: Collection[str]) -> tuple[list[Event], dict[str, str | None]]:
    """The ends of visits of sources that there are no more, and what is not to be kept any longer."""
    visits = visits_of(kept)
    over = {name: visit for name, visit in visits.items() if visit.source not in sources}
    broken = [name for name in kept if name.startswith(KEPT) and name not in visits]
    for name in broken:
        log.warning("%s: what was kept of it cannot be read, so that its end is not reported", name)
    return [visit.event("end", "restart") for visit in over.values()], dict.fromkeys((*over, *broken))


def _by_key(rule: Rule, matching: Sequence[Observation]) -> Iterator[tuple[Key, Observation]]:
    """What a rule holds for, by what is one visit: the best of it."""
    if rule.count > 1:
        yield from ((None, thing) for thing in matching[:1])
        return
    seen: set[Key] = set()
    for thing in matching:
        key: Key = thing.label if thing.track is None else thing.track
        if key not in seen:
            seen.add(key)
            yield key, thing
