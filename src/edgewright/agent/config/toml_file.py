"""An agent described in a TOML file; a mistake in it is reported with its line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from edgewright.agent.config.address import Address
from edgewright.agent.config.settings import SettingError, Settings
from edgewright.agent.config.toml.options import read_options
from edgewright.agent.config.toml.places import read_lines, read_tracking, read_zones
from edgewright.agent.config.toml.privacy import read_privacy
from edgewright.agent.config.toml.rules import read_rule
from edgewright.agent.config.toml.sinks import read_sinks
from edgewright.agent.config.toml.sources import read_sources
from edgewright.agent.config.units import parse_bytes, parse_link, parse_seconds
from edgewright.agent.delivery.limits import Limits
from edgewright.toml_document import Document, Table, Where

_TOP = frozenset(
    {"model", "task", "state", "snapshots", "snapshot_limit", "top", "health", "dashboard", "link", "options"}
)
_SECOND = frozenset({"then", "on", "then_task", "then_options"})
_PLAIN: tuple[tuple[str, Any], ...] = (
    ("task", str), ("snapshots", str), ("top", int),
    ("on", (str, list)), ("then_task", str),
)  # fmt: skip
_TABLES = frozenset({"source", "sinks", "rules", "outbox", "privacy", "zones", "lines", "tracking", "fleet", "updates"})


def read_settings(path: Path, *, elsewhere: bool = False) -> Settings:
    """Read a file; paths in it are relative to its folder.

    `elsewhere`: it is for another machine, so that files and folders of sources and sinks need not be here.

    Raises `UsageError` with the line of what is wrong.
    """
    return _settings(*Document.read(path, _TABLES), elsewhere=elsewhere)


def _settings(document: Document, values: Table, *, elsewhere: bool) -> Settings:
    document.refuse_strange(values, _TOP | _SECOND | _TABLES, ())
    given: dict[str, Any] = {
        "model": document.file_or_name(document.need(values, "model", str, ())),
        "sources": read_sources(document, document.need(values, "source", (dict, list), ()), elsewhere=elsewhere),
        "sinks": read_sinks(document, values, elsewhere=elsewhere),
        "rules": tuple(document.each(values, "rules", partial(read_rule, document))),
        "state": document.folder / document.take(values, "state", str, (), "edgewright-state"),
        "privacy": read_privacy(document, values),
        "zones": read_zones(document, values),
        "lines": read_lines(document, values),
        "tracking": read_tracking(document, values),
        "limits": _limits(document, document.take(values, "outbox", dict, (), {})),
        **_of_fleet(document, values),
    }
    for key, kind in _PLAIN:
        if key in values:
            given[key] = document.need(values, key, kind, ())
    for key in ("options", "then_options"):
        if key in values:
            given[key] = read_options(document, values, key, ())
    if "then" in values:
        given["then"] = document.file_or_name(document.need(values, "then", str, ()))
    if "health" in values:
        given["health_port"] = document.need(values, "health", int, ())
    if "dashboard" in values:
        address = document.need(values, "dashboard", (str, int), ())
        given["dashboard"] = document.checked(lambda text: Address.parse(str(text)), address, ("dashboard",))
    if "snapshot_limit" in values:
        given["snapshot_limit_bytes"] = document.checked(parse_bytes, values["snapshot_limit"], ("snapshot_limit",))
    if "link" in values:
        given["link"] = document.checked(parse_link, document.need(values, "link", str, ()), ("link",))
    try:
        return Settings(**given)
    except SettingError as error:
        raise document.wrong(_where(error), error.reason) from None


def _of_fleet(document: Document, values: Table) -> dict[str, Any]:
    """What is said of the fleet; an agent that belongs to none does not load what reads it."""
    if values.keys().isdisjoint({"fleet", "updates"}):
        return {}
    from edgewright.agent.config.toml.fleet import read_fleet, read_updates

    return {"fleet": read_fleet(document, values), "updates": read_updates(document, values)}


def _where(error: SettingError) -> Where:
    return (error.key,) if error.number is None else (error.key, error.number)


def _limits(document: Document, table: Table) -> Limits:
    where = ("outbox",)
    document.refuse_strange(table, frozenset({"max_size", "max_age"}), where)
    given: dict[str, Any] = {}
    if "max_size" in table:
        given["max_bytes"] = document.checked(parse_bytes, table["max_size"], (*where, "max_size"))
    if "max_age" in table:
        given["max_age_s"] = document.checked(parse_seconds, table["max_age"], (*where, "max_age"))
    return document.checked(lambda made: Limits(**made), given, where)
