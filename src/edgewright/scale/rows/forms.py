"""The forms that rows are written in: JSON lines, or Parquet where `pyarrow` is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from edgewright.errors import UsageError
from edgewright.scale.manifest import FORMS
from edgewright.scale.rows import json_lines
from edgewright.scale.rows.row import Row


class Part(NamedTuple):
    """The rows of a piece as bytes of a file, and those of them that have an error, as JSON lines."""

    data: bytes
    failed: bytes = b""


def check_form(form: str) -> None:
    """Raise `UsageError` for a form that is none, and `MissingExtraError` where `pyarrow` is missing for Parquet."""
    if form not in FORMS:
        raise UsageError(f"form: {form!r} is none. There is: {', '.join(FORMS)}")
    if form == "parquet":
        from edgewright.scale.rows.parquet import require_parquet

        require_parquet()


def encode(rows: Sequence[Row], form: str) -> Part:
    """The rows of a piece, in their order. Raises as `check_form` does."""
    check_form(form)
    failed = json_lines.write([row for row in rows if row.failed])
    if form == "parquet":
        from edgewright.scale.rows import parquet

        return Part(parquet.write(rows), failed)
    return Part(json_lines.write(rows), failed)


def read_file(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of one file, by its suffix, as objects of either form: what its JSON line says."""
    if path.suffix == ".parquet":
        from edgewright.scale.rows import parquet

        yield from parquet.read(path)
        return
    yield from json_lines.read(path)
