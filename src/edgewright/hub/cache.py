"""The folder where fetched models lie: one folder a model, which is there whole or not at all.

It is `models` in Edgewright's cache folder. A model is made in a scratch folder beside the others and gets its place by
one rename.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edgewright.cache import cache_folder
from edgewright.errors import HubError, OutputError

_SCRATCH, _TRASH = ".making-", ".trash-"
# What a killed run left behind is removed when it is older than any run lasts.
_STALE_S = 24 * 3600
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST}


def root() -> Path:
    """The folder that holds a folder for each model; it need not exist."""
    return cache_folder() / "models"


def model_path(name: str) -> Path:
    """Where the file of the model `name` lies once it is fetched."""
    return root() / name / f"{name}.tflite"


def source_path(name: str) -> Path:
    """Where the source of that file lies, a Keras model."""
    return root() / name / f"{name}.keras"


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
                _discard(target)
            else:
                return


def remove(name: str) -> int:
    """Remove a model and return how many bytes that freed; raises HubError where it is not in the cache."""
    target = root() / name
    if not target.is_dir():
        raise HubError(f"the model {name} is not in the cache ({root()}), so there is nothing to remove")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    with _explained(target):
        _discard(target)
    return size


def _discard(folder: Path) -> None:
    """Take a folder out of sight in one step, then delete it."""
    trash = folder.with_name(f"{_TRASH}{secrets.token_hex(8)}")
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        folder.rename(trash)
        shutil.rmtree(trash)


def _remove_stale(parent: Path) -> None:
    for prefix in (_SCRATCH, _TRASH):
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
