"""Which inputs workers died of: counted in a folder, so that it is known after whatever end."""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from edgewright.errors import OutputError
from edgewright.files import write_atomic
from edgewright.machine import Progress, alone, hold, is_still
from edgewright.scale.parts import TEMPORARY, make_folder, remove_left
from edgewright.scale.remote.trying import MOST_S

MOST = 2
"""An input that so many workers died of is left."""

_BYTES = 8
_WAITING = 1 << 63
_MARK = "mark-"
_KILLED = "the whole run was killed while it was worked on"

# Clocks of two machines are not farther apart than that.
_APART_S = 60.0


class Deaths:
    """Kept in `folder`, which shards share: a file for each such input, and a mark for each worker.

    >>> Deaths(Path("out/deaths")).of(4711)
    ['died of SIGSEGV']
    """

    def __init__(self, folder: Path) -> None:
        """Makes the folder. Raises `OutputError`."""
        make_folder(folder)
        self._folder = folder

    def of(self, index: int) -> list[str]:
        """How each worker ended that died of it."""
        return [death.how for death in _read(self._path(index))]

    def suspects(self) -> set[int]:
        """All inputs that somebody has died of and that were not answered since."""
        return set(_noted(self._folder))

    def add(self, index: int, how: str) -> None:
        """One more. Raises `OutputError` where it cannot be written."""
        self._add(index, _Death(how))

    def forget(self, index: int) -> None:
        """It was answered."""
        with contextlib.suppress(FileNotFoundError):
            self._path(index).unlink()

    def alone(self, waiting: Progress) -> AbstractContextManager[bool]:
        """Held while a suspect is tried again: one at a time, so that a machine which it takes down tells which.

        `waiting` is called while somebody else holds it.
        """
        return alone(self._folder / "alone.lock", waiting, "another suspect")

    def collect(self, patience: float, how: str = _KILLED) -> None:
        """Count what runs were at work on that were killed as a whole: their marks are still there.

        Those of other machines count when nothing was written to them for `patience` seconds, the longest that an
        input takes, or the two minutes of fetching one, and a minute: not every file system tells of locks that other
        machines hold. However many ask at once, each mark counts once.
        """
        self._sweep()
        for path in self._folder.glob(f"{_MARK}*"):
            with _left_by_the_dead(path, max(patience, MOST_S) + _APART_S) as index:
                if index is None:
                    continue
                if index >= 0:
                    self._add(index, _Death(how, path.name))
                path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove marks of runs on this machine that are gone, and count nothing: they were ended on purpose."""
        for path in self._folder.glob(f"{_MARK}*"):
            with _left_by_the_dead(path, math.inf) as index:
                if index is not None:
                    path.unlink(missing_ok=True)

    def mark(self) -> Mark:
        """A new mark in this folder."""
        return Mark(self._folder)

    def _path(self, index: int) -> Path:
        return self._folder / f"{index:010}.json"

    def _add(self, index: int, death: _Death) -> None:
        """One more, but for one by a mark that was counted before: who did it may have been killed then."""
        noted = _read(self._path(index))
        if not (death.mark and death in noted):
            content = [list(known) if known.mark else known.how for known in (*noted, death)]
            write_atomic(self._path(index), json.dumps(content).encode(), overwrite=True)

    def _sweep(self) -> None:
        """Remove marks that never got their name, and deaths that were being written."""
        for pattern in (f".{_MARK}*", TEMPORARY):
            remove_left(self._folder, pattern)


class _Death(NamedTuple):
    """How a worker ended, and the name of the mark that told it; in the file a text, or a list of both."""

    how: str
    mark: str = ""


def are_enough(deaths: Sequence[str]) -> bool:
    """Whether an input is left that workers died of in these ways.

    Two say that it is the input. Runs that are killed as a whole may be so for other reasons: it takes a third.
    """
    return len(deaths) >= MOST + (set(deaths) == {_KILLED})


def died_of(folder: Path) -> list[tuple[int, list[str]]]:
    """The inputs that workers died of, with how each of those ended; none where there is no such folder."""
    try:
        noted = sorted(_noted(folder).items())
        return [(index, [death.how for death in _read(path)]) for index, path in noted]
    except FileNotFoundError:
        return []


def _noted(folder: Path) -> dict[int, Path]:
    found = (path for path in folder.iterdir() if path.suffix == ".json" and path.stem.isdigit())
    return {int(path.stem): path for path in found}


def _read(path: Path) -> list[_Death]:
    try:
        noted = json.loads(path.read_text("utf-8"))
        return [_Death(death) if isinstance(death, str) else _Death(*map(str, death)) for death in noted]
    except (OSError, ValueError, TypeError):
        return []


class State(NamedTuple):
    """The number of the input that a worker is at, -1 for none, and whether it is `waiting` for its bytes still."""

    number: int
    waiting: bool


class Mark:
    """Which input a worker is at: 8 bytes in a file, which outlive the worker and the run.

    The process that made it holds a lock on it as long as it lives.
    """

    def __init__(self, folder: Path) -> None:
        """Make the file. Raises `OutputError`."""
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.path = folder / f"{_MARK}{name}"
        unseen = folder / f".{_MARK}{name}"  # until it is locked, so that nobody takes it for a dead one's
        try:
            self._descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            os.pwrite(self._descriptor, bytes(_BYTES), 0)
            hold(self._descriptor)
            unseen.rename(self.path)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror}. Choose another folder") from error

    @property
    def state(self) -> State:
        """What is in it."""
        return _state_of(self._descriptor)

    @property
    def index(self) -> int:
        """The input; -1 where it is at none."""
        return self.state.number

    def is_there(self) -> bool:
        """Whether the file is still there: who took this machine for dead has removed it."""
        return is_still(self.path, self._descriptor)

    def clear(self) -> None:
        """The worker that was at it is gone, and it was counted."""
        set_mark(self._descriptor, -1)

    def close(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def set_mark(descriptor: int, index: int, *, waiting: bool = False) -> None:
    """Say which input a worker is at now, -1 for none, and whether it is waiting for its bytes."""
    os.pwrite(descriptor, (index + 1 | waiting * _WAITING).to_bytes(_BYTES, "little"), 0)


def _state_of(descriptor: int) -> State:
    said = int.from_bytes(os.pread(descriptor, _BYTES, 0), "little")
    return State((said & ~_WAITING) - 1, bool(said & _WAITING))


@contextmanager
def _left_by_the_dead(path: Path, patience: float) -> Iterator[int | None]:
    """The input of a mark whose run is gone, -1 for none; None where it is alive, or nobody can know.

    The mark is locked as long as the block lasts. `patience` seconds are those of marks of other machines.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)  # NFS locks nothing that is only read
    except OSError:
        yield None
        return
    try:
        is_dead = _may_be_dead(path, patience) and hold(descriptor) and is_still(path, descriptor)
        yield _state_of(descriptor).number if is_dead else None
    finally:
        os.close(descriptor)


def _may_be_dead(path: Path, patience: float) -> bool:
    if path.name.rsplit("-", 2)[0] == f"{_MARK}{socket.gethostname()}":
        return True
    try:
        return _age_s(path) > patience
    except FileNotFoundError:
        return False


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime
