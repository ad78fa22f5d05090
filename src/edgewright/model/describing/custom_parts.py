"""Parts of metadata that other tools write beside the standard tables, under a name of their own."""

from __future__ import annotations

from typing import Any

from edgewright.model.describing.values import Metadata


def first_subgraph(metadata: Metadata) -> dict[str, Any]:
    """What the tables say of the first subgraph; empty where there are none."""
    subgraphs: list[dict[str, Any]] = metadata.carried.table.get("subgraph_metadata") or [{}]
    return subgraphs[0]


def custom_part(metadata: Metadata, name: str) -> bytes | None:
    """The part of a name, of the first subgraph; `None` where it is not there, or damaged."""
    parts = first_subgraph(metadata).get("custom_metadata") or ()
    found = next((bytes(part["data"] or b"") for part in parts if part["name"] == name), None)
    return None if name in metadata.damaged else found
