"""What an input is read from: a path, bytes or a file object, and its name for messages."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from edgewright.brief import one_line as one_line
from edgewright.errors import DataError
from edgewright.mistaken import meant


def reason(problem: BaseException) -> str:
    """What an exception says, short and in one line."""
    text = str(getattr(problem, "strerror", None) or problem) or type(problem).__name__
    return one_line(text)[:120]


@contextmanager
def stream_of(source: Any, noun: str, others: str) -> Iterator[tuple[BinaryIO, str]]:
    """Give a file object at its start that can go back there, and its name for messages; what was opened is closed.

    `noun` is what it is to be ("picture"), `others` what else could have been given ("PIL image or array"). Raises
    `DataError` where it cannot be opened.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source), "<bytes>"
    elif isinstance(source, str | os.PathLike):
        with _open_file(source, noun) as stream:
            yield stream, one_line(os.fspath(source))
    else:
        stream = _rewound(source, noun, others)
        yield stream, one_line(getattr(stream, "name", "<file>"))


def _rewound(source: Any, noun: str, others: str) -> Any:
    """Give a file object at its start and able to go back there: a pipe is read whole."""
    if not hasattr(source, "read"):
        raise DataError(f"a {noun} cannot be a {type(source).__name__}. Give a path, bytes, file, {others}")
    if isinstance(source, io.TextIOBase):
        raise DataError(f"{one_line(getattr(source, 'name', '<file>'))}: opened as text. Open it with mode 'rb'")
    if not (hasattr(source, "seekable") and source.seekable()):
        return io.BytesIO(source.read())
    source.seek(0)
    return source


def _open_file(source: str | os.PathLike[str], noun: str) -> BinaryIO:
    path, name = os.fspath(source), one_line(os.fspath(source))
    if name.startswith(("http://", "https://")):
        raise DataError(f"{name}: {noun}s are not fetched from the web. Download it, then give the file")
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise DataError(f"{name}: not a file. Give one {noun} file")
        return open(path, "rb")
    except FileNotFoundError:
        raise DataError(f"{name}: no such file{meant(path)}") from None
    except (OSError, ValueError) as problem:
        raise DataError(f"{name}: cannot be read ({reason(problem)})") from problem
