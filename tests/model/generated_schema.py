"""What a schema module says that the flatbuffer compiler generated, found by calling it. Needs nothing of Edgewright.

As a script: the names of a module and of an output file; the description is written there as JSON.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_SCALARS = {
    "Int8": "i8",
    "Uint8": "u8",
    "Bool": "bool",
    "Int16": "i16",
    "Uint16": "u16",
    "Int32": "i32",
    "Uint32": "u32",
    "Int64": "i64",
    "Uint64": "u64",
    "Float32": "f32",
    "Float64": "f64",
}


class _Recorder:
    """Stands in for a flatbuffers builder and notes the one call that a generated function makes."""

    def __init__(self) -> None:
        self.call: tuple[str, tuple[Any, ...]] = ("", ())

    def __getattr__(self, name: str) -> Any:
        def note(*arguments: Any) -> None:
            self.call = (name, arguments)

        return note


def describe(module: ModuleType) -> dict[str, Any]:
    """Tables (their number of slots and fields), unions and enumerations of a generated module."""
    names = [name for name, value in vars(module).items() if inspect.isclass(value)]
    tables = [name for name in names if hasattr(module, f"{name}Start")]
    others = {name: _members(getattr(module, name)) for name in names if name not in tables}
    unions = {name: list(values)[1:] for name, values in others.items() if next(iter(values), None) == "NONE"}
    unions = {name: values for name, values in unions.items() if hasattr(module, f"{name}Creator")}
    return {
        "tables": {name: _table(module, name, tables) for name in tables},
        "unions": unions,
        "enums": {name: values for name, values in others.items() if values},
    }


def _members(enumeration: type) -> dict[str, int]:
    return {name: value for name, value in vars(enumeration).items() if isinstance(value, int)}


def _called(function: Any, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
    recorder = _Recorder()
    function(recorder, *arguments)
    return recorder.call


def _table(module: ModuleType, name: str, tables: list[str]) -> dict[str, Any]:
    longer = [f"{other}Add" for other in tables if other != name and other.startswith(f"{name}Add")]
    adders = {
        function.removeprefix(f"{name}Add"): getattr(module, function)
        for function in vars(module)
        if function.startswith(f"{name}Add") and not any(function.startswith(other) for other in longer)
    }
    fields = [_field(module, name, field, adder) for field, adder in adders.items()]
    _, (slots,) = _called(getattr(module, f"{name}Start"))
    return {"slots": slots, "fields": [field for field in fields if field]}


def _field(module: ModuleType, table: str, name: str, adder: Any) -> dict[str, Any]:
    method, (number, _, default) = _called(adder, 0)
    accessor = getattr(getattr(module, table), name)
    source = inspect.getsource(accessor)
    field = {"number": number, "name": name.lower(), "vector": False, "default": default}
    scalar = re.fullmatch(r"Prepend(\w+)Slot", method)
    if scalar and scalar[1] in _SCALARS:
        return {**field, "kind": "scalar", "type": _SCALARS[scalar[1]]}
    field.update(vector="_tab.Vector(" in source, default=None)
    if "_tab.Union(" in source:
        unpack = inspect.getsource(getattr(module, f"{table}T")._UnPack)
        creator = re.search(rf"(\w+)Creator\(self\.{name[0].lower()}{name[1:]}Type,", unpack)
        return {**field, "kind": "union", "type": creator[1] if creator else "?"}
    if "_tab.String(" in source:
        return {**field, "kind": "string", "type": "str"}
    if made := re.search(r"obj = (\w+)\(\)", source):
        return {**field, "kind": "table", "type": made[1]}
    item = re.search(r"number_types\.(\w+)Flags, a", source)
    return {**field, "kind": "scalar", "type": _SCALARS[item[1]] if item else "?"}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(describe(importlib.import_module(sys.argv[1]))))
