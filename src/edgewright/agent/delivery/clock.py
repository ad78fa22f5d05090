"""The clocks of an agent: the system's, which may be wrong by years, and one that only knows what has passed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")

# How much of its life a store may forget at a kill.
_NOTED_EVERY_S = 60.0


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


class Lifetime:
    """Seconds that a store has lived, by which the age of its events is counted; kept in its table `life`.

    A store, and so an event, is never older than by what is known to have passed: while an agent was at work, and
    between two of them in one boot. Of another boot, or another machine, nobody knows how long it was off, and the
    system's clock is no witness: then nothing is added.
    """

    def __init__(self, clock: Clock, database: sqlite3.Connection) -> None:
        self._clock = clock
        noted = database.execute("SELECT boot, steady_s, lived_s FROM life").fetchone()
        newest = database.execute("SELECT lived_s FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
        boot, steady_s, lived_s = noted or (None, 0.0, 0.0)
        self._start_s = clock.steady()
        if clock.boot is not None and boot == clock.boot:
            lived_s += max(0.0, self._start_s - steady_s)
        # The last event may know more than what was noted last.
        self._lived_s = self._noted_s = max(lived_s, newest[0] if newest else 0.0)

    def now(self) -> float:
        """How long the store has lived, in seconds; never falls."""
        return self._lived_s + max(0.0, self._clock.steady() - self._start_s)

    def note(self, database: sqlite3.Connection, every_s: float = _NOTED_EVERY_S) -> None:
        """Write it down where that was long ago."""
        steady_s, lived_s = self._clock.steady(), self.now()
        if lived_s - self._noted_s >= every_s:
            row = (self._clock.boot, steady_s, lived_s)
            database.execute("INSERT OR REPLACE INTO life VALUES (1, ?, ?, ?)", row)
            self._noted_s = lived_s
