"""Pictures of events kept on this machine, up to a limit."""

from __future__ import annotations

import contextlib
from pathlib import Path


class SnapshotFolder:
    """JPEG files named by the events they belong to; over the limit the oldest ones are removed."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        folder.mkdir(exist_ok=True, mode=0o700)
        files = sorted((path.stat().st_mtime_ns, path) for path in folder.glob("*.jpg"))
        self._sizes = {path: path.stat().st_size for _, path in files}

    def save(self, name: str, jpeg: bytes) -> Path | None:
        """Keep a picture; nothing where the disk does not take it: an event goes without, then."""
        path = self._folder / f"{name}.jpg"
        try:
            path.write_bytes(jpeg)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._sizes[path] = len(jpeg)
        while sum(self._sizes.values()) > self._limit_bytes and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            del self._sizes[oldest]
            oldest.unlink(missing_ok=True)
        return path
