"""`edgewright run --status`: how far the rows in a folder are."""

from __future__ import annotations

from pathlib import Path

from edgewright.cli.verb import print_json
from edgewright.report import Column, Table, numbers, print_table
from edgewright.scale import Status


def print_status(folder: Path, *, as_json: bool) -> None:
    """Print it: a table for people, or a document."""
    from edgewright.scale import status

    found = status(folder)
    if as_json:
        print_json(found.to_dict())
        return
    print_table(Table(str(folder), (Column(""), Column("")), _rows(found)))


def _rows(found: Status) -> list[tuple[str, str]]:
    rows = [
        ("model", f"{found.model} (SHA-256 {found.model_sha256[:12]}…)"),
        ("inputs done", f"{found.done:,} of {found.count:,} ({numbers.percent(found.done / found.count)})"),
        ("pieces done", f"{found.pieces_done:,} of {found.pieces:,}"),
        ("without an answer", f"{found.failures:,}"),
    ]
    rows += [("left, two workers died of it", name) for name in found.given_up]
    if found.rate is not None:
        rows.append(("rate, lately", f"{found.rate:,.1f} inputs a second"))
    if found.left and found.seconds_left is not None:
        rows.append(("time left at that rate", numbers.duration(found.seconds_left)))
    return rows
