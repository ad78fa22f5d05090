"""How often the model is asked of a source, where somebody has set a limit."""

from __future__ import annotations

import math

from edgewright.agent.capture.frame import Frame


class Pace:
    """At most `rate` pictures a second; as many as come where it is None.

    What comes by itself, and pictures that wait, are asked for no sooner than `next_s`. Of a video file that is read as
    fast as the model goes one frame of each 1/rate seconds of its own time is taken, whatever the clock says.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._part: int | None = None
        self._due_s = float("-inf")

    def passes_over(self, frame: Frame) -> bool:
        """Whether a frame of a video comes too soon behind the last one that was taken."""
        seconds = _own_time(frame)
        if self._rate is None or seconds is None:
            return False
        part = math.floor(seconds * self._rate + 1e-6)  # times in a file are rounded
        if part == self._part:
            return True
        self._part = part
        return False

    def next_s(self, frame: Frame, now_s: float) -> float | None:
        """From when on the next may be taken, on the clock of `now_s`; None where that may be at once.

        One that came late, by up to half a period, does not make those behind it late.
        """
        if self._rate is None or _own_time(frame) is not None:
            return None
        period_s = 1 / self._rate
        is_on_time = now_s - self._due_s < period_s / 2
        self._due_s = (self._due_s if is_on_time else now_s) + period_s
        return self._due_s


def _own_time(frame: Frame) -> float | None:
    return frame.position.seconds if frame.position is not None else None
