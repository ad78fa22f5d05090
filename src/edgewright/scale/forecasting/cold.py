"""Reading inputs as they will be read: from where they lie, not from what this machine still has in memory."""

from __future__ import annotations

import contextlib
import io
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from edgewright.scale.entry import Entry


class Read(NamedTuple):
    """One input that was read: its content, the seconds that took, and again, None where it is no file of this machine.

    `cold`: whether it came from where it lies; None where the system does not tell.
    """

    content: bytes
    seconds: float
    warm_s: float | None
    cold: bool | None


class Held(io.BytesIO):
    """An input whose bytes are here, under the name that it has."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def read_cold(entry: Entry, source: Any) -> Read:
    """Read an input whole. Raises `OSError` and `DataError` where that fails."""
    place = entry.archive or entry.name
    local = isinstance(source, str | os.PathLike) or Path(place).is_file()
    cold = _forgotten(place, entry.offset, entry.size) if local else True
    content, seconds = _timed(source)
    return Read(content, seconds, _again_s(source) if local else None, cold)


def _again_s(source: Any) -> float:
    """The seconds of reading it once more, from the system's memory and not from its own copy."""
    forget = getattr(source, "forget", None)
    if forget is not None:
        forget()
    return _timed(source)[1]


def _timed(source: Any) -> tuple[bytes, float]:
    start = time.perf_counter()
    if isinstance(source, str | os.PathLike):
        content = Path(source).read_bytes()
    else:
        source.seek(0)
        content = source.read()
    return content, time.perf_counter() - start


def _forgotten(path: str, offset: int, size: int) -> bool | None:
    """Have the system forget what it holds of a file, and say whether it did; None where it cannot be asked."""
    if not (hasattr(os, "posix_fadvise") and hasattr(os, "RWF_NOWAIT")):
        return None
    with contextlib.suppress(OSError), Path(path).open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), offset, size, os.POSIX_FADV_DONTNEED)
        try:
            return not os.preadv(file.fileno(), [bytearray(1)], offset, os.RWF_NOWAIT)
        except BlockingIOError:  # It is not in memory, and would have to be waited for.
            return True
    return None
