"""The tables of sinks."""

from __future__ import annotations

from functools import partial

from edgewright.agent.config.toml.document import Document, Table, Where
from edgewright.agent.credentials import Credentials, refuse_sharing
from edgewright.agent.delivery.sinks import Sink, open_sink


def read_sinks(document: Document, values: Table) -> tuple[Sink, ...]:
    """Each with its own credentials; those without share what the environment says, if that is one host."""
    tables = [one for one in values.get("sinks", []) if isinstance(one, dict) and "credentials" not in one]
    targets = [one["send"] for one in tables if isinstance(one.get("send"), str)]
    document.checked(lambda found: refuse_sharing(Credentials.read(None), found), targets, ("sinks",))
    if "sinks" not in values:
        return (open_sink("stdout"),)
    return tuple(document.each(values, "sinks", partial(_sink, document)))


def _sink(document: Document, table: Table, where: Where) -> Sink:
    document.refuse_strange(table, frozenset({"send", "credentials"}), where)
    target = document.need(table, "send", str, where)
    if target.startswith("file:"):
        target = f"file:{document.folder / target.removeprefix('file:')}"
    private = document.take(table, "credentials", str, where, None)
    path = document.folder / private if private else None
    credentials = document.checked(Credentials.read, path, (*where, "credentials"))
    return document.checked(lambda one: open_sink(one, credentials), target, (*where, "send"))
