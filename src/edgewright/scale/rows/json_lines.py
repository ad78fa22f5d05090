"""Rows as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgewright.errors import DataError
from edgewright.scale.rows.row import Row


def write(rows: Sequence[Row]) -> bytes:
    """One object a line."""
    return "".join(f"{row.text}\n" for row in rows).encode()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file. Raises `DataError` for a line that is none, and where it cannot be read."""
    try:
        with path.open("rb") as stream:
            for line in stream:
                yield json.loads(line)
    except ValueError:
        raise DataError("has a line that is no JSON", where=str(path)) from None
    except OSError as problem:
        raise DataError(f"cannot be read ({problem.strerror})", where=str(path)) from problem
