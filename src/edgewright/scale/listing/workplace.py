"""Where a listing is made: a folder within that of the run, by one process at a time where there are locks."""

from __future__ import annotations

import math
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgewright.machine import Progress, alone
from edgewright.scale.listing.stored import MANIFEST, writing

_PREFIX = ".listing-"
_LEFT_AFTER_S = 3600.0


@contextmanager
def listing_into(folder: Path, progress: Progress) -> Iterator[Path | None]:
    """A folder to make the listing of `folder` in, which is gone at the end; None where that has a manifest by now.

    Others wait here until it is made. Raises `OutputError` where nothing can be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if not (folder / MANIFEST).exists():
            with writing(folder):
                lock = alone(folder / ".lock", progress, "waiting for the listing that another one makes")
                _sweep(folder, alone_here=stack.enter_context(lock))
        if (folder / MANIFEST).exists():
            yield None
            return
        with writing(folder):
            made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{socket.gethostname()}-", dir=folder))
        stack.callback(shutil.rmtree, made, ignore_errors=True)
        yield made


def _sweep(folder: Path, *, alone_here: bool) -> None:
    """Remove what is left of listings that were killed: what nobody wrote to for an hour.

    Where nobody else lists on this machine, all that is of it; of another one nobody knows.
    """
    for left in folder.glob(f"{_PREFIX}*"):
        ages = [time.time() - path.stat().st_mtime for path in (left, *left.glob("*")) if path.exists()]
        is_ours = left.name.rpartition("-")[0] == f"{_PREFIX}{socket.gethostname()}"
        if (is_ours and alone_here) or min(ages, default=math.inf) >= _LEFT_AFTER_S:
            shutil.rmtree(left, ignore_errors=True)
