"""The tables of sinks."""

from __future__ import annotations

from functools import partial

from edgewright.agent.config.toml.document import Document, Table, Where
from edgewright.agent.credentials import Credentials, refuse_sharing
from edgewright.agent.delivery.sinks import Sink, open_sink
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant


def read_sinks(document: Document, values: Table) -> tuple[Sink, ...]:
    """Each with its own credentials; those without share what the environment says, if that is one host."""
    tables = [one for one in values.get("sinks", []) if isinstance(one, dict) and "credentials" not in one]
    targets = [one["send"] for one in tables if isinstance(one.get("send"), str)]
    document.checked(lambda found: refuse_sharing(Credentials.read(None), found), targets, ("sinks",))
    if "sinks" not in values:
        return (open_sink("stdout"),)
    return tuple(document.each(values, "sinks", partial(_sink, document)))


def _sink(document: Document, table: Table, where: Where) -> Sink:
    document.refuse_strange(table, frozenset({"send", "credentials", "home_assistant"}), where)
    target = document.need(table, "send", str, where)
    if target.startswith("file:"):
        target = f"file:{document.folder / target.removeprefix('file:')}"
    private = document.take(table, "credentials", str, where, None)
    path = document.folder / private if private else None
    credentials = document.checked(Credentials.read, path, (*where, "credentials"))
    home_assistant = _home_assistant(document, table, where)
    make = partial(open_sink, credentials=credentials, home_assistant=home_assistant or False)
    return document.checked(make, target, (*where, "send"))


def _home_assistant(document: Document, table: Table, where: Where) -> HomeAssistant | None:
    """What is said of Home Assistant: true or false, or a table with its prefix and the name of the device."""
    told = document.take(table, "home_assistant", (bool, dict), where, False)
    if not isinstance(told, dict):
        return HomeAssistant() if told else None
    where = (*where, "home_assistant")
    document.refuse_strange(told, frozenset({"prefix", "name"}), where)
    given = {key: document.need(told, key, str, where) for key in told}
    return document.checked(lambda values: HomeAssistant(**values), given, where)
