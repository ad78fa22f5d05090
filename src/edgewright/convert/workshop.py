"""The folder for all temporary files of a conversion; what killed conversions left is removed by the next one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edgewright.errors import OutputError

_PREFIX = "edgewright-convert-"
_REMOVALS, _PAUSE_S = 40, 0.05


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """A folder that is gone afterwards, however the work ends. It is locked while its process lives."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:
        raise OutputError(f"no temporary folder can be made: {error}. Free some space, or set TMPDIR") from None
    lock = _locked(folder)
    try:
        _remove_left(folder)
        yield folder
    finally:
        if lock is not None:
            os.close(lock)
        _remove(folder)


def _remove_left(mine: Path) -> None:
    """Remove the folders of this user whose process is gone: nobody holds their lock."""
    for folder in mine.parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            old = time.time() - found.st_mtime > 60  # a younger one may not be locked yet
            if folder != mine and old and hasattr(os, "getuid") and found.st_uid == os.getuid():
                lock = _locked(folder)
                if lock is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder; `None` where another process has it, or there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: Path) -> None:
    """Remove it as often as it takes: a process that was killed may still be finishing its last write."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)
