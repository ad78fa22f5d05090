"""A source of sounds or series as a source of the windows that a model takes, each of them a frame."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from edgewright.agent.capture.frame import Frame, Position
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.protocol import FrameSource, SourceError, Taken
from edgewright.errors import DataError, UsageError
from edgewright.media import Rows, SeriesCutter, SeriesPreparation, SoundCutter, SoundPreparation

# A source whose windows come more seldom cannot be seen to be silent by them.
_SELDOM_S = 5.0

# A sensor that measures more often than it says may run so far ahead of the clock.
_AHEAD_S = 10.0

# Marks that lie further back than one such stretch are forgotten: the last one says it all.
_STRETCH = 500


class Windowed:
    """Gives the windows of what a source gives, and what it could not read.

    A window begins every hop; of what breaks off the last one is filled up, or is the last that was whole. A source
    that can be read again, as it says with a `version`, goes on after a restart behind the last window that is stored.
    """

    def __init__(self, source: FrameSource, prepare: SoundPreparation | SeriesPreparation, memory: Taken) -> None:
        self._source = source
        self._prepare = prepare
        self._memory = memory
        self._began_s = time.monotonic()
        self.name = source.name
        self.live = source.live
        self.can_stall = source.can_stall and _hop_s(prepare) <= _SELDOM_S
        self._version: str | None = getattr(source, "version", None)
        self._next = 1 + max((number for version, number in self._taken() if version == self._version), default=-1)

    def frames(self) -> Iterator[Frame]:
        """Give windows as they are complete. Raises as the source does, and where what it gives does not fit."""
        cutting = _Cutting(self._cutters, live=self.live, began_s=self._began_s)
        try:
            for frame in self._source.frames():
                if isinstance(frame.content, Signal) and not frame.damaged and frame.error is None:
                    yield from self._numbered(cutting.feed(frame, frame.content))
                elif isinstance(frame.content, np.ndarray) and frame.error is None and not frame.damaged:
                    kind = "sounds" if isinstance(self._prepare, SoundPreparation) else "series"
                    raise UsageError(f"{self.name}: the model takes {kind}, and this is a picture. Give a Signal")
                else:
                    yield frame
            yield from self._numbered(cutting.finish())
        except SourceError:
            yield from self._numbered(cutting.finish())
            raise
        except DataError as error:
            if not self.live:  # it says the same when it is read again
                raise
            raise SourceError(str(error)) from error

    def give_back(self, marks: Iterable[str]) -> None:
        """What a sensor measured is past."""

    def close(self) -> None:
        """End soon."""
        self._source.close()

    def _cutters(self, first: Signal) -> _Cutter:
        """What cuts the windows from now on."""
        if isinstance(self._prepare, SoundPreparation):
            return _SoundCutter(self._prepare, first, self.name)
        return _SeriesCutter(self._prepare, self.name)

    def _numbered(self, windows: Iterable[tuple[int, Frame]]) -> Iterator[Frame]:
        """Those that are not stored yet, each with its mark if it has one."""
        for number, window in windows:
            if self._version is None:
                yield window
            elif number >= self._next:
                self._next = number + 1
                yield replace(window, mark=self._mark(number))
                self._forget_before(number)

    def _mark(self, number: int) -> str:
        return f"{self._version}/{number}"

    def _taken(self) -> Iterator[tuple[str, int]]:
        for mark in self._memory.taken(self.name) if self._version is not None else ():
            version, _, number = mark.rpartition("/")
            yield version, int(number)

    def _forget_before(self, number: int) -> None:
        if number % _STRETCH == 0 and number >= 2 * _STRETCH:
            past = range(number - 2 * _STRETCH, number - _STRETCH)
            self._memory.forget(self.name, [self._mark(one) for one in past])


def _hop_s(prepare: SoundPreparation | SeriesPreparation) -> float:
    if isinstance(prepare, SoundPreparation):
        return prepare.hop / prepare.rate
    rate = prepare.described.rate
    return prepare.layout.window / rate if rate else _SELDOM_S


class _Cut(NamedTuple):
    """A window with the place of its first sample or row, and `begin_s` after the first one of what is cut.

    `rate`: how many of those there are in a second, of a sound before it is resampled; None where nobody says it.
    """

    first: int
    begin_s: float
    signal: Signal
    rate: float | None


class _Cutter(Protocol):
    """Cuts what comes without a break."""

    def feed(self, signal: Signal) -> Iterator[_Cut]: ...
    def finish(self) -> Iterator[_Cut]: ...
    def fits(self, signal: Signal) -> bool: ...


class _SoundCutter:
    def __init__(self, prepare: SoundPreparation, first: Signal, name: str) -> None:
        if not first.rate:
            raise DataError(f"{name}: nobody says how many samples a second it has")
        self._rate = int(first.rate)
        self._own = prepare.rate
        self._cutter = SoundCutter(prepare, self._rate, name)

    def fits(self, signal: Signal) -> bool:
        return signal.rate == self._rate

    def feed(self, signal: Signal) -> Iterator[_Cut]:
        for first, samples in self._cutter.feed(signal.values):
            yield _Cut(first * self._rate // self._own, first / self._own, Signal(samples, self._own), self._rate)

    def finish(self) -> Iterator[_Cut]:
        for first, samples in self._cutter.finish():
            yield _Cut(first * self._rate // self._own, first / self._own, Signal(samples, self._own), self._rate)


class _SeriesCutter:
    def __init__(self, prepare: SeriesPreparation, name: str) -> None:
        self._cutter = SeriesCutter(prepare, name)
        self._begin_s: float | None = None

    def fits(self, signal: Signal) -> bool:
        return True

    def feed(self, signal: Signal) -> Iterator[_Cut]:
        if self._begin_s is None and signal.times is not None and len(signal.times):
            self._begin_s = float(signal.times[0])
        for window in self._cutter.feed(Rows(signal.values, signal.times)):
            yield self._cut(window.first, Signal(window.values, self._cutter.rate, window.times))

    def finish(self) -> Iterator[_Cut]:
        for window in self._cutter.finish():
            yield self._cut(window.first, Signal(window.values, self._cutter.rate, window.times))

    def _cut(self, first: int, signal: Signal) -> _Cut:
        if signal.times is not None and self._begin_s is not None:
            return _Cut(first, float(signal.times[0]) - self._begin_s, signal, signal.rate)
        return _Cut(first, first / (signal.rate or 1.0), signal, signal.rate)


class _Piece(NamedTuple):
    """What came together: behind it there are `end` samples or rows since something was missing."""

    end: int
    captured_s: float
    started_s: float


class _Cutting:
    """Windows of one opening of a source, each with its number and the times of its first sample or row.

    Readings that go on by themselves are timed by when they came. Samples are a clock of their own, and so is all that
    a file has, where a minute may come in a second.
    """

    def __init__(self, make: Callable[[Signal], _Cutter], *, live: bool, began_s: float) -> None:
        self._make = make
        self._live = live
        self._began_s = began_s
        self._cutter: _Cutter | None = None
        self._pieces: deque[_Piece] = deque()
        self._offset_s = self._so_far_s = 0.0
        self._are_samples = False
        self._latest_s = self._latest_at_s = -math.inf
        self._number = -1

    def feed(self, frame: Frame, signal: Signal) -> Iterator[tuple[int, Frame]]:
        """The windows that a piece completes."""
        if self._cutter is None or signal.begins_anew or not self._cutter.fits(signal):
            yield from self.finish()
            self._cutter = self._make(signal)
            self._are_samples = isinstance(self._cutter, _SoundCutter)
            self._offset_s = self._offset(frame, signal)
        before = self._pieces[-1].end if self._pieces else 0
        self._pieces.append(_Piece(before + len(signal), frame.captured_s, frame.started_s))
        for cut in self._cutter.feed(signal):
            yield self._framed(cut)

    def finish(self) -> Iterator[tuple[int, Frame]]:
        """What is left where it breaks off."""
        cutter, self._cutter = self._cutter, None
        for cut in cutter.finish() if cutter is not None and self._pieces else ():
            yield self._framed(cut)
        self._pieces.clear()

    def _offset(self, frame: Frame, signal: Signal) -> float:
        if signal.at_s is not None:
            return signal.at_s
        return frame.started_s - signal.seconds - self._began_s if self._live else self._so_far_s

    def _time_s(self, came_s: float, at_s: float) -> float:
        """The moment of a window, on a clock that only goes forward.

        Readings that come all at once, since something held them up, are as far apart as they were measured.
        """
        if not self._live:
            return at_s
        if self._are_samples:
            came_s = self._began_s + at_s
        elif self._latest_s > -math.inf:
            step_s = max(0.0, at_s - self._latest_at_s)
            came_s = max(came_s, min(self._latest_s + step_s, came_s + _AHEAD_S))
        self._latest_s, self._latest_at_s = max(self._latest_s, came_s), at_s
        return self._latest_s

    def _framed(self, cut: _Cut) -> tuple[int, Frame]:
        while len(self._pieces) > 1 and self._pieces[0].end <= cut.first:
            self._pieces.popleft()
        piece, at_s = self._pieces[0], self._offset_s + cut.begin_s
        # It came with the last one of its piece, and was measured before that.
        before_s = (piece.end - cut.first) / (cut.rate or 1.0) if self._live else 0.0
        time_s = self._time_s(piece.started_s - before_s, at_s)
        self._number += 1
        self._so_far_s = at_s + cut.signal.seconds
        return self._number, Frame(
            replace(cut.signal, at_s=at_s, time_s=time_s),
            captured_s=piece.captured_s - before_s,
            started_s=self._pieces[-1].started_s,
            position=None if self._live else Position(None, at_s),
        )
