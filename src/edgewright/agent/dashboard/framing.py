"""Messages between the agent and the process that serves its page: a line of JSON, and bytes behind it."""

from __future__ import annotations

import json
from typing import IO, Any

from edgewright.documents import json_text

# Bytes of a line, and of a picture behind it.
_LONGEST, _LARGEST = 16 << 20, 32 << 20


def write(stream: IO[bytes], message: dict[str, Any], data: bytes = b"") -> None:
    """Write a message at once; raises `OSError` or `ValueError` where the other side is gone."""
    if data:
        message = {**message, "bytes": len(data)}
    text = json_text(message, separators=(",", ":")).encode("utf-8", "backslashreplace")
    stream.write(text + b"\n" + data)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None where there is none any more, or no sense in it."""
    try:
        line = stream.readline(_LONGEST)
        message = json.loads(line) if line else None
        if not isinstance(message, dict):
            return None
        size = int(message.pop("bytes", 0))
        data = stream.read(size) if 0 < size <= _LARGEST else b""
    except (OSError, TypeError, ValueError, RecursionError):
        return None
    return (message, data) if len(data) == size else None
