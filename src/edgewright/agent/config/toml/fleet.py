"""The tables of the fleet: where an agent reports, and where it learns of new versions."""

from __future__ import annotations

from typing import Any

from edgewright.agent.config.toml.sinks import sharing
from edgewright.agent.config.units import parse_bytes, parse_seconds
from edgewright.agent.credentials import Credentials, refuse_sharing
from edgewright.agent.fleet.settings import FleetSettings, UpdateSettings
from edgewright.toml_document import Document, Table


def read_fleet(document: Document, values: Table) -> FleetSettings | None:
    """Where it reports; None without the table."""
    if "fleet" not in values:
        return None
    where, table = ("fleet",), document.need(values, "fleet", dict, ())
    document.refuse_strange(table, frozenset({"broker", "name", "every", "credentials"}), where)
    given = {"broker": document.need(table, "broker", str, where), **_common(document, table, "fleet")}
    if "name" in table:
        given["name"] = document.need(table, "name", str, where)
    if "credentials" not in given:
        given["credentials"] = _of_environment(document, given["broker"], values)
    return document.checked(lambda made: FleetSettings(**made), given, where)


def read_updates(document: Document, values: Table) -> UpdateSettings | None:
    """Where it learns of new versions; None without the table."""
    if "updates" not in values:
        return None
    where, table = ("updates",), document.need(values, "updates", dict, ())
    document.refuse_strange(table, frozenset({"from", "every", "largest", "credentials"}), where)
    given = _common(document, table, "updates")
    if "from" in table:
        given["source"] = document.need(table, "from", str, where)
    if "largest" in table:
        given["most_bytes"] = document.checked(parse_bytes, table["largest"], (*where, "largest"))
    return document.checked(lambda made: UpdateSettings(**made), given, where)


def _common(document: Document, table: Table, name: str) -> dict[str, Any]:
    """How often, and with which credentials of its own."""
    given: dict[str, Any] = {}
    if "every" in table:
        given["every_s"] = document.checked(parse_seconds, table["every"], (name, "every"))
    if "credentials" in table:
        path = document.folder / document.need(table, "credentials", str, (name,))
        given["credentials"] = document.checked(Credentials.read, path, (name, "credentials"))
    return given


def _of_environment(document: Document, broker: str, values: Table) -> Credentials:
    """What the environment says, if sinks and sources show that to no other host."""
    credentials = Credentials.read(None)
    targets = [broker, *sharing(values)]
    document.checked(lambda found: refuse_sharing(credentials, found), targets, ("fleet",))
    return credentials
