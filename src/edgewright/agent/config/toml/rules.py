"""The tables of rules."""

from __future__ import annotations

import math
from typing import Any

from edgewright.agent.config.units import parse_seconds
from edgewright.agent.events.rules.hours import Hours
from edgewright.agent.events.rules.predicate import predicate_names
from edgewright.agent.events.rules.rule import Rule
from edgewright.toml_document import Document, Table, Where

_PLACES = ("zone", "enters", "leaves", "crosses", "direction", "point")
_LIFE = ("life", "update", "lost")
_RULE = frozenset(
    {"name", "labels", "score", "seen", "of", "count", "cooldown", "hours", "sources", "stays", *_PLACES, *_LIFE}
)


def read_rule(document: Document, table: Table, where: Where) -> Rule:
    """One rule."""
    others = _predicates(document, table, where)
    is_free = others or not {"stays", *_PLACES}.isdisjoint(table)
    given: dict[str, Any] = {
        "name": document.take(table, "name", str, where, f"rule {where[1] + 1}"),
        "labels": () if is_free and "labels" not in table else tuple(document.texts(table, "labels", where)),
        "predicates": others,
    }
    for key, kinds in (("score", (int, float)), ("seen", int), ("of", int), ("count", int)):
        if key in table:
            given[key] = document.need(table, key, kinds, where)
    if "sources" in table:
        given["sources"] = tuple(document.texts(table, "sources", where))
    for key in _PLACES:
        if key in table:
            given[key] = document.need(table, key, str, where)
    if "life" in table:
        given["life"] = document.need(table, "life", bool, where)
    if "update" in table:
        given["update_s"] = document.checked(_update_s, table["update"], (*where, "update"))
    for key, name in (("cooldown", "cooldown_s"), ("stays", "stays_s"), ("lost", "lost_s")):
        if key in table:
            given[name] = document.checked(parse_seconds, table[key], (*where, key))
    if "hours" in table:
        given["hours"] = document.checked(Hours.parse, document.need(table, "hours", str, where), (*where, "hours"))
    return document.checked(lambda made: Rule(**made), given, where)


def _predicates(document: Document, table: Table, where: Where) -> dict[str, Any]:
    """The tables of predicates of other packages; raises `UsageError` for what is no setting of a rule at all."""
    strange = [key for key in table if key not in _RULE]
    if strange:
        document.refuse_strange(table, _RULE | frozenset(predicate_names()), where)
    return {key: document.need(table, key, dict, where) for key in strange}


def _update_s(value: Any) -> float:
    """How often a visit is reported while it goes on; "off" is never."""
    if value == "off":
        return math.inf
    try:
        return parse_seconds(value)
    except ValueError:
        raise ValueError(f"{value!r}, expected a time like 10s or 5min, or off") from None
