"""Vocabularies: files of words and pieces of words with their numbers, held to limits before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from edgewright.errors import UsageError
from edgewright.model import LONGEST_LABEL, MOST_LABELS

# The highest number that an int32 holds.
_MOST_ID = 2**31 - 1


class Vocabulary(NamedTuple):
    """The number of each word or piece; `numbered`: the file says the numbers, they are not those of its lines."""

    ids: Mapping[str, int]
    numbered: bool

    @property
    def largest(self) -> int:
        """The highest number that a text can become."""
        return max(self.ids.values())


def read_vocabulary(content: bytes, name: str = "the vocabulary") -> Vocabulary:
    """Read a file of one word a line, with a number behind each or none: then it is that of the line, from 0.

    Of a word that is there twice the last counts. Raises `UsageError` where the bytes are no such text, a line is too
    long, there are too many, or a number is none.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no UTF-8 text: {error}") from None
    lines = text.replace("\r\n", "\n").rstrip("\r\n").split("\n")
    if len(lines) > MOST_LABELS or max(map(len, lines)) > LONGEST_LABEL:
        raise UsageError(
            f"{name} has {len(lines):,} lines, the longest of {max(map(len, lines)):,} characters; at most "
            f"{MOST_LABELS:,} of {LONGEST_LABEL:,} are read"
        )
    if not any(lines):
        raise UsageError(f"{name} is empty. It holds one word a line, with its number or without")
    if _is_numbered(lines):
        return Vocabulary(_numbers(lines, name), numbered=True)
    return Vocabulary(dict(zip(lines, range(len(lines)), strict=True)), numbered=False)


def _is_numbered(lines: list[str]) -> bool:
    """The first lines tell: no vocabulary without numbers has two words in each of them."""
    return all(len(words := line.split()) == 2 and words[1].isdecimal() for line in lines[:3])


def _numbers(lines: list[str], name: str) -> dict[str, int]:
    ids = {}
    for place, line in enumerate(lines, 1):
        word, _, number = line.rpartition(" ") if " " in line else line.rpartition("\t")
        if not (number.isascii() and number.isdecimal() and len(number) <= 10 and int(number) <= _MOST_ID):
            raise UsageError(f"{name}, line {place}: {line[:40]!r} is no word with its number behind it")
        ids[word] = int(number)
    return ids
