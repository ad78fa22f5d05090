"""The folder where fetched models lie: one folder a model, which is there whole or not at all.

It is `models` in Edgewright's cache folder. A model is made in a scratch folder beside the others and gets its place by
one rename. What a download that broke off has brought so far waits in a hidden folder beside them, for a day.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edgewright.cache import MODELS, TRASH, cache_folder, discard
from edgewright.errors import HubError, OutputError
from edgewright.machine import Progress, alone

_WAITING = "waiting for another process that fetches it"
_SCRATCH, _PARTIAL, _LOCK = ".making-", ".partial-", ".lock-"
# What a killed run left behind is removed when it is older than any run lasts.
_STALE_S = 24 * 3600
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}


def root() -> Path:
    """The folder that holds a folder for each model; it need not exist."""
    return cache_folder() / MODELS


def model_path(name: str) -> Path:
    """Where the file of the model `name` lies once it is fetched."""
    return root() / name / f"{name}.tflite"


def source_path(name: str) -> Path:
    """Where the source of that file lies, a Keras model."""
    return root() / name / f"{name}.keras"


def record_path(name: str) -> Path:
    """Where the SHA-256 of the first download is kept for a model that has no published one."""
    return root() / f"{name}.sha256"


def made_path(name: str) -> Path:
    """Where it is kept which file of the model `name` was made here."""
    return root() / f"{name}.made"


@contextlib.contextmanager
def lock(name: str, progress: Progress) -> Iterator[None]:
    """Let one process at a time fetch the model `name`; the others wait here, and then find it in the cache.

    Raises OutputError where the cache cannot be written. Where the system has no such locks (Windows, some network
    file systems) nobody waits: what arrives is compared all the same, so at worst both have to try again.
    """
    with contextlib.ExitStack() as held:
        with _explained(root()):
            root().mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(root() / f"{_LOCK}{name}", progress, _WAITING))
        yield


@contextlib.contextmanager
def partial(name: str) -> Iterator[Path]:
    """A hidden folder for what a download has brought so far; it stays for the next one unless it is empty."""
    path = root() / f"{_PARTIAL}{name}"
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
        os.utime(path)
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.rmdir()


def clear(folder: Path) -> None:
    """Remove all that a folder holds, whether it was good or not."""
    for path in folder.iterdir():
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch(needed: int) -> Iterator[Path]:
    """A folder to make a model in, gone afterwards; raises OutputError without `needed` bytes of room for it."""
    parent = root()
    with _explained(parent):
        parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(parent)
        free = shutil.disk_usage(parent).free
        if free < needed:
            raise OutputError(
                f"{parent}: {free:,} bytes are free, {needed:,} are needed. Free some, or set EDGEWRIGHT_CACHE"
            )
        folder = tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=parent, ignore_cleanup_errors=True)
    with folder as path:
        yield Path(path)


def publish(made: Path, name: str) -> None:
    """Give a finished folder its place by a rename, in place of what may be there.

    Two processes may do so at the same time: each folder is whole, and the last one stays.
    """
    target = root() / name
    with _explained(target):
        _sync(made)
        while True:
            try:
                made.rename(target)
            except OSError as problem:
                if problem.errno not in _TAKEN:
                    raise
                discard(target)
            else:
                return


def remove(name: str) -> int:
    """Remove a model and return how many bytes that freed; raises HubError where it is not in the cache.

    What was written down of the file goes with it.
    """
    target = root() / name
    if not target.is_dir():
        raise HubError(f"the model {name} is not in the cache ({root()}), so there is nothing to remove")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    with _explained(target):
        discard(target)
        made_path(name).unlink(missing_ok=True)
    return size


def _remove_stale(parent: Path) -> None:
    for prefix in (_SCRATCH, TRASH, _PARTIAL):
        for path in parent.glob(f"{prefix}*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _STALE_S:
                    shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Bring every file to the disk before the folder is visible."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{problem.filename or path}: {problem.strerror}. The cache must be a folder that can be written; "
            "EDGEWRIGHT_CACHE names another one"
        ) from None
