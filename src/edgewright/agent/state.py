"""The folder in which an agent keeps what must outlive it; one agent at a time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgewright.errors import OutputError, UsageError

OUTBOX, STATUS, SNAPSHOTS, LOCK = "outbox.db", "status.json", "snapshots", "lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Make the folder if need be and keep other agents out of it; raises `OutputError` where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutputError(f"{folder}: the state cannot be kept there: {error.strerror}") from None
    try:
        if not _lock(descriptor):
            raise OutputError(f"{folder}: another agent is at work with this state. Stop it, or use another --state")
        yield folder
    finally:
        os.close(descriptor)


def is_running(folder: Path) -> bool:
    """Whether an agent has the folder now."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
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
        fresh.write_text(json.dumps(status), encoding="utf-8")
        fresh.replace(folder / STATUS)


def read_status(folder: Path) -> dict[str, Any]:
    """What the agent said last, and whether it is running; raises `UsageError` where there never was one."""
    try:
        status: dict[str, Any] = json.loads((folder / STATUS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{folder}: no agent has kept its state there. Name the folder with --state") from None
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder / STATUS}: cannot be read: {error}") from None
    return {**status, "running": is_running(folder)}


def _lock(descriptor: int) -> bool:
    """Hold the file for ourselves until it is closed; false where somebody else does."""
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
