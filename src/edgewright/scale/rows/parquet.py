"""Rows as Parquet, by `pyarrow`: the columns that are asked for most, and the whole result as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgewright.documents import json_text
from edgewright.errors import DataError, MissingExtraError
from edgewright.scale.rows.row import Row

# What stands in columns of its own, and not in the JSON of the result.
_APART = ("index", "input", "model", "error")


def require_parquet() -> None:
    """Raise `MissingExtraError` where `pyarrow` is missing."""
    try:
        import pyarrow.parquet  # noqa: F401 - whether it is there
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None


def write(rows: Sequence[Row]) -> bytes:
    """A file of one row group. A `vector` is a column too, as 32-bit numbers, and not in the JSON."""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pylist([_columns(row) for row in rows], schema=_schema())
    stream = io.BytesIO()
    parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """What the JSON line of each row would be. Raises `DataError` for a file that is none."""
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from map(_object, batch.to_pylist())
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"is no Parquet that can be read: {error}", where=str(path)) from error


def _schema() -> Any:
    import pyarrow

    words = pyarrow.string()
    return pyarrow.schema(
        {
            "index": pyarrow.int64(),
            "input": words,
            "error": words,
            "kind": words,
            "label": words,
            "score": pyarrow.float64(),
            "result": words,
            "vector": pyarrow.list_(pyarrow.float32()),
            "model": pyarrow.dictionary(pyarrow.int32(), words),
        }
    )


def _columns(row: Row) -> dict[str, Any]:
    said = json.loads(row.text)
    apart = {name: said.pop(name, None) for name in _APART}
    vector = said.pop("vector", None)
    result = json_text(said) if said else None
    more = {"kind": said.get("kind"), "label": row.label, "score": row.score, "result": result, "vector": vector}
    return {name: _writable(value) for name, value in {**apart, **more}.items()}


def _writable(value: Any) -> Any:
    """Names of files may have bytes that are no text; Parquet's texts are UTF-8, where they become question marks."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _object(columns: dict[str, Any]) -> dict[str, Any]:
    said = {name: columns[name] for name in _APART if columns[name] is not None}
    said |= json.loads(columns["result"] or "{}")
    return said if columns["vector"] is None else said | {"vector": columns["vector"]}
