"""From one sample rate to another, by `soxr`, which the extra "sound" brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from edgewright.errors import MissingReaderError
from edgewright.media.sound.recording import Samples

# What lies above half the new rate comes out weaker by more than 130 dB; the next quality costs as much and is heard
# by nobody in 16 bits.
_QUALITY = "HQ"


def resampler(name: str, rate: int, wanted: int, channels: int) -> Any:
    """A resampler that is fed in blocks; raises `MissingReaderError` where there is none."""
    try:
        import soxr
    except ImportError:
        raise MissingReaderError(f"{name}: bringing it from {rate:,} to {wanted:,} Hz", "sound") from None
    return soxr.ResampleStream(rate, wanted, channels, dtype="float32", quality=_QUALITY)


def resampled(blocks: Iterable[Samples], stream: Any, channels: int) -> Iterator[Samples]:
    """The blocks, (n, channels) each, at the other rate."""
    for block in blocks:
        yield fed(stream, block, channels, last=False)
    yield fed(stream, np.zeros((0, channels), np.float32), channels, last=True)


def fed(stream: Any, block: Samples, channels: int, *, last: bool) -> Samples:
    """What a block, or the end behind the last one, brings at the other rate."""
    samples: Samples = stream.resample_chunk(np.ascontiguousarray(block), last=last).reshape(-1, channels)
    return samples
