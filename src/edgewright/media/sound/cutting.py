"""Windows of a sound that comes piece by piece and may never end: the same as those of a whole recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgewright.media.sound.preparation import SoundPreparation
from edgewright.media.sound.recording import Samples
from edgewright.media.sound.resampling import fed, resampler


class SoundCutter:
    """Cuts one sound into the windows of a model; it holds one of them and what came last. Not for two threads."""

    def __init__(self, preparation: SoundPreparation, rate: int, name: str) -> None:
        """`rate` is that of the pieces, in hertz; `name` stands for the sound in messages.

        Raises `MissingReaderError` where the rate is not the model's, and nothing can change it.
        """
        self._preparation = preparation
        own, channels = preparation.rate, preparation.channels
        self._resample: Any = None if rate == own else resampler(name, rate, own, channels)
        self._held = np.zeros((0, channels), np.float32)
        self._first = 0  # the place of the first sample that is held
        self._next = 0  # where the next window starts

    def feed(self, piece: Samples) -> Iterator[tuple[int, Samples]]:
        """The windows that a piece (n, channels), -1 to 1, completes.

        Each with the place of its first sample, counted from the start at the model's rate.
        """
        yield from self._more(self._preparation.mixed(piece), last=False)

    def finish(self) -> Iterator[tuple[int, Samples]]:
        """Those that are left at the end: the last one has zeros behind it."""
        window, hop = self._preparation.window, self._preparation.hop
        if self._resample is not None:
            yield from self._more(self._held[:0], last=True)
        end = self._first + len(self._held)
        covered = self._next - hop + window if self._next else 0
        if end > covered:
            rest = self._held[self._next - self._first :]
            padded = np.zeros((window, self._held.shape[1]), np.float32)
            padded[: len(rest)] = rest
            yield self._next, padded

    def _more(self, piece: Samples, *, last: bool) -> Iterator[tuple[int, Samples]]:
        if self._resample is not None:
            piece = fed(self._resample, piece, self._held.shape[1], last=last)
        self._held = np.concatenate([self._held, piece])
        window = self._preparation.window
        while self._next + window <= self._first + len(self._held):
            place = self._next - self._first
            yield self._next, self._held[place : place + window].copy()
            self._next += self._preparation.hop
        passed = min(self._next - self._first, len(self._held))
        self._held, self._first = self._held[passed:].copy(), self._first + passed
