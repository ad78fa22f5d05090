"""The clocks of an agent: the system's, which may be wrong by years, and one that only knows what has passed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _boot_id() -> str | None:
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _steady() -> float:
    """Seconds since the machine was started, those that it slept included where the system counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock:
    """`wall`: seconds since 1970; many small computers learn them from the network, long after their start.

    `steady` only goes forward, from some moment of the boot that `boot` names; None where boots have no names.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
        boot: Callable[[], str | None] = _boot_id,
    ) -> None:
        self.now = wall
        self.steady = steady
        self.boot = boot()
