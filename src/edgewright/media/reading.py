"""Reading the bytes of files within bounds, and saying what is wrong with a file in one line."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgewright.errors import DataError
from edgewright.media.sources import one_line
from edgewright.mistaken import meant

# The largest array that is read into memory from one file; a header that promises more is refused before reading.
MAX_BYTES = 2 * 1024**3

# What gzip, zipfile and numpy.lib.format raise on damaged files.
_DAMAGE = (
    OSError, EOFError, ValueError, IndexError, RuntimeError, MemoryError, struct.error, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile,
)  # fmt: skip


@contextmanager
def file_errors(path: Path | str) -> Iterator[None]:
    """Turn what reading a missing, unreadable or damaged file raises into a DataError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{one_line(path)}: no such file{meant(Path(path))}") from None
    except _DAMAGE as problem:
        reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise DataError(f"{one_line(path)}: cannot be read ({one_line(reason)[:120]})") from problem
