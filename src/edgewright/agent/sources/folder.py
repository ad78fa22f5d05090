"""A folder that fills up with pictures; each is taken once, also across restarts."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgewright.agent.frame import Frame
from edgewright.agent.sources.protocol import SourceError, Taken
from edgewright.errors import UsageError
from edgewright.media import SUFFIXES

_LOOK_S = 0.25
_SUFFIXES = tuple(SUFFIXES)

# A file is taken for whole once it has not changed for so long. Writers that rename a finished file into place, as
# cameras and rsync do, are seen as fast.
_SETTLED_S = 0.5

# Larger files are no pictures that a small computer looks at.
_LARGEST = 256_000_000


@dataclass(frozen=True, slots=True)
class _Found:
    """A file as a look at the folder saw it; one that is written again under its name is another picture."""

    name: str
    size: int
    changed_ns: int

    @property
    def mark(self) -> str:
        return f"{self.changed_ns}/{self.size}/{_printable(self.name)}"


class FolderSource:
    """Gives the pictures of a folder in the order in which they were finished, and waits for more.

    With `every_frame` all of them; without, whoever reads keeps the newest. What was taken in an earlier run, and
    stored, is not given again. `until_empty` ends it once nothing is left, in place of waiting.
    """

    can_stall = False

    def __init__(self, folder: Path, *, every_frame: bool, memory: Taken, until_empty: bool = False) -> None:
        self.name = f"folder:{_printable(str(folder))}"
        self.live = not every_frame
        self._folder = folder
        self._memory = memory
        self._until_empty = until_empty
        self._given = memory.taken(self.name)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._seen: dict[_Found, float] = {}

    def frames(self) -> Iterator[Frame]:
        """Give each whole picture once; raises `SourceError` while the folder is not there."""
        while not self._closed.is_set():
            whole, pending = self._look()
            for found in whole:
                if self._closed.is_set():
                    return
                if frame := self._read(found):
                    yield frame
            if self._until_empty and not whole and not pending:
                return
            if not whole:
                self._closed.wait(_LOOK_S)

    def give_back(self, marks: Iterable[str]) -> None:
        """Offer these again at the next look."""
        with self._lock:
            self._given.difference_update(marks)

    def close(self) -> None:
        """End soon."""
        self._closed.set()

    def _look(self) -> tuple[list[_Found], bool]:
        """The new whole pictures, oldest first, and whether there are some that are still being written."""
        try:
            found = list(_pictures(self._folder))
        except OSError as error:
            raise SourceError(str(error.strerror)) from error
        self._forget_gone(found)
        now = time.monotonic()
        with self._lock:
            new = [one for one in found if one.mark not in self._given]
        self._seen = {one: self._seen.get(one, now) for one in new}
        whole = [one for one in new if self._is_settled(one, now)]
        return sorted(whole, key=lambda one: (one.changed_ns, one.name)), len(whole) < len(new)

    def _is_settled(self, found: _Found, now: float) -> bool:
        """Whether it was last written long ago, by the system's clock or by how long we have been looking at it."""
        by_clock = time.time() - found.changed_ns / 1e9
        return found.size > 0 and (by_clock > _SETTLED_S or now - self._seen[found] > _SETTLED_S)

    def _read(self, found: _Found) -> Frame | None:
        path = self._folder / found.name
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if (status.st_size, status.st_mtime_ns) != (found.size, found.changed_ns):
                    return None  # it has changed again: another picture, for the next look
                content = file.read(_LARGEST + 1)
        except OSError:
            return None  # gone, or not ours to read yet: the next look tells
        with self._lock:
            self._given.add(found.mark)
        name = _printable(found.name)
        error = f"{name}: over {_LARGEST:,} bytes" if len(content) > _LARGEST else None
        # A file may claim to be of any year.
        captured_s = min(max(0.0, found.changed_ns / 1e9), time.time())
        return Frame(b"" if error else content, captured_s, mark=found.mark, name=name, error=error)

    def _forget_gone(self, found: list[_Found]) -> None:
        """Forget what is no longer in the folder, so that memory does not grow for ever."""
        there = {one.mark for one in found}
        with self._lock:
            gone = self._given - there
            self._given -= gone
        if gone:
            self._memory.forget(self.name, gone)


def _printable(name: str) -> str:
    """A file's name as text; what is no UTF-8 in it is escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _pictures(folder: Path) -> Iterator[_Found]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name.lower().endswith(_SUFFIXES) and entry.is_file():
                status = entry.stat()
                yield _Found(entry.name, status.st_size, status.st_mtime_ns)


def open_folder(target: str, *, every_frame: bool, memory: Taken, once: bool = False) -> FolderSource:
    """The source of a folder; raises `UsageError` where there is none."""
    folder = Path(target).absolute()
    if not folder.is_dir():
        raise UsageError(f"{target}: there is no such folder. Make it first")
    return FolderSource(folder, every_frame=every_frame, memory=memory, until_empty=once)
