"""One process at a time: a lock that others wait for, by a file that is gone with it."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from edgewright.machine.progress import Progress

_POLL_S = 0.2
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@contextlib.contextmanager
def alone(path: Path, progress: Progress, waiting: str) -> Iterator[bool]:
    """Hold the lock of the file `path`, whose folder exists; others wait here, and say so by the step `waiting`.

    Where the system has no such locks (Windows, some network file systems) nobody waits, and False is what is given.
    Raises OSError where the file cannot be made.
    """
    descriptor = _locked(path, progress, waiting)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            os.close(descriptor)


def hold(descriptor: int) -> bool:
    """Whether the lock of an open file is ours now, until it is closed or this process ends.

    Where the system has no such locks it is nobody's.
    """
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):  # ImportError: Windows
        return False
    return True


def _locked(path: Path, progress: Progress, waiting: str) -> int | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        held = False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = is_still(path, descriptor)
            if held:
                return descriptor
        except BlockingIOError:
            progress(waiting, 0, 0)
            time.sleep(_POLL_S)
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                raise
            path.unlink(missing_ok=True)
            return None
        finally:
            if not held:
                os.close(descriptor)


def is_still(path: Path, descriptor: int) -> bool:
    """Whether the file that was locked is the one of that name: whoever had it before has removed his own."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
