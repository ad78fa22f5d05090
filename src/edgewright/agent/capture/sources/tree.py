"""The files of a folder and of its sub-folders: walked, and opened, without ever following a link."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from edgewright.agent.state_names import OUTBOX, SNAPSHOTS
from edgewright.files import NO_LINK

# A name may become a link or a pipe at any moment: neither followed nor waited for.
_FILE = os.O_RDONLY | NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)

# Where a system has it, each folder is opened in the one above it, so that none on the way can become a link.
_STEP_BY_STEP = os.open in os.supports_dir_fd and os.scandir in os.supports_fd

# Nobody sorts pictures deeper; somebody may make folders in folders without end.
_DEEPEST = 32

_KINDS = {
    stat.S_IFLNK: "a link, and those are not followed",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

Parts = tuple[str, ...]


class Tree:
    """The files below `folder` that are `wanted` by their names.

    Names that begin with a dot are passed over, and so are the snapshots of an agent whose state lies in the folder.
    `skip` is called with the name of what is passed over otherwise, and the reason.
    """

    def __init__(self, folder: Path, wanted: Callable[[str], bool], skip: Callable[[str, str], None]) -> None:
        self._top = folder
        self._wanted = wanted
        self._skip = skip
        self.is_complete = True

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Each file with its name below the folder; raises `OSError` where the folder itself cannot be read.

        Afterwards `is_complete` says whether all sub-folders could be.
        """
        self.is_complete = True
        folders: deque[Parts] = deque([()])
        while folders:
            parts = folders.popleft()
            try:
                yield from self._files(parts, folders)
            except FileNotFoundError:
                if not parts:
                    raise
            except OSError as problem:
                if not parts:
                    raise
                self.is_complete = False
                self._skip("/".join(parts), str(problem.strerror).lower())

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[int]:
        """Open one of the files; raises `OSError`, also where it or a folder above it has become a link."""
        *above, last = name.split("/")
        with self._folder(tuple(above)) as folder:
            number = _open_in(folder, last, _FILE)
        try:
            yield number
        finally:
            os.close(number)

    def _files(self, parts: Parts, folders: deque[Parts]) -> Iterator[tuple[str, os.stat_result]]:
        with self._folder(parts) as folder, os.scandir(folder) as entries:
            listed = [entry for entry in entries if not entry.name.startswith(".")]
            is_state = any(entry.name == OUTBOX for entry in listed)
            for entry in listed:
                name = "/".join((*parts, entry.name))
                if entry.is_dir(follow_symlinks=False):
                    if not (is_state and entry.name == SNAPSHOTS):
                        self._descend((*parts, entry.name), folders)
                elif (self._wanted(name) or _is_linked_folder(entry)) and (status := self._status(name, entry)):
                    yield name, status

    def _descend(self, parts: Parts, folders: deque[Parts]) -> None:
        if len(parts) <= _DEEPEST:
            folders.append(parts)
        else:
            self._skip("/".join(parts), f"more than {_DEEPEST} folders in each other")

    def _status(self, name: str, entry: os.DirEntry[str]) -> os.stat_result | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None  # gone since it was listed
        except OSError as problem:
            self._skip(name, str(problem.strerror).lower())
            return None
        if stat.S_ISREG(status.st_mode):
            return status
        self._skip(name, f"it is {_KINDS.get(stat.S_IFMT(status.st_mode), 'no file')}")
        return None

    @contextlib.contextmanager
    def _folder(self, parts: Parts) -> Iterator[int | str]:
        """The folder, as what `os.scandir` takes."""
        if not _STEP_BY_STEP:
            yield os.path.join(self._top, *parts)  # noqa: PTH118 - one text of many parts
            return
        number = os.open(self._top, _FOLDER)
        try:
            for part in parts:
                outer, number = number, os.open(part, _FOLDER | NO_LINK, dir_fd=number)
                os.close(outer)
            yield number
        finally:
            os.close(number)


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def _open_in(folder: int | str, name: str, flags: int) -> int:
    if isinstance(folder, int):
        return os.open(name, flags, dir_fd=folder)
    return os.open(os.path.join(folder, name), flags)  # noqa: PTH118 - one text of two parts
