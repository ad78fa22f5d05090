"""The tables of zones and lines, and that of tracking."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from edgewright.agent.config.units import parse_seconds
from edgewright.agent.events.places.place import Line, Place, PlaceError, Zone
from edgewright.agent.inference.following import Tracking
from edgewright.toml_document import Document, Table, Where

PlaceT = TypeVar("PlaceT", bound=Place)


def read_zones(document: Document, values: Table) -> tuple[Zone, ...]:
    """Polygons with names."""
    return tuple(document.each(values, "zones", partial(_place, document, Zone)))


def read_lines(document: Document, values: Table) -> tuple[Line, ...]:
    """Lines with names."""
    return tuple(document.each(values, "lines", partial(_place, document, Line)))


def read_tracking(document: Document, values: Table) -> Tracking | bool | None:
    """A table, or true or false; None where nothing is said."""
    told = document.take(values, "tracking", (bool, dict), (), None)
    if not isinstance(told, dict):
        return None if told is None else bool(told)
    where = ("tracking",)
    document.refuse_strange(told, frozenset({"hits", "lost", "high", "low"}), where)
    given: dict[str, Any] = {}
    for key, kind in (("hits", int), ("high", (int, float)), ("low", (int, float))):
        if key in told:
            given[key] = document.need(told, key, kind, where)
    if "lost" in told:
        given["lost_s"] = document.checked(parse_seconds, told["lost"], (*where, "lost"))
    return document.checked(lambda made: Tracking(**made), given, where)


def _place(document: Document, make: Callable[..., PlaceT], table: Table, where: Where) -> PlaceT:
    document.refuse_strange(table, frozenset({"name", "points", "source"}), where)
    name = document.need(table, "name", str, where)
    points = document.need(table, "points", list, where)
    source = document.take(table, "source", str, where, None)
    try:
        return make(name, points, source)
    except PlaceError as error:
        at = (*where, error.key) if error.point is None else (*where, error.key, error.point)
        raise document.wrong(at, f"{name!r}: {error.reason}") from None
