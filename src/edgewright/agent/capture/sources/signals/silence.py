"""A sensor that says nothing for too long, or nothing that can be read."""

from __future__ import annotations

import time

from edgewright.agent.capture.sources.protocol import SourceError

SILENT_S = 20.0

# A slow sensor may be late by so many readings.
_LATE = 5


class Silence:
    """Raises `SourceError` where nothing was heard for `SILENT_S`, or for longer of what seldom says something."""

    def __init__(self, rate: float | None = None) -> None:
        """`rate`: so many readings a second, where that is known."""
        self._limit_s = max(SILENT_S, _LATE / rate if rate else 0.0)
        self._last_s = time.monotonic()
        self._unread = 0
        self._last_problem = ""

    def heard(self) -> None:
        """Note that something came."""
        self._last_s = time.monotonic()
        self._unread = 0

    def unread(self, problem: str) -> None:
        """Note that something came which cannot be read."""
        self._unread += 1
        self._last_problem = problem

    def check(self, hint: str = "") -> None:
        """Raise where it lasts too long; `hint` is what to do where nothing can be read."""
        if time.monotonic() - self._last_s < self._limit_s:
            return
        if self._unread:
            raise SourceError(f"nothing that can be read for {self._limit_s:g} s ({self._last_problem}){hint}")
        raise SourceError(f"silent for {self._limit_s:g} s")
