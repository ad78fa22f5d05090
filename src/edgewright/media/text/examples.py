"""Tables of messages and the replies to them: a line each, with commas, semicolons or tabs between the two."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from edgewright.errors import DataError

_MOST_BYTES = 64 << 20
_DELIMITERS = "\t,;"
_LOOKED_AT = 100
_HEADERS = {"message": ("message", "question", "text", "input"), "reply": ("reply", "answer", "response", "output")}

Pair = tuple[str, str]


def read_examples(path: str | os.PathLike[str]) -> list[Pair]:
    """Read (message, reply) of each line; a header may name the two columns, among others or in another order.

    Raises `DataError` that names the line where one of the two is missing, and for what is no such table.
    """
    rows = list(_rows(Path(path)))
    if not rows:
        raise DataError(f"{path}: no lines. It holds message,reply in each")
    header = [cell.lower() for cell in rows[0][1]]
    columns = [next((header.index(name) for name in names if name in header), None) for names in _HEADERS.values()]
    message, reply = columns
    if message is None or reply is None:
        message, reply = 0, 1
    else:
        rows = rows[1:]
    return [_pair(path, line, cells, message, reply) for line, cells in rows]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    lines = list(io.StringIO(_text(path), newline=""))  # with their ends, which belong to a cell of several lines
    reader = csv.reader(lines, delimiter=max(_DELIMITERS, key=lambda sign: _pairs_by(sign, lines[:_LOOKED_AT])))
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as problem:
        raise DataError(f"{path}: line {reader.line_num}: {problem}") from None


def _pairs_by(delimiter: str, lines: list[str]) -> int:
    """How many lines have two columns or more with a delimiter."""
    try:
        return sum(len(row) > 1 for row in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return 0


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file. It holds message,reply in each line") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: no UTF-8 text: {error.reason} at byte {error.start:,}") from None
    raise DataError(f"{path}: over {_MOST_BYTES >> 20} MiB are no table of examples")


def _pair(path: object, line: int, cells: list[str], message: int, reply: int) -> Pair:
    if max(message, reply) >= len(cells) or not cells[message] or not cells[reply]:
        raise DataError(f"{path}: line {line}: the message or the reply is missing. Expected message,reply")
    return cells[message], cells[reply]
