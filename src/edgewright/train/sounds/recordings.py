"""Recordings as a network takes them: at 16,000 Hz, one channel, cut into windows that know how loud they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.media import SoundCutter, SoundPreparation, open_sound
from edgewright.model import InputMetadata, TensorSpec
from edgewright.train.sounds.log_mel import HOP, RATE

Samples = npt.NDArray[np.float32]

DESCRIBED = InputMetadata(kind="audio", sample_rate=RATE, channels=1)

MARGIN = RATE // 10
"""Samples before and behind a window that are read along: 0.1 seconds by which it is moved."""

_BLOCK = 1 << 16
_SHORTEST, _LONGEST, _USUAL = RATE // 2, 2 * RATE, RATE
_STEP = RATE // 10
# Most recordings of short sounds are to be heard whole.
_MOST = 90


@dataclass(frozen=True, eq=False)
class Window:
    """A window of a recording: `samples` (margin + window + margin,), zeros where the recording is not.

    `level`: the root mean square of the window alone, 0 to 1. `length`: samples of it that the recording has.
    """

    samples: Samples
    level: float
    length: int

    @property
    def itself(self) -> Samples:
        """Its own samples (window,)."""
        return self.samples[MARGIN:-MARGIN]


@dataclass(frozen=True)
class Read:
    """A recording that was read to its end: SHA-256 of its samples, in hex, and how long it is."""

    digest: str
    seconds: float


def read_through(source: Any) -> Read:
    """Read a recording to its end, as it is to be heard. Raises `DataError` where that is impossible."""
    digest, recording = hashlib.sha256(), open_sound(source)
    cutter = SoundCutter(_preparation(RATE), recording.rate, recording.name)
    for block in recording.blocks(_BLOCK):
        digest.update(np.ascontiguousarray(block).tobytes())
        for _ in cutter.feed(block):
            pass
    return Read(digest.hexdigest(), recording.seconds)


def window_of(seconds: npt.NDArray[Any]) -> int:
    """How many samples a window has: sounds of up to 2 seconds are heard whole, longer ones second by second."""
    usual = float(np.percentile(seconds, _MOST)) * RATE
    if usual > _LONGEST:
        return _USUAL
    return max(int(-(-usual // _STEP)) * _STEP, _SHORTEST)


def whole_hops(window: int) -> int:
    """The next length that is made of whole hops of the features."""
    return -(-window // HOP) * HOP


def windows_of(source: Any, window: int) -> Iterator[Window]:
    """The windows of a recording, each starting half a window behind the one before, as they do where it is run."""
    recording = open_sound(source)
    cutter = SoundCutter(_preparation(window + 2 * MARGIN, window // 2), recording.rate, recording.name)
    total = max(1, round(recording.frames * RATE / recording.rate))
    for start, samples in _cut(cutter, recording):
        row = samples[:, 0]
        length = max(1, min(total - start, window))
        level = float(np.sqrt(np.mean(np.square(row[MARGIN : MARGIN + length], dtype=np.float64))))
        yield Window(row, level, length)


def _cut(cutter: SoundCutter, recording: Any) -> Iterator[tuple[int, Samples]]:
    """The windows behind a margin of silence, each with the place at which it starts in the recording."""
    silence = np.zeros((round(MARGIN * recording.rate / RATE), recording.channels), np.float32)
    yield from cutter.feed(silence)
    for block in recording.blocks(_BLOCK):
        yield from cutter.feed(block)
    yield from cutter.finish()


def _preparation(window: int, hop: int | None = None) -> SoundPreparation:
    spec = TensorSpec(0, "samples", (1, window), "float32", (1, window))
    return SoundPreparation.of(spec, DESCRIBED, hop=None if hop is None else hop / RATE)
