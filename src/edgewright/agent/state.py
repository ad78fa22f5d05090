"""The folder in which an agent keeps what must outlive it; one agent at a time."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from edgewright.agent.delivery.database import DiskFullError, is_full
from edgewright.agent.service import notify
from edgewright.agent.state_names import ASKED, LOCK, OUTBOX, STATUS
from edgewright.errors import OutputError, UsageError
from edgewright.files import NO_LINK
from edgewright.spelling import argument

log = logging.getLogger(__name__)

T = TypeVar("T")

# Whoever asks for the status holds the lock for a moment.
_TRIES, _AGAIN_S = 5, 0.1

# How long a status is waited for: an agent answers between two pictures.
_ANSWER_S, _GLANCE_S = 3.0, 0.02

# How long a full disk is left alone at a start, and for how long a service manager is asked to wait meanwhile.
_FULL_S, _PATIENCE_US = 1.0, 60_000_000


def wait_for_room(
    make: Callable[[contextlib.ExitStack], T], opened: contextlib.ExitStack, stopping: threading.Event
) -> T | None:
    """Make what needs room on a disk, as soon as there is some; nothing where the agent is stopped meanwhile.

    What `make` opens it leaves to the stack that it gets, and so to `opened`.
    """
    told = False
    while True:
        try:
            with contextlib.ExitStack() as parts:
                made = make(parts)
                opened.push(parts.pop_all())
                return made
        except DiskFullError as error:
            if not told:
                log.error("%s; waiting for room to start", error)
            told = True
        # A service manager is told that this takes longer, each time anew.
        notify(f"EXTEND_TIMEOUT_USEC={_PATIENCE_US}\nSTATUS=Waiting for room on the disk")
        if stopping.wait(_FULL_S):
            return None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Make the folder if need be and keep other agents, and other users, out of it.

    Raises `OutputError` where that fails, or where others could lay something into the folder; a `DiskFullError` where
    there is no room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_open_folder(folder)
        descriptor = _open_private(folder / LOCK)
    except OSError as error:
        raise _not_kept(folder, error) from None
    try:
        if not _lock(descriptor, _TRIES):
            raise OutputError(
                f"{folder}: another agent is at work with this state. Stop it, or use another {argument('state')}"
            )
        _make_private(folder)
        yield folder
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder inside the state for ourselves alone; raises `OutputError` where something else has its name."""
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise _refused(error, f"{folder}: cannot be made: {error.strerror}") from None
    if folder.is_symlink():
        raise OutputError(f"{folder}: is a link to somewhere else. Remove it, or use another {argument('state')}")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that only we can read; what has its name is replaced and never followed. Raises `OSError`."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def is_running(folder: Path) -> bool:
    """Whether an agent has the folder now."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | NO_LINK)
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def write_status(folder: Path, status: dict[str, Any]) -> None:
    """Say how things are, for `read_status`; it need not survive a power cut, so the disk is not waited for."""
    fresh = folder / f".{STATUS}"
    with contextlib.suppress(OSError):  # a full disk: the last one stays
        write_new(fresh, json.dumps(status).encode())
        fresh.replace(folder / STATUS)


def is_asked(folder: Path) -> bool:
    """Whether somebody waits for a status."""
    return os.path.lexists(folder / ASKED)


def answered(folder: Path) -> None:
    """Let whoever asked read the status that was just written."""
    with contextlib.suppress(OSError):
        (folder / ASKED).unlink(missing_ok=True)


def read_status(folder: Path) -> dict[str, Any]:
    """How an agent is doing, said now if it is running, else what it said last; with whether it is "running".

    One that does not answer in time, and one of before, has said it a while ago: "written_s" tells when. Raises
    `UsageError` where there never was one.
    """
    running = is_running(folder)
    if running:
        _ask(folder)
    try:
        status: dict[str, Any] = json.loads((folder / STATUS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{folder}: no agent has kept its state there. Name the folder with {argument('state')}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise OutputError(f"{folder / STATUS}: cannot be read: {reason}") from None
    return {**status, "running": running}


def _ask(folder: Path) -> None:
    """Have the status written, and wait for that; where there is no room to ask, the last one has to do."""
    with contextlib.suppress(OSError):
        os.close(_open_private(folder / ASKED))
        end = time.monotonic() + _ANSWER_S
        while is_asked(folder) and time.monotonic() < end:
            time.sleep(_GLANCE_S)
        answered(folder)


def _refused(error: OSError, text: str) -> OutputError:
    return (DiskFullError if is_full(error) else OutputError)(text)


def _not_kept(folder: Path, error: OSError) -> OutputError:
    return _refused(error, f"{folder}: the state cannot be kept there: {error.strerror}")


def _make_private(folder: Path) -> None:
    """Make the outbox's file, whose permissions SQLite gives its other files; only for who holds the lock.

    Closing it takes away the locks that SQLite has on it in this process, where another agent may be at work.
    """
    try:
        os.close(_open_private(folder / OUTBOX))
    except OSError as error:
        raise _not_kept(folder, error) from None


def _refuse_open_folder(folder: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & stat.S_IWOTH:
        raise OutputError(f"{folder}: every user can write there, so that no state is safe. Use a folder of your own")


def _open_private(path: Path) -> int:
    """Open a file that only we can read, made if need be; a link is never followed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return descriptor


def _lock(descriptor: int, tries: int = 1) -> bool:
    """Hold the file for ourselves until it is closed; false where somebody else does."""
    for left in range(tries - 1, -1, -1):
        if _lock_now(descriptor):
            return True
        if left:
            time.sleep(_AGAIN_S)
    return False


def _lock_now(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
