"""Reads protocol buffers field by field, so that a graph can be looked at without TensorFlow and without running it.

Two readers may give two answers where a message says something twice: protobuf merges messages, takes the last of the
scalars, and the last member of a oneof. No writer does that, so what is read here through `Message` may not.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.errors import ConversionError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZE = {_FIXED64: 8, _FIXED32: 4}
_LARGEST_TAG = 0xFFFF_FFFF
_KEY, _VALUE = 1, 2

# A number, the view of a message or text, or the four or eight bytes of a number of fixed size.
Value = int | memoryview | bytes
Field = tuple[int, Value]


def fields(message: memoryview) -> Iterator[Field]:
    """Yield (number, value) of each field of a message.

    Raises `ConversionError` where the bytes are no protocol buffer.
    """
    position, end = 0, len(message)
    while position < end:
        tag, position = varint(message, position)
        number, kind = tag >> 3, tag & 7
        if number == 0 or tag > _LARGEST_TAG:
            raise ConversionError(f"no protocol buffer: there is no field {number}")
        if kind == _VARINT:
            value, position = varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            size, position = varint(message, position)
        elif kind in _FIXED_SIZE:
            size = _FIXED_SIZE[kind]
        else:
            raise ConversionError(f"no protocol buffer: field {number} has the unknown type {kind}")
        if size > end - position:
            raise ConversionError(f"the protocol buffer is cut off: field {number} wants {size} bytes")
        found = message[position : position + size]
        yield number, found if kind == _BYTES else bytes(found)
        position += size


class Message:
    """A message whose fields are told apart by number; what may be there once and is there twice is refused."""

    __slots__ = ("_values",)

    def __init__(self, data: memoryview) -> None:
        """Raises `ConversionError` where the bytes are no protocol buffer."""
        self._values: dict[int, list[Value]] = {}
        for number, value in fields(data):
            self._values.setdefault(number, []).append(value)

    def many(self, number: int) -> list[memoryview]:
        """The bytes of every field `number`."""
        return [self._bytes(number, value) for value in self._values.get(number, ())]

    def one(self, number: int) -> memoryview | None:
        """The bytes of field `number`, `None` where it is missing."""
        value = self._single(number)
        return None if value is None else self._bytes(number, value)

    def messages(self, number: int) -> list[Message]:
        """Every message in field `number`."""
        return [Message(value) for value in self.many(number)]

    def message(self, number: int) -> Message:
        """The message in field `number`, an empty one where it is missing."""
        return Message(self.one(number) or memoryview(b""))

    def text(self, number: int) -> str:
        """Field `number` as text, "" where it is missing."""
        value = self.one(number)
        return "" if value is None else as_text(value)

    def number(self, number: int) -> int:
        """Field `number` as a whole number, 0 where it is missing."""
        value = self._single(number)
        if value is not None and not isinstance(value, int):
            raise ConversionError(f"the protocol buffer has other than a number in field {number}")
        return value or 0

    def entries(self, number: int) -> dict[str, Message]:
        """The map in field `number`; each key may be there once."""
        found: dict[str, Message] = {}
        for entry in self.messages(number):
            key = entry.text(_KEY)
            if key in found:
                raise ConversionError(f"the protocol buffer has two entries {key!r} in field {number}")
            found[key] = entry.message(_VALUE)
        return found

    def require_one_of(self, *numbers: int) -> None:
        """Raise `ConversionError` where more than one of these fields is there: they exclude each other."""
        given = [number for number in numbers if number in self._values]
        if len(given) > 1:
            raise ConversionError(f"the protocol buffer has fields {given} at once, of which one can be meant")

    def __contains__(self, number: int) -> bool:
        return number in self._values

    def _single(self, number: int) -> Value | None:
        values = self._values.get(number, ())
        if len(values) > 1:
            raise ConversionError(
                f"the protocol buffer has field {number} {len(values)} times, and it can be there once"
            )
        return values[0] if values else None

    def _bytes(self, number: int, value: Value) -> memoryview:
        if not isinstance(value, memoryview):
            raise ConversionError(f"the protocol buffer has a number in field {number}, which holds bytes")
        return value


def as_text(value: memoryview) -> str:
    """Decode the bytes of a string field; bytes that are no UTF-8 are replaced, they only end up in messages."""
    return bytes(value).decode("utf-8", "replace")


def varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number of variable size at this position, and the position behind it."""
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
