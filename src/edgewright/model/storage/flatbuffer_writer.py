"""Writing a flatbuffer from the dicts that `flatbuffer.decode` gives. Needs the `flatbuffers` package."""

from __future__ import annotations

import struct
from typing import Any

from edgewright.model.storage.flatbuffer import Blob, Table
from edgewright.model.storage.layout import SCALARS, Field, Layout


def encode(value: Table, layout: Layout, table: str, *, identifier: bytes, size_hint: int = 1024) -> bytes:
    """Write `value` as the root table of a new flatbuffer; fields that equal their default are left out.

    The same value gives the same bytes. A field name that the layout does not know raises `KeyError`: nothing is
    dropped in silence.
    """
    import flatbuffers

    writer = _Writer(flatbuffers.Builder(size_hint), layout)
    writer.builder.Finish(writer.table(value, table), file_identifier=identifier)
    return bytes(writer.builder.Output())


class _Writer:
    def __init__(self, builder: Any, layout: Layout) -> None:
        self.builder = builder
        self._layout = layout

    def table(self, value: Table, name: str) -> int:
        """Write everything that the table refers to, then the table itself; the return value is its offset."""
        fields = self._layout.fields(name)
        unknown = value.keys() - {field.name for field in fields}
        if unknown:
            raise KeyError(f"{name} has no field {', '.join(sorted(unknown))}")
        present = [(field, value[field.name]) for field in fields if value.get(field.name) is not None]
        references = {field.name: self._reference(field, item) for field, item in present if _is_reference(field)}
        self.builder.StartObject(fields[-1].number + 2 if fields else 0)
        for field, item in present:
            self._slot(field, item, references.get(field.name))
        return int(self.builder.EndObject())

    def _slot(self, field: Field, item: Any, reference: int | None) -> None:
        if field.kind == "union":
            number = self._layout.unions[field.type].index(item[0]) + 1
            self.builder.PrependUint8Slot(field.number, number, 0)
            self.builder.PrependUOffsetTRelativeSlot(field.number + 1, reference, 0)
        elif reference is not None:
            self.builder.PrependUOffsetTRelativeSlot(field.number, reference, 0)
        else:
            _PREPEND[field.type](self.builder, field.number, item, field.default)

    def _reference(self, field: Field, item: Any) -> int:
        if field.kind == "union":
            return self.table(item[1], item[0])
        if not field.vector:
            return int(self.builder.CreateString(item)) if field.kind == "string" else self.table(item, field.type)
        if field.kind == "scalar":
            return self._bytes(_packed(field, item), SCALARS[field.type][1], field.align)
        targets = [
            int(self.builder.CreateString(one)) if field.kind == "string" else self.table(one, field.type)
            for one in item
        ]
        return self._offsets(targets)

    def _offsets(self, targets: list[int]) -> int:
        self.builder.StartVector(4, len(targets), 4)
        for target in reversed(targets):
            self.builder.PrependUOffsetTRelative(target)
        return int(self.builder.EndVector())

    def _bytes(self, data: bytes | memoryview, item_size: int, align: int) -> int:
        self.builder.StartVector(item_size, len(data) // item_size, align)
        self.builder.head = start = self.builder.Head() - len(data)
        self.builder.Bytes[start : start + len(data)] = data
        return int(self.builder.EndVector())


def _is_reference(field: Field) -> bool:
    return field.vector or field.kind != "scalar"


def _packed(field: Field, item: Any) -> bytes | memoryview:
    if isinstance(item, Blob):
        return item.data
    if isinstance(item, bytes | bytearray | memoryview):
        return memoryview(item)
    return struct.pack(f"<{len(item)}{SCALARS[field.type][0]}", *item)


def _prepend(kind: str) -> Any:
    def prepend(builder: Any, number: int, item: Any, default: Any) -> None:
        getattr(builder, f"Prepend{kind}Slot")(number, item, default)

    return prepend


_PREPEND = {
    "i8": _prepend("Int8"),
    "u8": _prepend("Uint8"),
    "bool": _prepend("Bool"),
    "i16": _prepend("Int16"),
    "u16": _prepend("Uint16"),
    "i32": _prepend("Int32"),
    "u32": _prepend("Uint32"),
    "i64": _prepend("Int64"),
    "u64": _prepend("Uint64"),
    "f32": _prepend("Float32"),
    "f64": _prepend("Float64"),
}
