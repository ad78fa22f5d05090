"""Pictures of events kept on this machine, up to a limit."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from edgewright.agent.state import make_folder, write_new
from edgewright.errors import OutputError
from edgewright.report import printable

log = logging.getLogger(__name__)

# Over the limit the folder is looked through and emptied to a little below it, so that this is seldom: what it holds,
# some 25,000 pictures at the usual limit, is not kept in memory.
_REMOVE_TO = 0.95


class SnapshotFolder:
    """JPEG files named by the events they belong to; over the limit the oldest ones are removed."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder = folder.absolute()
        self._limit_bytes = limit_bytes
        self._is_failing = False
        make_folder(folder)
        self._total = sum(size for _, size, _ in self._found())

    def save(self, name: str, jpeg: bytes) -> Path | None:
        """Keep a picture; nothing where the disk does not take it: an event goes without, then, and that is logged."""
        path = self._folder / f"{name}.jpg"
        try:
            self._write(path, jpeg)
        except (OSError, OutputError) as error:
            with contextlib.suppress(OSError):
                path.unlink()
            if not self._is_failing:
                log.warning("%s: pictures of events are not kept: %s", self._folder, printable(error))
            self._is_failing = True
            return None
        self._is_failing = False
        self._total += len(jpeg)
        if self._total > self._limit_bytes:
            self._remove_oldest(path.name)
        return path

    def _write(self, path: Path, jpeg: bytes) -> None:
        """Somebody may have made room by removing the folder."""
        try:
            write_new(path, jpeg)
        except FileNotFoundError:
            make_folder(self._folder)
            self._total = 0
            write_new(path, jpeg)

    def _remove_oldest(self, kept: str) -> None:
        """Make room; what was saved just now stays, whatever the clock says of it."""
        found = sorted(self._found())
        self._total = sum(size for _, size, _ in found)
        for _, size, name in found:
            if self._total <= _REMOVE_TO * self._limit_bytes:
                return
            if name != kept:
                with contextlib.suppress(OSError):
                    (self._folder / name).unlink()
                    self._total -= size

    def _found(self) -> Iterator[tuple[int, int, str]]:
        """When each picture was written, its size, and its name."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".jpg"):
                    with contextlib.suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        yield status.st_mtime_ns, status.st_size, entry.name
