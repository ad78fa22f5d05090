"""Standard input as it comes, without waiting where there is nothing."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator

_MOST = 1 << 16
_LOOK_S = 0.25


def read_input(closed: threading.Event, descriptor: int = 0) -> Iterator[bytes]:
    """Bytes until the end, or until it is closed.

    It is read past Python's own object for it: a thread that waits inside that one would break the end of the process.
    """
    while not closed.is_set():
        if os.name == "posix" and not select.select([descriptor], [], [], _LOOK_S)[0]:
            continue
        data = os.read(descriptor, _MOST)
        if not data:
            return
        yield data
