"""A sound that was opened and not yet decoded: it is read from its start, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

Samples = npt.NDArray[np.float32]
"""(samples,) or (samples, channels), -1 to 1."""

LOUDEST = 2.0
"""Up to here samples are louder than full scale, as mixes and decoders make them; beyond it they are no -1 to 1."""

# What a bat detector records is the highest, a poor telephone the lowest.
RATES = (1_000, 1_000_000)
_MOST_CHANNELS = 64


@dataclass(frozen=True)
class Recording:
    """A sound: its `name` for messages, `rate` in hertz, `channels`, and `frames`, the samples of each channel.

    `read` gives its blocks from the start, each (at most so many frames, channels) float32, together `frames`.
    Raises `DataError` for what no sound can be.
    """

    name: str
    rate: int
    channels: int
    frames: int
    read: Callable[[int], Iterator[Samples]] = field(repr=False)

    def __post_init__(self) -> None:
        low, high = RATES
        if not low <= self.rate <= high:
            raise DataError(f"{self.name}: {self.rate:,} samples a second. A sound has {low:,} to {high:,}")
        if not 1 <= self.channels <= _MOST_CHANNELS:
            raise DataError(f"{self.name}: {self.channels:,} channels. A sound has 1 to {_MOST_CHANNELS}")
        if self.frames < 1:
            raise DataError(f"{self.name}: there are no samples in it")

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.rate

    def blocks(self, most: int) -> Iterator[Samples]:
        """Read it from the start. Raises `DataError` where it ends too early."""
        given = 0
        for block in self.read(most):
            given += len(block)
            yield block
        if given < self.frames:
            raise DataError(
                f"{self.name}: the sound ends after {given / self.rate:.2f} s and has to last {self.seconds:.2f} s; it "
                "is damaged or incomplete"
            )


def check_range(samples: Samples, name: str) -> Samples:
    """Return them; raises `DataError` where they are not -1 to 1: unscaled numbers would give nonsense in silence."""
    largest = float(np.abs(samples).max(initial=0.0))
    if largest <= LOUDEST:
        return samples
    if not np.isfinite(largest):
        raise DataError(f"{name}: there are samples that are no finite number")
    raise DataError(f"{name}: samples up to {largest:,.6g}, and -1 to 1 is expected. Divide 16-bit numbers by 32768")
