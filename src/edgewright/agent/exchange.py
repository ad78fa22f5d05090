"""Pictures handed to another process through a file that both have in memory: no copy through a pipe."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.agent.frame import Frame

# Lies in memory on Linux; elsewhere the system's folder for temporary files does.
_IN_MEMORY = "/dev/shm"  # noqa: S108 - the file gets a random name and belongs to us alone

_LEAST = 1 << 20


class Outgoing:
    """The side that writes. A file serves until a larger picture comes."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._path: Path | None = None

    def put(self, frame: Frame) -> dict[str, Any]:
        """Lay a picture into the file; what is returned tells the other side what it finds where."""
        picture = frame.picture
        data = picture.data.cast("B") if isinstance(picture, np.ndarray) else memoryview(picture)
        if self._memory is None or len(self._memory) < len(data):
            self._open(max(_LEAST, len(data)))
        assert self._memory is not None  # noqa: S101 - opened just now
        self._memory[: len(data)] = data
        shape = list(picture.shape) if isinstance(picture, np.ndarray) else None
        return {"file": str(self._path), "bytes": len(data), "shape": shape}

    def close(self) -> None:
        """Remove the file."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _open(self, size: int) -> None:
        self.close()
        folder = _IN_MEMORY if os.path.isdir(_IN_MEMORY) else None  # noqa: PTH112
        descriptor, name = tempfile.mkstemp(prefix="edgewright-", dir=folder)
        self._path = Path(name)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(size)
            self._memory = mmap.mmap(file.fileno(), size)


class Incoming:
    """The side that reads."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._name = ""

    def get(self, told: dict[str, Any]) -> Any:
        """The picture: (height, width, 3) uint8, a view that is good until the next one, or the bytes of a file."""
        if self._memory is None or told["file"] != self._name:
            self._open(told["file"])
        assert self._memory is not None  # noqa: S101 - opened just now
        if told["shape"] is None:
            return self._memory[: told["bytes"]]
        return np.frombuffer(self._memory, np.uint8, told["bytes"]).reshape(told["shape"])

    def _open(self, name: str) -> None:
        # The old one is left to the garbage collector: a view of it may still be about.
        with open(name, "r+b") as file:  # noqa: PTH123
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._name = name
