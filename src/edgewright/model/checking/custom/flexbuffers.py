"""Reads a FlexBuffer that is one map of numbers, which the options of custom operators are, with every offset checked.

Source of the format: https://flatbuffers.dev/internals/#encoding-flexbuffers. Everything lies behind what it refers to:
offsets count backwards, and the last byte says how wide the root is.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from edgewright.errors import FormatError

Number = int | float

_INT, _UINT, _FLOAT, _INDIRECT_INT, _INDIRECT_UINT, _INDIRECT_FLOAT, _MAP, _BOOL = 1, 2, 3, 6, 7, 8, 9, 26
_CODES = {_INT: "bhiq", _UINT: "BHIQ", _BOOL: "BHIQ"}
_INDIRECT = {_INDIRECT_INT: _INT, _INDIRECT_UINT: _UINT, _INDIRECT_FLOAT: _FLOAT}
_FLOATS = {2: "e", 4: "f", 8: "d"}

# No operator has nearly as many options; the number bounds the work.
_MOST = 256


def read_numbers(data: bytes) -> dict[str, Number]:
    """The options by name; those that are no numbers are left out.

    Raises `FormatError` where the bytes are no map, an offset leads outside, or the keys are not in order: a reader
    that looks a key up by halves would not find it.
    """
    return _Reader(data).root()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def root(self) -> dict[str, Number]:
        if len(self._data) < 3:
            raise FormatError("its options are no FlexBuffer")
        packed, width = self._data[-2], self._data[-1]
        if width not in (1, 2, 4, 8) or packed >> 2 != _MAP:
            raise FormatError("its options are no FlexBuffer with a map in it")
        start = self._follow(len(self._data) - 2 - width, width)
        return self._map(start, 1 << (packed & 3))

    def _map(self, start: int, width: int) -> dict[str, Number]:
        count = self._unsigned(start - width, width)
        key_width = self._unsigned(start - 2 * width, width)
        if count > _MOST or key_width not in (1, 2, 4, 8):
            raise FormatError(f"its options have {count} entries with keys {key_width} bytes wide")
        keys_start = self._follow(start - 3 * width, width)
        if self._unsigned(keys_start - key_width, key_width) != count:
            raise FormatError("its options have more or fewer keys than values")
        keys = [self._key(self._follow(keys_start + place * key_width, key_width)) for place in range(count)]
        if any(key >= following for key, following in pairwise(keys)):
            raise FormatError("the keys of its options are not in order")
        types = self._bytes(start + count * width, count)
        values = (self._value(start + place * width, width, types[place]) for place in range(count))
        return {
            key.decode(errors="replace"): value for key, value in zip(keys, values, strict=True) if value is not None
        }

    def _value(self, place: int, width: int, packed: int) -> Number | None:
        kind = packed >> 2
        if kind in _INDIRECT:
            place, width, kind = self._follow(place, width), 1 << (packed & 3), _INDIRECT[kind]
        if kind == _FLOAT:
            if width not in _FLOATS:
                raise FormatError(f"its options have a real number of {width} byte")
            return float(struct.unpack("<" + _FLOATS[width], self._bytes(place, width))[0])
        if kind not in _CODES:
            return None
        return int(struct.unpack("<" + _CODES[kind][width.bit_length() - 1], self._bytes(place, width))[0])

    def _key(self, start: int) -> bytes:
        end = self._data.find(b"\0", start)
        if end < 0:
            raise FormatError("a key of its options has no end")
        return self._data[start:end]

    def _follow(self, place: int, width: int) -> int:
        target = place - self._unsigned(place, width)
        if not 0 <= target < place:
            raise FormatError("an offset in its options leads outside")
        return target

    def _unsigned(self, place: int, width: int) -> int:
        return int.from_bytes(self._bytes(place, width), "little")

    def _bytes(self, place: int, count: int) -> bytes:
        if place < 0 or place + count > len(self._data):
            raise FormatError("an offset in its options leads outside")
        return self._data[place : place + count]
