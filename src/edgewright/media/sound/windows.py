"""Windows of a sound: where they lie, and how each is made when its turn comes: a long sound takes little memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from edgewright.media.sound.recording import Samples


def window_starts(length: int, window: int, hop: int) -> range:
    """First samples of windows that cover `length` samples: one starts every `hop`, the last may reach over the end.

    A sound that is shorter than a window has one.
    """
    count = 1 + max(0, math.ceil((length - window) / hop))
    return range(0, count * hop, hop)


def window_spans(length: int, window: int, hop: int, rate: int) -> tuple[tuple[float, float], ...]:
    """Start and end of the same windows in seconds, none behind the sound's own end."""
    return tuple((start / rate, min(start + window, length) / rate) for start in window_starts(length, window, hop))


class Reel:
    """Windows of a sound that is read from its start; going back begins again. Not for two threads at once."""

    def __init__(self, blocks: Callable[[], Iterator[Samples]], channels: int, window: int, hop: int) -> None:
        """`blocks` begins to read: (n, channels) each."""
        self._begin = blocks
        self._empty = np.zeros((0, channels), np.float32)
        self._window, self._hop = window, hop
        self._rewind()

    def _rewind(self) -> None:
        self._blocks = self._begin()
        self._held, self._start = self._empty, 0

    def window(self, number: int) -> Samples:
        """The samples (window, channels) of a window, with zeros behind the sound's end."""
        start = number * self._hop
        if start < self._start:
            self._rewind()
        self._read_to(start, start + self._window)
        found = self._held[start - self._start :][: self._window]
        if len(found) == self._window:
            return found
        padded = np.zeros((self._window, found.shape[1]), np.float32)
        padded[: len(found)] = found
        return padded

    def _read_to(self, start: int, end: int) -> None:
        while self._start + len(self._held) < end and (block := next(self._blocks, None)) is not None:
            self._drop_before(start)
            self._held = np.concatenate([self._held, block]) if len(self._held) else block
        self._drop_before(start)

    def _drop_before(self, start: int) -> None:
        passed = min(max(start - self._start, 0), len(self._held))
        self._held, self._start = self._held[passed:], self._start + passed
