"""Whether inputs are where their names say: of storage that is not mounted none is, which is no row's fault."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence

from edgewright.errors import DataError
from edgewright.scale.entry import Entry
from edgewright.scale.remote.addresses import scheme_of, shown

PROBES = 100
"""Inputs that are looked for before all are taken for lost."""

# Fewer may be missing for reasons of their own, and their rows say so.
_LEAST = 10


def refuse_missing(entries: Sequence[Entry], others: Callable[[], Sequence[Entry]]) -> None:
    """Raise `DataError` where none of the first 100 inputs is there, and none of the `others`, which stand for all.

    Inputs on the web and in stores are there until they are asked for.
    """
    if not entries or any(map(_may_be_there, entries[:PROBES])):
        return
    spread = others()
    if len(spread) < _LEAST or any(map(_may_be_there, spread)):
        return
    raise DataError(
        f"none of {len(spread)} inputs is there, {shown(_lies_in(entries[0]))} neither",
        where=socket.gethostname(),
        remedy="Is their storage mounted on this machine? For these inputs nothing was written; start it again then",
    )


def _may_be_there(entry: Entry) -> bool:
    return scheme_of(_lies_in(entry)) is not None or os.path.exists(_lies_in(entry))  # noqa: PTH110 - a third of the time


def _lies_in(entry: Entry) -> str:
    return entry.archive or entry.name
