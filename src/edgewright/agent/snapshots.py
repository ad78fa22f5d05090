"""Pictures of events kept on this machine, up to a limit."""

from __future__ import annotations

import contextlib
from pathlib import Path

from edgewright.agent.state import make_folder, write_new


class SnapshotFolder:
    """JPEG files named by the events they belong to; over the limit the oldest ones are removed."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        make_folder(folder)
        files = sorted((path.lstat().st_mtime_ns, path) for path in folder.glob("*.jpg"))
        self._sizes = {path: path.lstat().st_size for _, path in files}
        self._total = sum(self._sizes.values())

    def save(self, name: str, jpeg: bytes) -> Path | None:
        """Keep a picture; nothing where the disk does not take it: an event goes without, then."""
        path = self._folder / f"{name}.jpg"
        try:
            write_new(path, jpeg)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        self._sizes[path] = len(jpeg)
        self._total += len(jpeg)
        while self._total > self._limit_bytes and len(self._sizes) > 1:
            self._remove(next(iter(self._sizes)))
        return path

    def _remove(self, path: Path) -> None:
        self._total -= self._sizes.pop(path)
        with contextlib.suppress(OSError):
            path.unlink()
