"""What an agent tells its sinks of itself before they send."""

from __future__ import annotations

import contextlib

from edgewright.agent.config.settings import Settings, model_name
from edgewright.agent.delivery.identity import Identified, Identity
from edgewright.agent.delivery.outbox import Outbox, StorageError
from edgewright.agent.delivery.sinks.home_assistant.watching import Introduced, Known, WatchedRule, Watching
from edgewright.agent.events.lives.lives import KEPT as VISITS
from edgewright.agent.events.lives.visit import Visit
from edgewright.agent.events.places.places import KEPT as LINES
from edgewright.agent.events.places.places import counts_of
from edgewright.agent.events.rules.rule import Rule
from edgewright.agent.events.sighting import NONSENSE


def introduce(settings: Settings, identity: Identity, outbox: Outbox, *, has_lives: bool) -> None:
    """Tell each sink that asks for it who the agent is, and what it watches for.

    `has_lives`: that what rules report has a beginning and an end, unless they say otherwise.
    """
    watching = _watching(settings, outbox, has_lives=has_lives)
    asking = [sink for sink in settings.sinks if isinstance(sink, Introduced)]
    announcing = {sink.broker for sink in asking if sink.announces}
    for sink in settings.sinks:
        if isinstance(sink, Identified):
            sink.identify(identity)
    for sink in asking:
        # One that does not tell of us would take away what another one tells.
        if sink.announces or sink.broker not in announcing:
            sink.introduce(identity, watching, outbox)


def _watching(settings: Settings, outbox: Outbox, *, has_lives: bool) -> Watching:
    lines = tuple(line.name for line in settings.lines)
    return Watching(
        model=model_name(settings.model).rpartition("/")[2],
        rules=tuple(_rule(rule, has_lives=has_lives) for rule in settings.rules),
        lines=lines,
        pictures=settings.snapshots == "send",
        known=lambda: _known(outbox, lines),
    )


def _rule(rule: Rule, *, has_lives: bool) -> WatchedRule:
    lasts = rule.has_life(usual=has_lives)
    return WatchedRule(rule.name, lasts, rule.zone if lasts else None, rule.count)


def _known(outbox: Outbox, lines: tuple[str, ...]) -> Known:
    """What is kept of visits that are open, and of the counts of lines, which begin at 0."""
    try:
        open_visits, counted = outbox.kept(VISITS), outbox.kept(LINES)
    except StorageError:
        return Known()
    visits: dict[str, set[str]] = {}
    for text in open_visits.values():
        with contextlib.suppress(*NONSENSE):  # what cannot be read is none
            visit = Visit.of(text)
            visits.setdefault(visit.rule, set()).add(visit.id)
    return Known(visits, {line: counts_of(counted.get(f"{LINES}{line}", "")) for line in lines})
