"""Reads protocol buffers field by field, so that a graph can be looked at without TensorFlow and without running it.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.errors import ConversionError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZE = {_FIXED64: 8, _FIXED32: 4}

Field = tuple[int, int | memoryview]


def fields(message: memoryview) -> Iterator[Field]:
    """Yield (number, value) of each field of a message: an int for a varint, else a view of its bytes.

    Raises `ConversionError` where the bytes are no protocol buffer.
    """
    position, end = 0, len(message)
    while position < end:
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in _FIXED_SIZE:
            size = _FIXED_SIZE[kind]
        else:
            raise ConversionError(f"no protocol buffer: field {number} has the unknown type {kind}")
        if size > end - position:
            raise ConversionError(f"the protocol buffer is cut off: field {number} wants {size} bytes")
        yield number, message[position : position + size]
        position += size


def children(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yield the bytes of every field `number` of a message."""
    for found, value in fields(message):
        if found == number and isinstance(value, memoryview):
            yield value


def text(message: memoryview, number: int) -> str:
    """Return field `number` as text, the last one where it is repeated, "" where it is missing."""
    found = ""
    for value in children(message, number):
        found = as_text(value)
    return found


def as_text(value: memoryview) -> str:
    """Decode the bytes of a string field; bytes that are no UTF-8 are replaced, they only end up in messages."""
    return bytes(value).decode("utf-8", "replace")


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if position >= len(message):
            raise ConversionError("the protocol buffer is cut off in the middle of a number")
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
    raise ConversionError("no protocol buffer: a number is longer than ten bytes")
