"""How long a store of events has lived, by which their age is counted."""

from __future__ import annotations

import sqlite3

from edgewright.agent.capture.clock import Clock

# How much of its life a store may forget at a kill.
_NOTED_EVERY_S = 60.0


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
