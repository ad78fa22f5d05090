"""Reading a flatbuffer with every offset checked: the reader is the verifier.

The binary format: https://flatbuffers.dev/internals/. All numbers are little-endian. A table starts with a signed
offset back to its vtable; the vtable holds its own size, the table's size, and for each field the distance from the
table's start, 0 where the field is absent. Strings, vectors and tables are reached by unsigned offsets forward.

A decoded table is a plain `dict` of field name to value: a number, a `str`, a tuple of numbers, a `Blob`, a nested
dict, a list of those, `None` where an optional field is absent, and for a union a pair (member's name, dict) or `None`.
"""

from __future__ import annotations

import struct
from typing import Any

from edgewright.errors import FormatError
from edgewright.model.storage.layout import SCALARS, Field, Layout
from edgewright.values import dataclass

Table = dict[str, Any]

_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")
_TWO_U16 = struct.Struct("<HH")
_SCALAR = {name: struct.Struct("<" + code) for name, (code, _) in SCALARS.items()}

# No writer shares data between tables to this degree; hostile files do, to make a small file expensive to read.
_READS_PER_BYTE = 16


@dataclass(frozen=True, slots=True)
class Blob:
    """Raw bytes inside a file, not copied: where they start, and a view of them."""

    offset: int
    data: memoryview

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return bytes(self.data)

    def __deepcopy__(self, memo: object) -> Blob:
        return self


def decode(data: bytes | memoryview, layout: Layout, table: str, *, identifier: bytes, what: str) -> Table:
    """Read and verify the root table of a flatbuffer.

    Raises `FormatError` where an offset leads outside, is misaligned, or the identifier is another one; `what` names
    the flatbuffer in the message.
    """
    return _Decoder(memoryview(data), layout, what).root(table, identifier)


class _Decoder:
    def __init__(self, data: memoryview, layout: Layout, what: str) -> None:
        self._data = data
        self._end = len(data)
        self._layout = layout
        self._what = what
        self._plans: dict[tuple[int, str], tuple[int, list[tuple[Field, int, int]]]] = {}
        self._budget = _READS_PER_BYTE * len(data) + 1024

    def root(self, table: str, identifier: bytes) -> Table:
        if self._end < 8:
            raise self._broken(f"{self._end} bytes are too few")
        found = bytes(self._data[4:8])
        if found != identifier:
            from edgewright.mistaken import what_it_is

            instead = what_it_is(bytes(self._data[:64]))
            usual = f"it has {found!r} at byte 4 where {identifier!r} belongs"
            raise self._broken(f"it looks like {instead.said}" if instead else usual)
        return self._table(self._forward(0), table)

    def _broken(self, why: str) -> FormatError:
        return FormatError(f"{self._what}: {why}")

    def _need(self, start: int, size: int, align: int) -> None:
        """Check that `size` bytes at `start` are inside and aligned, and that reading stays affordable."""
        if start < 0 or start + size > self._end:
            raise self._broken(f"an offset leads to bytes {start} to {start + size}, and the data has {self._end}")
        if start % align:
            raise self._broken(f"a value of alignment {align} lies at byte {start}")
        self._budget -= size
        if self._budget < 0:
            raise self._broken("the same bytes are used again and again, as no writer does")

    def _forward(self, position: int) -> int:
        """Where the offset at `position` leads; the caller has checked that its four bytes are inside."""
        target = position + int(_U32.unpack_from(self._data, position)[0])
        if target == position:
            raise self._broken(f"the offset at byte {position} is zero")
        return target

    def _table(self, position: int, name: str) -> Table:
        self._need(position, 4, 4)
        start = position - int(_I32.unpack_from(self._data, position)[0])
        plan = self._plans.get((start, name))
        if plan is None:
            plan = self._plans[start, name] = self._plan(start, name)
        table_size, fields = plan
        self._need(position, table_size, 4)
        result = self._layout.defaults(name)
        for field, offset, value_offset in fields:
            if field.kind == "scalar" and not field.vector:
                result[field.name] = self._scalar(position + offset, field)
            elif field.kind == "union":
                result[field.name] = self._union(position, offset, value_offset, field)
            else:
                result[field.name] = self._referenced(self._forward(position + offset), field)
        return result

    def _plan(self, start: int, name: str) -> tuple[int, list[tuple[Field, int, int]]]:
        """The size of the tables that share a vtable and the places of their fields, inside of it and aligned."""
        table_size, offsets = self._vtable(start)
        fields = []
        for number, field in enumerate(self._layout.slots(name)[: len(offsets)]):
            if field is None or not offsets[number]:
                continue
            value_offset = 0
            if field.kind == "union" and number + 1 < len(offsets):
                value_offset = offsets[number + 1]
                self._check_place(start, value_offset, 4, table_size)
            self._check_place(start, offsets[number], _slot_size(field), table_size)
            fields.append((field, offsets[number], value_offset))
        return table_size, fields

    def _vtable(self, start: int) -> tuple[int, tuple[int, ...]]:
        """The table's size and the distance of each of its fields."""
        self._need(start, 4, 2)
        vtable_size, table_size = _TWO_U16.unpack_from(self._data, start)
        if vtable_size < 4 or vtable_size % 2 or table_size < 4:
            raise self._broken(f"the table description at byte {start} is malformed")
        self._need(start, vtable_size, 2)
        return table_size, struct.unpack_from(f"<{vtable_size // 2 - 2}H", self._data, start + 4)

    def _check_place(self, start: int, offset: int, size: int, table_size: int) -> None:
        """Check a field's place in its table. Tables lie at multiples of 4; `_scalar` checks 8 where it matters."""
        if offset and (offset < 4 or offset + size > table_size or offset % min(size, 4)):
            raise self._broken(f"the table description at byte {start} has a field outside of its table or misaligned")

    def _scalar(self, position: int, field: Field) -> int | float | bool:
        if position % field.align:
            raise self._broken(f"a value of alignment {field.align} lies at byte {position}")
        value: int | float | bool = _SCALAR[field.type].unpack_from(self._data, position)[0]
        return value

    def _referenced(self, target: int, field: Field) -> Any:
        if not field.vector:
            return self._string(target) if field.kind == "string" else self._table(target, field.type)
        if field.kind == "scalar":
            return self._numbers(target, field)
        start, count = self._vector(target, 4, 4)
        targets = [self._forward(start + 4 * index) for index in range(count)]
        if field.kind == "string":
            return [self._string(item) for item in targets]
        return [self._table(item, field.type) for item in targets]

    def _vector(self, target: int, item_size: int, align: int) -> tuple[int, int]:
        self._need(target, 4, 4)
        count = int(_U32.unpack_from(self._data, target)[0])
        start = target + 4
        if count:
            self._need(start, count * item_size, align)
        return start, count

    def _numbers(self, target: int, field: Field) -> tuple[Any, ...] | Blob:
        code, size = SCALARS[field.type]
        start, count = self._vector(target, size, size)
        if field.type == "u8":
            self._budget += count  # A view costs nothing to read.
            return Blob(start, self._data[start : start + count])
        return struct.unpack_from(f"<{count}{code}", self._data, start)

    def _string(self, target: int) -> str:
        self._need(target, 4, 4)
        size, start = int(_U32.unpack_from(self._data, target)[0]), target + 4
        self._need(start, size + 1, 1)
        if self._data[start + size]:
            raise self._broken(f"the text at byte {start} has no end")
        return str(self._data[start : start + size], "utf-8", "replace")

    def _union(self, position: int, type_offset: int, value_offset: int, field: Field) -> tuple[str, Table] | None:
        number = self._data[position + type_offset]
        if not number:
            return None
        members = self._layout.unions[field.type]
        if number > len(members):
            raise self._broken(f"{field.name} has type {number}, unknown to this version (it knows {len(members)})")
        member = members[number - 1]
        if not value_offset:  # Some writers leave out a value that is all defaults.
            return member, self._layout.defaults(member)
        return member, self._table(self._forward(position + value_offset), member)


def _slot_size(field: Field) -> int:
    """Bytes that a field takes in its table: its own, one for a union's type, or four for an offset."""
    if field.kind == "union":
        return 1
    return _SCALAR[field.type].size if field.kind == "scalar" and not field.vector else 4
