"""Tells an ONNX file from other protocol buffers by the fields that it begins with; nothing of it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

# onnx.proto: numbers of the fields of a ModelProto, with their wire types: 0 a number, 2 bytes with their length.
_FIELDS = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_GRAPH = 7
_NUMBER = 0
_MOST_FIELDS = 64
_LONGEST_NUMBER = 10


def is_onnx(path: Path) -> bool:
    """Whether a file's first fields are those of an ONNX model, and its graph is among them.

    A SavedModel has the fields 1 and 2 only, and a frozen graph begins with bytes where ONNX has a number.
    """
    with path.open("rb") as stream:
        return any(_next_field(stream) == _GRAPH for _ in range(_MOST_FIELDS))


def _next_field(stream: BinaryIO) -> int | None:
    """The number of the next field, which is skipped; `None` at the end, or where no field of a model stands there."""
    tag = _number(stream)
    if tag is None or _FIELDS.get(tag >> 3) != tag & 7:
        stream.seek(0, 2)
        return None
    size = _number(stream)
    if tag & 7 != _NUMBER:
        stream.seek(size or 0, 1)
    return tag >> 3


def _number(stream: BinaryIO) -> int | None:
    """A number of 7 bits a byte, the lowest first; `None` at the end of the file or where it does not end."""
    value = 0
    for place in range(_LONGEST_NUMBER):
        byte = stream.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << (7 * place)
        if not byte[0] & 0x80:
            return value
    return None
