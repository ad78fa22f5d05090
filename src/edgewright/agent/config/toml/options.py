"""The tables of options with which a model is opened: files that they name may lie beside the agent's file."""

from __future__ import annotations

from typing import Any

from edgewright.toml_document import Document, Table, Where

_FILES = ("labels", "vocabulary", "anchors")


def read_options(document: Document, table: Table, key: str, where: Where) -> dict[str, Any]:
    """What is said, files relative to the document's folder where they lie there, as models are."""
    told: dict[str, Any] = document.need(table, key, dict, where)
    found: dict[str, Any] = {
        name: document.file_or_name(told[name]) for name in _FILES if isinstance(told.get(name), str)
    }
    if isinstance(libraries := told.get("delegates"), list):
        found["delegates"] = [document.file_or_name(one) if isinstance(one, str) else one for one in libraries]
    return told | found
