"""Folders for as long as a process lives, short or long; who comes later removes those of the ones that were killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgewright.machine import hold

_LOCK = "lock"


@contextmanager
def folder_of_ours(prefix: str, parent: Path) -> Iterator[Path]:
    """A folder in `parent` whose name begins with `prefix`; it is gone at the end, or when the next one is made."""
    for left in parent.glob(f"{prefix}*"):
        _remove_left(left)
    unseen = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=parent))  # until it is locked
    with (unseen / _LOCK).open("wb") as lock:
        hold(lock.fileno())
        made = unseen.rename(parent / unseen.name[1:])
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _remove_left(folder: Path) -> None:
    try:
        with (folder / _LOCK).open("rb+") as lock:
            if hold(lock.fileno()):
                shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
