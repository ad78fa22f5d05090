"""The `repr` of a value in a line that is worth reading: what is said of it, long things by their size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

# Characters: a line of a terminal that is wide enough for code.
LONGEST = 118
_LONGEST_TEXT, _MOST_ENTRIES = 48, 4


def line_of(value: object, *facts: object) -> str:
    """The kind of a value and what is to be said of it, in one line; what is too much is taken off the end."""
    text = ", ".join(str(fact) for fact in facts if fact != "")
    line = f"{type(value).__name__}({one_line(text)})"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]}…)"


def one_line(text: object) -> str:
    """Put the text on one line whatever is in it: control characters are written out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(text))


def brief(value: Any) -> str:
    """The `repr` of a dataclass: its fields that are not as they always are, in one line."""
    return line_of(value, *_said(value))


def name(text: str, longest: int = _LONGEST_TEXT) -> str:
    """A name or a path, of a readable length: what is too much is taken off its beginning."""
    return repr(text if len(text) <= longest else f"…{text[1 - longest :]}")


def count(number: int, what: str) -> str:
    """So many of a thing, whose plural ends in s."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _said(value: Any) -> Iterator[str]:
    for field in fields(value):
        content = getattr(value, field.name)
        if field.repr and not _is_usual(content, field):
            yield _of_field(field.name, content)


def _is_usual(content: Any, field: Field[Any]) -> bool:
    """Whether it is the default, or nothing."""
    if content is None or (isinstance(content, Collection) and not isinstance(content, str) and len(content) == 0):
        return True
    return field.default is not MISSING and type(content) is type(field.default) and bool(content == field.default)


def _of_field(called: str, content: Any) -> str:
    if hasattr(content, "dtype") and hasattr(content, "shape"):
        return f"{called}={content.dtype} {content.shape}"
    if isinstance(content, bytes):
        return f"{len(content):,} bytes"
    if isinstance(content, str):
        return f"{called}={name(content)}"
    if isinstance(content, float):
        return f"{called}={content:.4g}"
    if isinstance(content, tuple | list | dict | set | frozenset):
        return _of_entries(called, content)
    return f"{called}={content!r}"


def _of_entries(called: str, entries: Collection[Any]) -> str:
    """A few numbers or words as they are, anything else by how many there are."""
    plain = not isinstance(entries, dict) and all(isinstance(entry, str | int | float) for entry in entries)
    inner = ", ".join(_entry(entry) for entry in entries)
    shown = f"{called}=({inner}{',' if len(entries) == 1 else ''})"
    if plain and len(entries) <= _MOST_ENTRIES and len(shown) <= 2 * _LONGEST_TEXT:
        return shown
    many = called.replace("_", " ")
    single = f"{many[:-3]}y" if many.endswith("ies") else many.removesuffix("s")
    return f"{len(entries):,} {single if len(entries) == 1 else many}"


def _entry(entry: Any) -> str:
    return f"{entry:.4g}" if isinstance(entry, float) else repr(entry)
