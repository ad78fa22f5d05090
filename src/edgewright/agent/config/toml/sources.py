"""The tables of sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from edgewright.agent.capture.sources import source_kinds
from edgewright.agent.config.settings import SettingError, SourceSpec
from edgewright.agent.config.targets import source_of_kind
from edgewright.agent.config.toml.privacy import read_mask
from edgewright.agent.config.units import parse_share
from edgewright.agent.credentials import has_password, refuse_others
from edgewright.toml_document import Document, Table, Where

_SOURCE = ("camera", "stream", "video", "folder", "microphone", "sound", "pcm", "serial", "mqtt", "lines")
# What goes for every source, and what some have.
_EACH = ("every_frame", "name", "mask", "rate", "motion")
_SOURCE_OPTIONS = (*_EACH, "once", "credentials", "baud")

# Which kinds an option goes with, and what people call those.
_GOES_WITH: Mapping[str, Mapping[str, str]] = {
    "once": {"folder": "a folder"},
    "credentials": {"stream": "a stream", "mqtt": "an MQTT topic"},
    "baud": {"serial": "a serial port"},
}

# What stands for the one of its kind, where `true` is said of it: the system's microphone, standard input.
_FLAGS: Mapping[str, str] = {"microphone": "", "lines": "-"}

# Sources that are files or folders, which must be there.
_PATHS: Mapping[str, Callable[[str], bool]] = {
    "video": os.path.isfile,
    "folder": os.path.isdir,
    "sound": os.path.isfile,
}


def read_sources(document: Document, told: Table | list[Any], *, elsewhere: bool = False) -> tuple[SourceSpec, ...]:
    """One table, or several of them; `elsewhere`: files and folders need not be here."""
    if isinstance(told, dict):
        return (_source(document, told, ("source",), elsewhere=elsewhere),)
    return tuple(document.each({"source": told}, "source", partial(_source, document, elsewhere=elsewhere)))


def _source(document: Document, table: Table, where: Where, *, elsewhere: bool) -> SourceSpec:
    kinds = [key for key in _SOURCE if key in table] or [key for key in table if key in source_kinds()]
    if len(kinds) != 1:
        document.refuse_strange(table, frozenset((*_SOURCE, *_SOURCE_OPTIONS)), where)
        document.fail(where, f"expected one of {', '.join(_SOURCE)}, got {len(kinds)} of them")
    kind = kinds[0]
    target = _target(document, kind, table, where, elsewhere=elsewhere)
    every_frame = document.take(table, "every_frame", bool, where, None)
    make = partial(source_of_kind, kind, target, **_source_options(document, kind, table, where))
    spec = document.checked(make, every_frame, (*where, "every_frame"))
    name, mask = document.take(table, "name", str, where, None), read_mask(document, table, where)
    return _limited(document, replace(spec, name=name, mask=mask), table, where)


def _limited(document: Document, spec: SourceSpec, table: Table, where: Where) -> SourceSpec:
    """With what keeps the model from being asked too often."""
    rate = document.take(table, "rate", (int, float), where, None)
    motion = document.checked(parse_share, table["motion"], (*where, "motion")) if "motion" in table else None
    try:
        return replace(spec, rate=rate, motion=motion)
    except SettingError as error:
        raise document.wrong((*where, error.key), error.reason) from None


def _target(document: Document, kind: str, table: Table, where: Where, *, elsewhere: bool) -> Any:
    if kind not in _SOURCE:
        return table[kind]
    if kind in _FLAGS and table[kind] is True:
        return _FLAGS[kind]
    target = str(document.take(table, kind, (str, int), where, None))
    if kind in _PATHS:
        target = str(document.folder / target)
        if not elsewhere and not _PATHS[kind](target):
            document.fail((*where, kind), f"{target}: there is no such {'sound file' if kind == 'sound' else kind}")
    if kind == "stream" and has_password(target):
        document.checked(refuse_others, document.path, (*where, kind))
    return target


def _source_options(document: Document, kind: str, table: Table, where: Where) -> dict[str, Any]:
    """What goes to the source itself; that of another package knows its own."""
    if kind not in _SOURCE:
        return {key: value for key, value in table.items() if key not in (kind, *_EACH)}
    options: dict[str, Any] = {}
    document.refuse_strange(table, frozenset((*_SOURCE, *_SOURCE_OPTIONS)), where)
    if document.take(table, "once", bool, where, False):
        options["once"] = True
    if private := document.take(table, "credentials", str, where, None):
        options["credentials"] = document.folder / private
    if (baud := document.take(table, "baud", int, where, None)) is not None:
        options["baud"] = baud
    for key, kinds in _GOES_WITH.items():
        if key in options and kind not in kinds:
            document.fail((*where, key), f"goes with {' or '.join(kinds.values())}, not with {kind}")
    return options
