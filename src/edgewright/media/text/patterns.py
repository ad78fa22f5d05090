"""Patterns that files bring along: only those that take a time in proportion to the text, whatever it is.

Files are written for RE2, which promises that of every pattern. Python's `re` does not: "(a+)+b" takes it years. What
tokenizers need is little, runs of certain characters; so that is taken apart here, and all else is refused.
"""

from __future__ import annotations

import re

from edgewright.errors import UsageError

# Classes as RE2 has them: of ASCII characters only, and its \s has no vertical tab.
_CLASSES = {"w": r"\w", "W": r"\W", "d": r"\d", "D": r"\D", "s": r"\t\n\f\r ", "S": r"\S"}
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_OPERATORS = frozenset(".^$*+?{}()|")


def delimiter(pattern: str) -> re.Pattern[str]:
    r"""Compile what stands between words: alternatives of characters and classes, the last of each with "+" or without.

    "[^\w\']+", "\s+|[.,!?]" and "(--|\W+)" are such. No match is empty, and trying an alternative takes no longer than
    its match is, so that the time is in proportion to the text. Raises `UsageError` for anything else.
    """
    try:
        return re.compile(_Parser(_without_group(pattern)).alternatives(), re.ASCII)
    except (_RefusedError, re.error) as problem:
        raise UsageError(
            f"the pattern between words {pattern[:80]!r} is refused: {problem}. What can be used are characters and "
            r"classes such as [^\w\'] and \s, with + behind the last, and | between several"
        ) from None


class _RefusedError(Exception):
    """What of a pattern cannot be used."""


def _without_group(pattern: str) -> str:
    """The pattern without a group around all of it, which RE2 needs to say where it matched."""
    inner = pattern[1:-1]
    whole = pattern[:1] == "(" and pattern[-1:] == ")" and not inner.endswith("\\") and not {"(", ")"} & set(inner)
    return inner.removeprefix("?:") if whole else pattern


class _Parser:
    """Reads a pattern sign by sign and writes the same for `re`."""

    def __init__(self, pattern: str) -> None:
        self._left = list(reversed(pattern))

    def alternatives(self) -> str:
        found = [self._sequence()]
        while self._left:
            self._next()  # the "|" at which the one before ended
            found.append(self._sequence())
        return "|".join(found)

    def _sequence(self) -> str:
        atoms: list[str] = []
        while self._left and not self._is_next("|"):
            if atoms and atoms[-1] == "+":
                raise _RefusedError('something stands behind a "+"')
            atoms.append(self._next() if atoms and self._is_next("+") else self._atom())
        if not atoms:
            raise _RefusedError("an alternative is empty")
        return "".join(atoms)

    def _atom(self) -> str:
        if self._is_next("["):
            return self._class()
        if self._left[-1] in _OPERATORS:
            raise _RefusedError(f"{self._left[-1]!r} is in it")
        text, is_class = self._character()
        return f"[{text}]" if is_class else text

    def _class(self) -> str:
        self._next()
        negation = self._next() if self._is_next("^") else ""
        items = [self._item()]
        while not self._is_next("]"):
            items.append(self._item())
        self._next()
        return f"[{negation}{''.join(items)}]"

    def _item(self) -> str:
        """A character, a class or a span inside of brackets."""
        if self._is_next("[") and self._left[-2:-1] == [":"]:
            raise _RefusedError("a class by its name is in it")
        text, is_class = self._character()
        if is_class or not self._is_next("-") or self._left[-2:-1] == ["]"]:
            return text
        self._next()
        last, is_class = self._character()
        if is_class:
            raise _RefusedError("a span ends in a class")
        return f"{text}-{last}"

    def _character(self) -> tuple[str, bool]:
        """A character as `re` has it, or the inside of a class: then the second value is true."""
        sign = self._next()
        if sign != "\\":
            return re.escape(sign), False
        escaped = self._next()
        if escaped in _CLASSES:
            return _CLASSES[escaped], True
        if escaped not in _SIGNS and (escaped.isalnum() or not escaped.isascii()):
            raise _RefusedError(f"\\{escaped} is in it")
        return re.escape(_SIGNS.get(escaped, escaped)), False

    def _is_next(self, sign: str) -> bool:
        return bool(self._left) and self._left[-1] == sign

    def _next(self) -> str:
        if not self._left:
            raise _RefusedError("it ends too early")
        return self._left.pop()
