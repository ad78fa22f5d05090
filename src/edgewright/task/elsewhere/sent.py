"""Inputs on their way to another machine: files go with their bytes, and keep their names."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

# Inputs that go at once: so many, or of so many bytes.
_MOST, _MOST_BYTES = 64, 8 << 20


class SentFile(io.BytesIO):
    """The bytes of a file, which is called in messages what it was called where it came from."""

    name: str

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> SentFile:
        """Read a file. Raises OSError."""
        with open(path, "rb") as stream:  # noqa: PTH123 - of either
            sent = cls(stream.read())
        sent.name = os.fspath(path)
        return sent


def pieces(inputs: Iterable[Any], *, files: bool) -> Iterator[list[Any]]:
    """Cut inputs into pieces that can be sent; with `files` a text is the path of one, as a path always is.

    A file that cannot be read stays a path: who is asked for it says what is wrong with it.
    """
    piece: list[Any] = []
    size = 0
    for source in inputs:
        piece.append(_sent(source, files=files))
        size += _size(piece[-1])
        if len(piece) == _MOST or size >= _MOST_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def sent_files(inputs: Iterable[Any]) -> list[Any]:
    """Inputs that can be sent, all at once; a text is the path of a file."""
    return [_sent(source, files=True) for source in inputs]


def _sent(source: Any, *, files: bool) -> Any:
    if not isinstance(source, os.PathLike) and not (files and isinstance(source, str)):
        return source
    try:
        return SentFile.of(source)
    except (OSError, ValueError):
        return source


def _size(source: Any) -> int:
    if isinstance(source, SentFile):
        return source.getbuffer().nbytes
    return int(getattr(source, "nbytes", 0)) or sys.getsizeof(source)
