"""Reading the bytes of data files within bounds, and saying what is wrong with a file in one line."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import IO, Any, cast

from edgewright.errors import DataError
from edgewright.media import MAX_BYTES, file_errors, one_line

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1024 * 1024

# An annotation of COCO is four of them, and its training part has 860,000; an empty one of 3 bytes takes 60 parsed.
_MOST_LISTS = 5_000_000


def open_maybe_gzip(path: Path) -> IO[bytes]:
    """Open a file for reading; one that starts as gzip is decompressed on the way."""
    with path.open("rb") as stream:
        compressed = stream.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def read_exactly(stream: IO[bytes], size: int, path: Path, what: str) -> bytes:
    """Read `size` bytes piece by piece: a file that ends early never costs the memory that its header promised."""
    if size > MAX_BYTES:
        raise DataError(f"{one_line(path)}: {what} would take {size} bytes, over the limit of {MAX_BYTES}")
    whole = io.BytesIO()
    while whole.tell() < size:
        piece = stream.read(min(_CHUNK, size - whole.tell()))
        if not piece:
            raise DataError(f"{one_line(path)}: ends in the middle of {what}, {whole.tell()} of {size} bytes are there")
        whole.write(piece)
    return whole.getvalue()


def read_json(path: Path, max_bytes: int) -> Any:
    """Read a JSON file. Raises DataError for one that is over the limits, no JSON, or nested too deeply."""
    with file_errors(path):
        size = path.stat().st_size
        if size > max_bytes:
            raise DataError(f"{one_line(path)}: {size} bytes, over the limit of {max_bytes} for its format")
        content = path.read_bytes()
    lists = content.count(b"[") + content.count(b"{")
    if lists > _MOST_LISTS:
        raise DataError(f"{one_line(path)}: {lists} lists and objects, over the limit of {_MOST_LISTS}")
    try:
        return json.loads(content)
    except (ValueError, RecursionError, MemoryError) as problem:
        reason = one_line(problem)[:120] or type(problem).__name__
        raise DataError(f"{one_line(path)}: no JSON that can be read ({reason})") from problem
