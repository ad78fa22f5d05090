"""The table of what nobody may see, and the masks of sources."""

from __future__ import annotations

from edgewright.agent.config.privacy import Privacy, checked_mask
from edgewright.agent.config.toml.options import read_options
from edgewright.agent.inference.setup import Polygon
from edgewright.toml_document import Document, Table, Where

_PRIVACY = frozenset({"blur", "model", "threshold", "options", "mask"})


def read_privacy(document: Document, values: Table) -> Privacy:
    """What is blurred and masked; nothing without the table."""
    where: Where = ("privacy",)
    table = document.take(values, "privacy", dict, (), {})
    document.refuse_strange(table, _PRIVACY, where)
    given = {key: table[key] for key in ("blur", "mask") if key in table}
    if "mask" in table:
        given["mask"] = read_mask(document, table, where)
    if "model" in table:
        given["model"] = document.file_or_name(document.need(table, "model", str, where))
    if "threshold" in table:
        given["threshold"] = document.need(table, "threshold", (int, float), where)
    if "options" in table:
        given["options"] = read_options(document, table, "options", where)
    return document.checked(lambda made: Privacy(**made), given, where)


def read_mask(document: Document, table: Table, where: Where) -> tuple[Polygon, ...]:
    """The polygons of a table that are gray to all; none where it says nothing of them."""
    if "mask" not in table:
        return ()
    return document.checked(checked_mask, document.need(table, "mask", list, where), (*where, "mask"))
