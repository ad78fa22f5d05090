"""Where values stand in the text of a TOML file, so that some can be replaced and all else stays as it was written."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Names from the top, with the number of an element where there are several: ("sinks", 0, "send")."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_COMMA = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}#\r\n]+")


@dataclass(frozen=True)
class Placed:
    """A value: its place among the others, and where its key begins and it begins and ends, in characters."""

    path: Path
    key: int
    start: int
    end: int


def values_in(text: str) -> list[Placed]:
    """All values of a file that is sound TOML, those inside of others included, in any order."""
    return list(_Scanner(text).placed())


def replaced(text: str, values: Mapping[Path, str]) -> str:
    """The text with other strings for the values at these places, each of which is there."""
    placed = {value.path: value for value in values_in(text)}
    for path in sorted(values, key=lambda path: -placed[path].start):
        text = f"{text[: placed[path].start]}{quoted(values[path])}{text[placed[path].end :]}"
    return text


def quoted(value: str) -> str:
    """A string as TOML writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def line_of(text: str, position: int) -> int:
    """The number of the line that a character stands in, from 1."""
    return text.count("\n", 0, position) + 1


class _Scanner:
    """Goes through a text once. It is lax, for what it reads was read by `tomllib` before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counts: dict[Path, int] = {}

    def placed(self) -> Iterator[Placed]:
        """Go through all tables."""
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                yield from self._pair(table)

    def _header(self) -> Path:
        """Read [a.b] or [[a.b]]: the table that what follows belongs to."""
        several = self.text.startswith("[[", self.at)
        self.at += 1 + several
        self._skip(_BLANK)
        table = self._within((), self._key(), last=not several)
        self._skip(_BLANK)
        self.at += 1 + several
        if several:
            number = self.counts[table] = self.counts.get(table, -1) + 1
            return (*table, number)
        return table

    def _within(self, table: Path, names: list[str], *, last: bool = True) -> Path:
        """The place of a name; of a table that is there several times the newest is meant."""
        for place, name in enumerate(names):
            table = (*table, name)
            if table in self.counts and (last or place < len(names) - 1):
                table = (*table, self.counts[table])
        return table

    def _pair(self, table: Path) -> Iterator[Placed]:
        key = self.at
        names = self._key()
        self._skip(_EQUALS)
        yield from self._value(self._within(table, names), key)

    def _key(self) -> list[str]:
        names = [self._name()]
        while _DOT.match(self.text, self.at):
            self._skip(_DOT)
            names.append(self._name())
        return names

    def _name(self) -> str:
        if self.text[self.at] in "\"'":
            written = self._take(_QUOTED)
            return str(tomllib.loads(f"a = {written}")["a"])
        return self._take(_BARE)

    def _value(self, path: Path, key: int) -> Iterator[Placed]:
        start, sign = self.at, self.text[self.at]
        if sign == "[":
            yield from self._several(path, "]")
        elif sign == "{":
            yield from self._several(path, "}")
        elif sign in "\"'":
            self._take(_QUOTED)
        else:
            written = self._take(_PLAIN)
            self.at -= len(written) - len(written.rstrip())
        yield Placed(path, key, start, self.at)

    def _several(self, path: Path, end: str) -> Iterator[Placed]:
        """The elements of a list, or the pairs of a table in one line."""
        self.at += 1
        number = 0
        while self.text[self._skip(_COMMA)] != end:
            yield from self._value((*path, number), self.at) if end == "]" else self._pair(path)
            number += 1
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match: Any = pattern.match(self.text, self.at)
        self.at = match.end()
        return str(match[0])
