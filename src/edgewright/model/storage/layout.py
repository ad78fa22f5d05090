"""What a flatbuffer schema says, parsed from the compact notation that `schema` explains."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

Kind = Literal["scalar", "string", "table", "union"]

# Code of `struct` (little-endian, unpadded) and size in bytes of each scalar type.
SCALARS = {
    "i8": ("b", 1),
    "u8": ("B", 1),
    "bool": ("?", 1),
    "i16": ("h", 2),
    "u16": ("H", 2),
    "i32": ("i", 4),
    "u32": ("I", 4),
    "i64": ("q", 8),
    "u64": ("Q", 8),
    "f32": ("f", 4),
    "f64": ("d", 8),
}


class Field(NamedTuple):
    """One field of a table; `type` names a scalar, a table or a union."""

    number: int
    name: str
    kind: Kind
    type: str
    vector: bool
    default: int | float | bool | None
    align: int


class Layout:
    """The tables and unions of one schema."""

    def __init__(self, tables: str, *, empty: str, unions: Mapping[str, str]) -> None:
        """Parse lazily: a table costs nothing until a file that has it is read."""
        self._source = tables
        self._empty = empty
        self._unions = {name: tuple(members.split()) for name, members in unions.items()}
        self._fields: dict[str, tuple[Field, ...]] = {}
        self._known: dict[str, tuple[tuple[Field | None, ...], dict[str, Any]]] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self._lines)

    @property
    def unions(self) -> Mapping[str, tuple[str, ...]]:
        """The members of each union; the first one has number 1."""
        return self._unions

    def fields(self, table: str) -> tuple[Field, ...]:
        """The fields of a table, in the order of their numbers."""
        if table not in self._fields:
            self._fields[table] = tuple(self._parse(self._lines[table]))
        return self._fields[table]

    def slots(self, table: str) -> tuple[Field | None, ...]:
        """The field of each number; `None` where the number is out of use or the second one of a union."""
        return self._forms(table)[0]

    def defaults(self, table: str) -> dict[str, Any]:
        """What a table of this kind without any field holds; the caller's own copy."""
        return self._forms(table)[1].copy()

    def _forms(self, table: str) -> tuple[tuple[Field | None, ...], dict[str, Any]]:
        if table not in self._known:
            fields = {field.number: field for field in self.fields(table)}
            slots = tuple(fields.get(number) for number in range(max(fields, default=-1) + 1))
            self._known[table] = slots, {field.name: field.default for field in fields.values()}
        return self._known[table]

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        lines = self._source.replace("\n    ", " ").splitlines()
        tables = {line.split(maxsplit=1)[0]: line.split()[1:] for line in lines}
        return tables | {name: [] for name in self._empty.split()}

    def _parse(self, words: list[str]) -> list[Field]:
        fields, number = [], 0
        for word in words:
            if word != "-":
                fields.append(_field(word, number))
            number += 2 if "<" in word else 1
        return fields


def _field(word: str, number: int) -> Field:
    # By hand: every start comes by here, and a regular expression takes longer to make than all of this.
    rest, _, default = word.partition("=")
    rest, _, align = rest.partition("@")
    name, _, written = rest.partition(":")
    type_ = written.strip("[]<>")
    if not (name.isidentifier() and type_.isidentifier()):
        raise ValueError(f"schema notation: {word!r} is no field")
    union, vector = written.startswith("<"), written.startswith("[")
    kind: Kind = "union" if union else "string" if type_ == "str" else "scalar" if type_ in SCALARS else "table"
    size = SCALARS[type_][1] if kind == "scalar" else 4
    return Field(number, name, kind, type_, vector, _default(kind, type_, vector, default), int(align or size))


def _default(kind: Kind, type_: str, vector: bool, written: str) -> int | float | bool | None:
    if kind != "scalar" or vector:
        return None
    if type_ == "bool":
        return written == "1"
    return float(written or 0) if type_.startswith("f") else int(written or 0)
