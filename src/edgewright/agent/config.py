"""An agent described in a TOML file; a mistake in it is reported with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from edgewright.agent.credentials import Credentials
from edgewright.agent.limits import Limits
from edgewright.agent.rules import Hours, Rule
from edgewright.agent.settings import Settings, SourceSpec
from edgewright.agent.sinks import Sink, open_sink
from edgewright.agent.units import parse_bytes, parse_link, parse_seconds
from edgewright.errors import UsageError

T = TypeVar("T")

_TOP = frozenset({"model", "task", "state", "snapshots", "snapshot_limit", "top", "health", "link", "options"})
_TABLES = frozenset({"source", "sinks", "rules", "outbox"})
_SOURCE = ("camera", "stream", "video", "folder")

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
            "source": self._source(self._need(values, "source", dict, ())),
            "sinks": tuple(self._each(values, "sinks", self._sink)),
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
        return self._checked(lambda made: Settings(**made), given, ("snapshots" if "snapshots" in values else "model",))

    def _model(self, model: str) -> str:
        """A path relative to the file, unless it is a name or another path."""
        beside = self._folder / model
        return str(beside) if beside.exists() else model

    def _source(self, table: Mapping[str, Any]) -> SourceSpec:
        where = ("source",)
        self._refuse_strange(table, frozenset((*_SOURCE, "every_frame", "once")), where)
        named = [key for key in _SOURCE if key in table]
        if len(named) != 1:
            self._fail(where, f"expected one of {', '.join(_SOURCE)}, got {len(named)} of them")
        kind = named[0]
        target = str(self._take(table, kind, (str, int), where, None))
        if kind in _PATHS:
            target = str(self._folder / target)
            if not _PATHS[kind](target):
                self._fail((*where, kind), f"{target}: there is no such {kind}")
        every_frame = self._take(table, "every_frame", bool, where, kind in _PATHS)
        once = {"once": True} if self._take(table, "once", bool, where, False) else {}
        return SourceSpec(kind, target, every_frame, once)

    def _sink(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> Sink:
        self._refuse_strange(table, frozenset({"send", "credentials"}), where)
        target = self._need(table, "send", str, where)
        if target.startswith("file:"):
            target = f"file:{self._folder / target.removeprefix('file:')}"
        private = self._take(table, "credentials", str, where, None)
        credentials = Credentials.read(self._folder / private if private else None)
        return self._checked(lambda one: open_sink(one, credentials), target, (*where, "send"))

    def _rule(self, table: Mapping[str, Any], where: tuple[Any, ...]) -> Rule:
        self._refuse_strange(table, frozenset({"name", "labels", "score", "seen", "of", "cooldown", "hours"}), where)
        given: dict[str, Any] = {
            "name": self._take(table, "name", str, where, f"rule {where[1] + 1}"),
            "labels": tuple(self._texts(table, "labels", where)),
        }
        for key, kinds in (("score", (int, float)), ("seen", int), ("of", int)):
            if key in table:
                given[key] = self._need(table, key, kinds, where)
        if "cooldown" in table:
            given["cooldown_s"] = self._checked(parse_seconds, table["cooldown"], (*where, "cooldown"))
        if "hours" in table:
            given["hours"] = self._checked(Hours.parse, self._need(table, "hours", str, where), (*where, "hours"))
        return self._checked(lambda made: Rule(**made), given, where)

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
            names = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
            self._fail((*where, key), f"expected {names}, got {value!r}")
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
        if table:
            headers = [(i, line) for i, line in lines if re.match(rf"\s*\[\[?\s*{re.escape(table)}\s*\]\]?", line)]
            if number < len(headers):
                start = headers[number][0]
                lines = [(i, line) for i, line in lines if i >= start]
                if key is None:
                    return start
        pattern = re.compile(rf"\s*[\"']?{re.escape(key or table)}[\"']?\s*=")
        return next((i for i, line in lines if pattern.match(line)), None)


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
