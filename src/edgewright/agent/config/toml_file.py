"""An agent described in a TOML file; a mistake in it is reported with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from edgewright.agent.capture.sources import source_kinds
from edgewright.agent.config.settings import SettingError, Settings, SourceSpec
from edgewright.agent.config.targets import source_of_kind
from edgewright.agent.config.units import parse_bytes, parse_link, parse_seconds
from edgewright.agent.credentials import Credentials, has_password, refuse_others, refuse_sharing
from edgewright.agent.delivery.limits import Limits
from edgewright.agent.delivery.sinks import Sink, open_sink
from edgewright.agent.events.rules.hours import Hours
from edgewright.agent.events.rules.predicate import predicate_names
from edgewright.agent.events.rules.rule import Rule
from edgewright.errors import UsageError

T = TypeVar("T")

_TOP = frozenset({"model", "task", "state", "snapshots", "snapshot_limit", "top", "health", "link", "options"})
_TABLES = frozenset({"source", "sinks", "rules", "outbox"})
_RULE = frozenset({"name", "labels", "score", "seen", "of", "count", "cooldown", "hours", "sources"})
_SOURCE = ("camera", "stream", "video", "folder")
_SOURCE_OPTIONS = ("every_frame", "once", "credentials", "name")
_KINDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    (int, float): "a number",
    (str, int): "text or a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    (dict, list): "a table, written [source], or several, written [[source]]",
}

# Sources that are files or folders, which must be there.
_PATHS: Mapping[str, Callable[[str], bool]] = {"video": os.path.isfile, "folder": os.path.isdir}


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
    return _File(path, text).settings(values)


class _File:
    """The file, to say where in it something stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._folder = path.absolute().parent

    def settings(self, values: Mapping[str, Any]) -> Settings:
        self._refuse_strange(values, _TOP | _TABLES, ())
        given: dict[str, Any] = {
            "model": self._model(self._need(values, "model", str, ())),
            "sources": self._sources(self._need(values, "source", (dict, list), ())),
            "sinks": self._sinks(values),
            "rules": tuple(self._each(values, "rules", self._rule)),
            "state": self._folder / self._take(values, "state", str, (), "edgewright-state"),
            "limits": self._limits(self._take(values, "outbox", dict, (), {})),
        }
        for key, kind in (("task", str), ("snapshots", str), ("top", int), ("options", dict)):
            if key in values:
                given[key] = self._need(values, key, kind, ())
        if "health" in values:
            given["health_port"] = self._need(values, "health", int, ())
        if "snapshot_limit" in values:
            given["snapshot_limit_bytes"] = self._checked(parse_bytes, values["snapshot_limit"], ("snapshot_limit",))
        if "link" in values:
            given["link"] = self._checked(parse_link, self._need(values, "link", str, ()), ("link",))
        try:
            return Settings(**given)
        except SettingError as error:
            raise self._wrong((error.key,), error.reason) from None

    def _model(self, model: str) -> str:
        """A path relative to the file, unless it is a name or another path."""
        beside = self._folder / model
        return str(beside) if beside.exists() else model

    def _sources(self, told: dict[str, Any] | list[Any]) -> tuple[SourceSpec, ...]:
        """One table, or several of them."""
        if isinstance(told, dict):
            return (self._source(told, ("source",)),)
        return tuple(self._each({"source": told}, "source", self._source))

    def _source(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> SourceSpec:
        kinds = [key for key in _SOURCE if key in table] or [key for key in table if key in source_kinds()]
        if len(kinds) != 1:
            self._refuse_strange(table, frozenset((*_SOURCE, *_SOURCE_OPTIONS)), where)
            self._fail(where, f"expected one of {', '.join(_SOURCE)}, got {len(kinds)} of them")
        kind = kinds[0]
        target = self._target(kind, table, where)
        every_frame = self._take(table, "every_frame", bool, where, None)
        make = partial(source_of_kind, kind, target, **self._source_options(kind, table, where))
        spec = self._checked(make, every_frame, (*where, "every_frame"))
        return replace(spec, name=self._take(table, "name", str, where, None))

    def _target(self, kind: str, table: Mapping[str, Any], where: tuple[Any, ...]) -> Any:
        if kind not in _SOURCE:
            return table[kind]
        target = str(self._take(table, kind, (str, int), where, None))
        if kind in _PATHS:
            target = str(self._folder / target)
            if not _PATHS[kind](target):
                self._fail((*where, kind), f"{target}: there is no such {kind}")
        if kind == "stream" and has_password(target):
            self._checked(refuse_others, self._path, (*where, kind))
        return target

    def _source_options(self, kind: str, table: Mapping[str, Any], where: tuple[Any, ...]) -> dict[str, Any]:
        """What goes to the source itself; that of another package knows its own."""
        if kind not in _SOURCE:
            return {key: value for key, value in table.items() if key not in (kind, "every_frame", "name")}
        options: dict[str, Any] = {}
        self._refuse_strange(table, frozenset((*_SOURCE, *_SOURCE_OPTIONS)), where)
        if self._take(table, "once", bool, where, False):
            options["once"] = True
        if private := self._take(table, "credentials", str, where, None):
            options["credentials"] = self._folder / private
        for key, goes_with in (("once", "folder"), ("credentials", "stream")):
            if key in options and kind != goes_with:
                self._fail((*where, key), f"goes with a {goes_with}, not with a {kind}")
        return options

    def _sinks(self, values: Mapping[str, Any]) -> tuple[Sink, ...]:
        """Each with its own credentials; those without share what the environment says, if that is one host."""
        tables = [one for one in values.get("sinks", []) if isinstance(one, dict) and "credentials" not in one]
        targets = [one["send"] for one in tables if isinstance(one.get("send"), str)]
        self._checked(lambda found: refuse_sharing(Credentials.read(None), found), targets, ("sinks",))
        return tuple(self._each(values, "sinks", self._sink)) if "sinks" in values else (open_sink("stdout"),)

    def _sink(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> Sink:
        self._refuse_strange(table, frozenset({"send", "credentials"}), where)
        target = self._need(table, "send", str, where)
        if target.startswith("file:"):
            target = f"file:{self._folder / target.removeprefix('file:')}"
        private = self._take(table, "credentials", str, where, None)
        path = self._folder / private if private else None
        credentials = self._checked(Credentials.read, path, (*where, "credentials"))
        return self._checked(lambda one: open_sink(one, credentials), target, (*where, "send"))

    def _rule(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> Rule:
        others = self._predicates(table, where)
        given: dict[str, Any] = {
            "name": self._take(table, "name", str, where, f"rule {where[1] + 1}"),
            "labels": () if others and "labels" not in table else tuple(self._texts(table, "labels", where)),
            "predicates": others,
        }
        for key, kinds in (("score", (int, float)), ("seen", int), ("of", int), ("count", int)):
            if key in table:
                given[key] = self._need(table, key, kinds, where)
        if "sources" in table:
            given["sources"] = tuple(self._texts(table, "sources", where))
        if "cooldown" in table:
            given["cooldown_s"] = self._checked(parse_seconds, table["cooldown"], (*where, "cooldown"))
        if "hours" in table:
            given["hours"] = self._checked(Hours.parse, self._need(table, "hours", str, where), (*where, "hours"))
        return self._checked(lambda made: Rule(**made), given, where)

    def _predicates(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> dict[str, Any]:
        """The tables of predicates of other packages; raises `UsageError` for what is no setting of a rule at all."""
        strange = [key for key in table if key not in _RULE]
        if strange:
            self._refuse_strange(table, _RULE | frozenset(predicate_names()), where)
        return {key: self._need(table, key, dict, where) for key in strange}

    def _limits(self, table: Mapping[str, Any]) -> Limits:
        where = ("outbox",)
        self._refuse_strange(table, frozenset({"max_size", "max_age"}), where)
        given: dict[str, Any] = {}
        if "max_size" in table:
            given["max_bytes"] = self._checked(parse_bytes, table["max_size"], (*where, "max_size"))
        if "max_age" in table:
            given["max_age_s"] = self._checked(parse_seconds, table["max_age"], (*where, "max_age"))
        return self._checked(lambda made: Limits(**made), given, where)

    def _each(self, values: Mapping[str, Any], key: str, make: Callable[[Any, tuple[Any, ...]], T]) -> list[T]:
        tables = self._take(values, key, list, (), [])
        for number, table in enumerate(tables):
            if not isinstance(table, dict):
                self._fail((key, number), f"expected a table, written [[{key}]]")
        return [make(table, (key, number)) for number, table in enumerate(tables)]

    def _texts(self, table: Mapping[str, Any], key: str, where: tuple[Any, ...]) -> list[str]:
        found = self._need(table, key, list, where)
        if not all(isinstance(one, str) for one in found):
            self._fail((*where, key), "expected a list of texts")
        return list(found)

    def _need(self, table: Mapping[str, Any], key: str, kind: Any, where: tuple[Any, ...]) -> Any:
        if key not in table:
            self._fail(where, f"{key} is missing")
        return self._take(table, key, kind, where, None)

    def _take(self, table: Mapping[str, Any], key: str, kind: Any, where: tuple[Any, ...], otherwise: Any) -> Any:
        value = table.get(key, otherwise)
        is_flag = isinstance(value, bool) and kind is not bool
        if key in table and (is_flag or not isinstance(value, kind)):
            self._fail((*where, key), f"expected {_KINDS[kind]}, got {value!r}")
        return value

    def _refuse_strange(self, table: Mapping[str, Any], known: frozenset[str], where: tuple[Any, ...]) -> None:
        import difflib

        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f" Did you mean {near[0]!r}?" if near else ""
                self._fail((*where, key), f"there is no setting {key!r}.{meant} There are: {', '.join(sorted(known))}")

    def _checked(self, make: Callable[[Any], T], value: Any, where: tuple[Any, ...]) -> T:
        try:
            return make(value)
        except (ValueError, UsageError) as error:
            raise self._wrong(where, str(error)) from None

    def _fail(self, where: tuple[Any, ...], reason: str) -> NoReturn:
        raise self._wrong(where, reason)

    def _wrong(self, where: tuple[Any, ...], reason: str) -> UsageError:
        line = self._line(where)
        place = f", line {line}" if line else ""
        return UsageError(f"{self._path}{place}: {'.'.join(_names(where))}{': ' if where else ''}{reason}")

    def _line(self, where: tuple[Any, ...]) -> int | None:
        """The line of a setting: behind the header of its table, and of the right one where there are several."""
        table, number, key = _split(where)
        lines = list(enumerate(self._lines, 1))
        if not table:
            return _first(lines, _assigned(key)) if key else None
        headers = [i for i, line in lines if re.match(rf"\s*\[\[?\s*{re.escape(table)}\s*\]\]?", line)]
        if number >= len(headers):  # table.key = … or table = {key = …}
            dotted = rf"{re.escape(table)}\s*\.\s*{_assigned(key)}" if key else _assigned(table)
            return _first(lines, dotted) or _first(lines, _assigned(table))
        start = headers[number]
        return start if key is None else _first(lines[start:], _assigned(key)) or start


def _assigned(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?\s*="


def _first(lines: Sequence[tuple[int, str]], pattern: str) -> int | None:
    """The number of the first line that begins so."""
    return next((i for i, line in lines if re.match(rf"\s*{pattern}", line)), None)


def _split(where: tuple[Any, ...]) -> tuple[str, int, str | None]:
    """The table, which of them, and the key in it; a setting at the top has no table."""
    if len(where) == 1:
        return ("", 0, where[0]) if where[0] not in _TABLES else (where[0], 0, None)
    if len(where) >= 2 and isinstance(where[1], int):
        return where[0], where[1], where[2] if len(where) > 2 else None
    return (where[0], 0, where[1]) if len(where) == 2 else ("", 0, None)


def _names(where: tuple[Any, ...]) -> list[str]:
    """How a place is written: sinks 2, send."""
    return [f"{one + 1}" if isinstance(one, int) else str(one) for one in where]
