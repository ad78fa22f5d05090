"""An agent described in a TOML file; a mistake in it is reported with its line."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

from edgewright.agent.config.address import Address
from edgewright.agent.config.settings import SettingError, Settings
from edgewright.agent.config.toml.document import Document, Table, Where
from edgewright.agent.config.toml.places import read_lines, read_tracking, read_zones
from edgewright.agent.config.toml.privacy import read_privacy
from edgewright.agent.config.toml.rules import read_rule
from edgewright.agent.config.toml.sinks import read_sinks
from edgewright.agent.config.toml.sources import read_sources
from edgewright.agent.config.units import parse_bytes, parse_link, parse_seconds
from edgewright.agent.delivery.limits import Limits
from edgewright.errors import UsageError

_TOP = frozenset(
    {"model", "task", "state", "snapshots", "snapshot_limit", "top", "health", "dashboard", "link", "options"}
)
_SECOND = frozenset({"then", "on", "then_task", "then_options"})
_PLAIN: tuple[tuple[str, Any], ...] = (
    ("task", str), ("snapshots", str), ("top", int), ("options", dict),
    ("on", (str, list)), ("then_task", str), ("then_options", dict),
)  # fmt: skip
_TABLES = frozenset({"source", "sinks", "rules", "outbox", "privacy", "zones", "lines", "tracking"})


def read_settings(path: Path) -> Settings:
    """Read a file; paths in it are relative to its folder.

    Raises `UsageError` with the line of what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: no text in UTF-8") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    return _settings(Document(path, text, _TABLES), values)


def _settings(document: Document, values: Table) -> Settings:
    document.refuse_strange(values, _TOP | _SECOND | _TABLES, ())
    given: dict[str, Any] = {
        "model": document.file_or_name(document.need(values, "model", str, ())),
        "sources": read_sources(document, document.need(values, "source", (dict, list), ())),
        "sinks": read_sinks(document, values),
        "rules": tuple(document.each(values, "rules", partial(read_rule, document))),
        "state": document.folder / document.take(values, "state", str, (), "edgewright-state"),
        "privacy": read_privacy(document, values),
        "zones": read_zones(document, values),
        "lines": read_lines(document, values),
        "tracking": read_tracking(document, values),
        "limits": _limits(document, document.take(values, "outbox", dict, (), {})),
    }
    for key, kind in _PLAIN:
        if key in values:
            given[key] = document.need(values, key, kind, ())
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
