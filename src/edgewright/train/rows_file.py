"""Rows of numbers as an .npy file, written as a stream: there under its name only when it is whole and on the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import OutputError
from edgewright.media import one_line
from edgewright.report import numbers


def write_rows(path: Path, shape: Sequence[int], dtype: npt.DTypeLike, rows: Iterable[npt.NDArray[Any]]) -> None:
    """Write `shape[0]` rows, not through a map: a full disk is then an error, and not the end of the process.

    Raises `OutputError` where they cannot be written, before the first one where the disk has no room for all.
    """
    stored = np.dtype(dtype).newbyteorder("<")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_room(path, int(np.prod(shape)) * stored.itemsize)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                header = {"descr": stored.str, "fortran_order": False, "shape": tuple(shape)}
                np.lib.format.write_array_header_1_0(stream, header)
                for row in rows:
                    stream.write(row.astype(stored, copy=False).tobytes())
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as problem:
        raise OutputError(f"{one_line(path)}: cannot be written ({problem.strerror}). Free some space") from problem


def _check_room(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise OutputError(
            f"{one_line(path)}: it takes {numbers.size(needed)}, and {numbers.size(free)} are free. Free some space"
        )
