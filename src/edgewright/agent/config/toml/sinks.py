"""The tables of sinks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edgewright.agent.credentials import Credentials, refuse_sharing
from edgewright.agent.delivery.sinks import Sink, open_sink
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant
from edgewright.agent.delivery.sinks.json_lines import JsonLines
from edgewright.toml_document import Document, Table, Where


def read_sinks(document: Document, values: Table, *, elsewhere: bool = False) -> tuple[Sink, ...]:
    """Each with its own credentials; those without share what the environment says, if that is one host.

    `elsewhere`: folders of files need not be here.
    """
    document.checked(lambda found: refuse_sharing(Credentials.read(None), found), sharing(values), ("sinks",))
    if "sinks" not in values:
        return (open_sink("stdout"),)
    return tuple(document.each(values, "sinks", partial(_sink, document, elsewhere=elsewhere)))


def sharing(values: Table) -> list[str]:
    """Where sinks send and topics are read with what the environment says: those without credentials of their own."""
    named = [("send", values.get("sinks")), ("mqtt", values.get("source"))]
    tables = [(key, one) for key, told in named for one in (told if isinstance(told, list) else [told])]
    own = [one[key] for key, one in tables if isinstance(one, dict) and key in one and "credentials" not in one]
    return [target for target in own if isinstance(target, str)]


def _sink(document: Document, table: Table, where: Where, *, elsewhere: bool) -> Sink:
    document.refuse_strange(table, frozenset({"send", "credentials", "home_assistant"}), where)
    target = document.need(table, "send", str, where)
    if target.startswith("file:"):
        place = _place(document.folder, target.removeprefix("file:"))
        if elsewhere:
            return JsonLines(place)
        target = f"file:{place}"
    private = document.take(table, "credentials", str, where, None)
    path = document.folder / private if private else None
    credentials = document.checked(Credentials.read, path, (*where, "credentials"))
    home_assistant = _home_assistant(document, table, where)
    make = partial(open_sink, credentials=credentials, home_assistant=home_assistant or False)
    return document.checked(make, target, (*where, "send"))


def _place(folder: Path, file: str) -> Path:
    """Where a file lies, by one name whichever way leads there: by that the outbox knows how far the file is."""
    path = folder / file
    return path.parent.resolve() / path.name if ".." in path.parts else path


def _home_assistant(document: Document, table: Table, where: Where) -> HomeAssistant | None:
    """What is said of Home Assistant: true or false, or a table with its prefix and the name of the device."""
    told = document.take(table, "home_assistant", (bool, dict), where, False)
    if not isinstance(told, dict):
        return HomeAssistant() if told else None
    where = (*where, "home_assistant")
    document.refuse_strange(told, frozenset({"prefix", "name"}), where)
    given = {key: document.need(told, key, str, where) for key in told}
    return document.checked(lambda values: HomeAssistant(**values), given, where)
