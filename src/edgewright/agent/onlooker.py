"""An agent at a terminal: lines for people that are written anew while it works, below its log and its events."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Self, TextIO

from edgewright.agent.glance import Glance
from edgewright.machine import temperature_c
from edgewright.report import LiveLines, numbers

_REDRAWN_S = 0.25

# Rates are of so many seconds.
_RATED_S = 5.0


class Onlooker:
    """Shows at the foot of a terminal what an agent does, in a `with` block."""

    def __init__(self, stream: TextIO) -> None:
        self._live = LiveLines(stream)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def above(self, stream: TextIO) -> TextIO:
        """A stream to the same terminal whose lines scroll by above what is shown."""
        return self._live.above(stream)

    def look_at(self, glance: Callable[[], Glance | None]) -> None:
        """Show what `glance` says from now on, each time anew; nothing changes where it says nothing."""
        self._thread = threading.Thread(target=self._redraw, args=(glance,), name="onlooker", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._live.close()

    def _redraw(self, glance: Callable[[], Glance | None]) -> None:
        rates = Rates()
        while not self._ended.wait(_REDRAWN_S):
            now = glance()
            if now is not None:
                self._live.show(lines(now, rates.at(time.monotonic(), now), temperature_c(), self._live.width))


class Rates:
    """Frames a second, captured and looked at, over the last seconds."""

    def __init__(self) -> None:
        self._counted: deque[tuple[float, int, int]] = deque()

    def at(self, now_s: float, glance: Glance) -> tuple[float, float]:
        """Note the counts of a moment of the monotonic clock; the rates until then."""
        self._counted.append((now_s, glance.captured, glance.looked_at))
        while len(self._counted) > 2 and now_s - self._counted[1][0] >= _RATED_S:
            self._counted.popleft()
        first_s, captured, looked_at = self._counted[0]
        passed_s = now_s - first_s
        if passed_s <= 0:
            return 0.0, 0.0
        return (glance.captured - captured) / passed_s, (glance.looked_at - looked_at) / passed_s


def lines(glance: Glance, rates: tuple[float, float], warm_c: float | None, width: int) -> list[str]:
    """What is shown: what is seen now, the figures, as many as find room, and each trouble."""
    troubles = [f"{part}: {reason}" for part, reason in glance.troubles.items()]
    return [f"sees {glance.seen or 'nothing yet'}", _as_fits(_figures(glance, rates, warm_c), width), *troubles]


def _figures(glance: Glance, rates: tuple[float, float], warm_c: float | None) -> list[str]:
    """The most important first."""
    captured, looked_at = rates
    frames = f"{looked_at:.1f} frames/s"
    if captured - looked_at > 0.05 * captured:  # a camera whose frames go by
        frames = f"{looked_at:.1f} of {captured:.1f} frames/s"
    figures = [frames, numbers.count(glance.events, "event"), f"{glance.sent:,} sent", f"{glance.waiting:,} waiting"]
    if glance.passed_over:
        figures.append(f"{glance.passed_over:,} passed over")
    if glance.still:
        figures.append(f"{glance.still:,} of {numbers.count(glance.still + glance.looked_at, 'picture')} were still")
    if warm_c is not None:
        figures.append(f"{warm_c:.0f} °C")
    if glance.looked_at:
        figures.append(f"model {numbers.duration(glance.took_s)}")
    return [*figures, f"{numbers.count(glance.looked_at, 'picture')} looked at"]


def _as_fits(figures: list[str], width: int) -> str:
    text = figures[0]
    for figure in figures[1:]:
        if len(text) + len(" · ") + len(figure) > width:
            break
        text = f"{text} · {figure}"
    return text
