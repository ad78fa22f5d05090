"""Files of safetensors: the length of a header in 8 bytes, the header as JSON, and the numbers."""

from __future__ import annotations

import json
from pathlib import Path

from edgewright.errors import ConversionError

# The format's own limit of its header.
_MOST_HEADER = 100 << 20


def is_safetensors(path: object) -> bool:
    """Whether a table begins behind a length that the file can have."""
    if not isinstance(path, Path) or not path.is_file():
        return False
    with path.open("rb") as stream:
        start = stream.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= min(_MOST_HEADER, path.stat().st_size)


def tensor_names(path: Path) -> tuple[str, ...]:
    """The names of the tensors in such a file. Raises `ConversionError` for a damaged one."""
    with path.open("rb") as stream:
        header = stream.read(int.from_bytes(stream.read(8), "little"))
    try:
        return tuple(key for key in json.loads(header) if key != "__metadata__")
    except (ValueError, RecursionError):
        raise ConversionError("damaged, or no file of safetensors", where=str(path)) from None
