"""Compares our tables of field numbers with what a generated schema module says, in both directions."""

from __future__ import annotations

from typing import Any

from edgewright.model.storage.layout import Layout


def ours(layout: Layout) -> dict[str, Any]:
    """Our tables in the form of `generated_schema.describe`."""
    return {name: _table(layout, name) for name in layout.tables}


def theirs(description: dict[str, Any]) -> dict[str, Any]:
    """The generated tables; the type of a union has a number of its own there, and here it is part of the union."""
    return {name: _without_types(table) for name, table in description["tables"].items()}


def _table(layout: Layout, name: str) -> dict[str, dict[str, Any]]:
    return {
        field.name.replace("_", ""): {
            "number": field.number,
            "kind": field.kind,
            "type": field.type,
            "vector": field.vector,
            "default": field.default,
        }
        for field in layout.fields(name)
    }


def _without_types(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    fields = {field["name"]: {key: field[key] for key in field if key != "name"} for field in table["fields"]}
    for name in [name for name, field in fields.items() if field["kind"] == "union"]:
        kind = fields.pop(f"{name}type")
        assert (kind["type"], kind["number"]) == ("u8", fields[name]["number"] - 1)
        fields[name]["number"] = kind["number"]
    return fields
