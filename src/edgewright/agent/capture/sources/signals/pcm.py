"""Bare samples on standard input, as `arecord -t raw` and `ffmpeg -f s16le` write them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.protocol import Taken
from edgewright.agent.capture.sources.signals.standard_input import read_input
from edgewright.errors import UsageError
from edgewright.media import SoundPreparation

# Names of FFmpeg and, in other letters, of ALSA: NumPy's type, what is taken off, and what is full scale.
_FORMATS = {
    "u8": ("u1", 128.0, 128.0),
    "s8": ("i1", 0.0, 128.0),
    "s16le": ("<i2", 0.0, 2.0**15),
    "s16be": (">i2", 0.0, 2.0**15),
    "s32le": ("<i4", 0.0, 2.0**31),
    "s32be": (">i4", 0.0, 2.0**31),
    "f32le": ("<f4", 0.0, 1.0),
    "f32be": (">f4", 0.0, 1.0),
}
_WRITTEN = re.compile(r"([a-z0-9_]+)@(\d{1,7})(?:x(\d{1,2}))?", re.IGNORECASE)


@dataclass(frozen=True)
class PcmFormat:
    """How bare samples lie: `form` is one of FFmpeg's names ("s16le"), `rate` in hertz, of so many `channels`."""

    form: str
    rate: int
    channels: int = 1

    @classmethod
    def parse(cls, text: str) -> PcmFormat:
        """From "s16le@16000" or "s16le@44100x2"; raises `UsageError`."""
        match = _WRITTEN.fullmatch(text.strip())
        form = match[1].lower().replace("_", "").replace("float", "f32") if match else ""
        if match is None or form not in _FORMATS:
            raise UsageError(
                f"{text!r} says nothing of bare samples. Expected a format, a rate and, unless it is one, the number "
                f"of channels, as in s16le@16000 or s16le@44100x2. Formats: {', '.join(_FORMATS)}"
            )
        made = cls(form, int(match[2]), int(match[3] or 1))
        if not 1000 <= made.rate <= 1_000_000 or not 1 <= made.channels <= 64:
            raise UsageError(f"{text!r}: a sound has 1,000 to 1,000,000 samples a second, and 1 to 64 channels")
        return made

    @property
    def frame_bytes(self) -> int:
        """Bytes of a sample of each channel."""
        return np.dtype(_FORMATS[self.form][0]).itemsize * self.channels

    def samples(self, data: bytes) -> npt.NDArray[np.float32]:
        """Whole frames as (n, channels), -1 to 1."""
        kind, middle, full = _FORMATS[self.form]
        values = np.frombuffer(data, kind).astype(np.float32).reshape(-1, self.channels)
        return (values - np.float32(middle)) / np.float32(full) if full != 1.0 else values


class PcmSource:
    """Samples until standard input ends; who writes them waits for the model."""

    live = False
    can_stall = False
    name = "pcm"

    def __init__(self, form: PcmFormat) -> None:
        self._form = form
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give samples as they come."""
        held = b""
        for data in read_input(self._closed):
            held += data
            whole = len(held) - len(held) % self._form.frame_bytes
            if whole:
                yield Frame(Signal(self._form.samples(held[:whole]), self._form.rate))
            held = held[whole:]

    def give_back(self, marks: Iterable[str]) -> None:
        """What was read is gone."""

    def close(self) -> None:
        """End within a moment."""
        self._closed.set()


def open_pcm(target: str, *, every_frame: bool, memory: Taken, takes: SoundPreparation) -> PcmSource:
    """The source of standard input, whose format is the target."""
    return PcmSource(PcmFormat.parse(str(target)))
