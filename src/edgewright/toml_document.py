"""A TOML file whose values are read with their types; what is wrong with one is told with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from edgewright.errors import UsageError

T = TypeVar("T")

Where = tuple[Any, ...]
"""A place in the file: the table, which of them from 0 where there are several, the key in it, which element of that.

() is the top.
"""

Table = Mapping[str, Any]

_KINDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    (int, float): "a number",
    (str, int): "text or a whole number",
    (str, list): "text or a list of texts",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    (bool, dict): "true, false or a table",
    (dict, list): "a table, written [source], or several, written [[source]]",
}


class Document:
    """The file, to read its values and to say where in it something stands. `folder` is what its paths start from."""

    def __init__(self, path: Path, text: str, tables: frozenset[str]) -> None:
        self.path = path
        self.folder = path.absolute().parent
        self._lines = text.splitlines()
        self._tables = tables

    @classmethod
    def read(cls, path: Path, tables: frozenset[str]) -> tuple[Document, Table]:
        """Open a file, with its values; `tables` are the tables that it may have. Raises `UsageError` for no TOML."""
        try:
            text = path.read_text(encoding="utf-8-sig")  # editors of Windows put a mark in front
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{path}: no text in UTF-8") from None
        try:
            return cls(path, text, tables), tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # Python's own too, as of a number of thousands of digits
            raise UsageError(f"{path}: {error}") from None

    def need(self, table: Table, key: str, kind: Any, where: Where) -> Any:
        """A value that must be there, of one of the types."""
        if key not in table:
            self.fail(where, f"{key} is missing")
        return self.take(table, key, kind, where, None)

    def take(self, table: Table, key: str, kind: Any, where: Where, otherwise: Any) -> Any:
        """A value of one of the types; `otherwise` where there is none."""
        value = table.get(key, otherwise)
        is_flag = isinstance(value, bool) and bool not in (kind if isinstance(kind, tuple) else (kind,))
        if key in table and (is_flag or not isinstance(value, kind)):
            self.fail((*where, key), f"expected {_KINDS[kind]}, got {value!r}")
        return value

    def texts(self, table: Table, key: str, where: Where) -> list[str]:
        """A list of texts."""
        found = self.need(table, key, list, where)
        if not all(isinstance(one, str) for one in found):
            self.fail((*where, key), "expected a list of texts")
        return list(found)

    def each(self, values: Table, key: str, make: Callable[[Any, Where], T]) -> list[T]:
        """What `make` makes of each table of a list."""
        tables = self.take(values, key, list, (), [])
        for number, table in enumerate(tables):
            if not isinstance(table, dict):
                self.fail((key, number), f"expected a table, written [[{key}]]")
        return [make(table, (key, number)) for number, table in enumerate(tables)]

    def checked(self, make: Callable[[Any], T], value: Any, where: Where) -> T:
        """What `make` makes of a value; what is wrong with that is told with its place."""
        try:
            return make(value)
        except (ValueError, UsageError) as error:
            raise self.wrong(where, str(error)) from None

    def file_or_name(self, model: str) -> str:
        """A path relative to the file, unless it is a model's name or another path."""
        beside = self.folder / model
        return str(beside) if os.path.exists(beside) else model  # noqa: PTH110 - which raises for no name that there is

    def refuse_strange(self, table: Table, known: frozenset[str], where: Where) -> None:
        """Raise `UsageError` for a key that is not known."""
        import difflib

        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f" Did you mean {near[0]!r}?" if near else ""
                self.fail((*where, key), f"there is no setting {key!r}.{meant} There are: {', '.join(sorted(known))}")

    def fail(self, where: Where, reason: str) -> NoReturn:
        """Raise `UsageError` for what is at a place."""
        raise self.wrong(where, reason)

    def wrong(self, where: Where, reason: str) -> UsageError:
        """The error that tells what is wrong at a place."""
        line = self._line(where)
        place = f", line {line}" if line else ""
        return UsageError(f"{self.path}{place}: {'.'.join(_names(where))}{': ' if where else ''}{reason}")

    def _line(self, where: Where) -> int | None:
        """The line of a setting: behind the header of its table, and of the right one where there are several."""
        table, number, key = self._split(where)
        lines = list(enumerate(self._lines, 1))
        if not table:
            return _first(lines, _assigned(key)) if key else None
        headers = [i for i, line in lines if re.match(rf"\s*\[\[?\s*{re.escape(table)}\s*\]\]?", line)]
        if number >= len(headers):  # table.key = … or table = {key = …}
            dotted = rf"{re.escape(table)}\s*\.\s*{_assigned(key)}" if key else _assigned(table)
            return _first(lines, dotted) or _first(lines, _assigned(table))
        start = headers[number]
        found = start if key is None else _first(lines[start:], _assigned(key)) or start
        number_in_list = where[3] if len(where) > 3 and isinstance(where[3], int) else None
        return found if number_in_list is None else _element(lines[found - 1 :], number_in_list) or found

    def _split(self, where: Where) -> tuple[str, int, str | None]:
        """The table, which of them, and the key in it; a setting at the top has no table."""
        if len(where) == 1:
            return ("", 0, where[0]) if where[0] not in self._tables else (where[0], 0, None)
        if len(where) >= 2 and isinstance(where[1], int):
            return where[0], where[1], where[2] if len(where) > 2 else None
        return (where[0], 0, where[1]) if len(where) == 2 else ("", 0, None)


def _assigned(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?\s*="


def _first(lines: Sequence[tuple[int, str]], pattern: str) -> int | None:
    """The number of the first line that begins so."""
    return next((i for i, line in lines if re.match(rf"\s*{pattern}", line)), None)


def _element(lines: Sequence[tuple[int, str]], number: int) -> int | None:
    """The line of a list within a list: that of the bracket which opens it. Texts with brackets in them mislead it."""
    depth = 0
    for i, line in lines:
        for letter in line.partition("#")[0]:
            depth += (letter == "[") - (letter == "]")
            if letter == "[" and depth == 2:
                number -= 1
                if number < 0:
                    return i
            if letter == "]" and depth == 0:
                return None
    return None


def _names(where: Where) -> list[str]:
    """How a place is written: sinks 2, send."""
    return [f"{one + 1}" if isinstance(one, int) else str(one) for one in where]
