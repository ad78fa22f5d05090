"""Texts that a person means by words of a command line: the words themselves, the lines of files, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from edgewright.errors import DataError

MOST_BYTES = 256 << 20
"""A file is read as long as it has no more."""

STANDARD_INPUT = "-"

# A word like this is meant to be a file: as a text it would be answered, and nobody would notice.
_FILES = (".txt", ".text", ".csv", ".tsv", ".jsonl")


def find_texts(words: Sequence[str]) -> Iterator[str]:
    """Each word is a text; of a file that is there, and for "-" of standard input, each line that is not empty.

    Raises `DataError` for a file that is missing, too large, or no UTF-8 text.
    """
    for word in words:
        if word == STANDARD_INPUT:
            yield from _lines(sys.stdin.buffer, "standard input")
        elif _is_file(word):
            yield from _lines_of_file(Path(word))
        elif word.lower().endswith(_FILES) and not any(map(str.isspace, word)):
            raise DataError(f"{word}: there is no such file. A text can be given in quotes, with a blank in it")
        else:
            yield word


def _is_file(word: str) -> bool:
    try:
        path = Path(word)
        return path.exists() and not path.is_dir()  # also a pipe, as shells make of <(...)
    except (OSError, ValueError):  # too long for a file's name, or a null character in it
        return False


def _lines_of_file(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            yield from _lines(file, str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(f"{name}: over {MOST_BYTES >> 20} MiB; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: no UTF-8 text: {error.reason} at byte {error.start:,}") from None
    yield from filter(None, map(str.strip, text.splitlines()))
