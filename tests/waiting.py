"""Waits for what another process or thread comes to."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

_PAUSE_S = 0.01


def wait_for(
    holds: Callable[[], Any],
    *,
    told: Callable[[], object] = lambda: "it never came to that",
    process: subprocess.Popen[bytes] | subprocess.Popen[str] | None = None,
    timeout_s: float = 120,
) -> Any:
    """Until something holds, which is returned, or `process` has ended.

    What is looked at may come and go meanwhile: a file that is missing means that it does not hold yet.

    Raises:
        TimeoutError: With what `told` has to say.
    """
    end = time.monotonic() + timeout_s
    while not (found := _now(holds)):
        if process is not None and process.poll() is not None:
            break
        if time.monotonic() > end:
            raise TimeoutError(told())
        time.sleep(_PAUSE_S)
    return found


def _now(holds: Callable[[], Any]) -> Any:
    try:
        return holds()
    except FileNotFoundError:
        return None


def takes_connections(host: str, port: int) -> bool:
    """Whether somebody answers there."""
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
