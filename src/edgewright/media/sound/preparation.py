"""From any sound to the input tensor of a model: rate, channels, windows, and the tensor's own type."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.media.prepared import Prepared, Windows
from edgewright.media.sound.opening import SoundSource, open_sound
from edgewright.media.sound.recording import RATES, Recording, Samples
from edgewright.media.sound.resampling import resampled, resampler
from edgewright.media.sound.windows import Reel, window_spans, window_starts
from edgewright.media.tensor import normalize, quantize
from edgewright.model import InputMetadata, TensorSpec
from edgewright.spelling import argument

DEFAULT_MAX_SECONDS = 4 * 3600.0
"""Longer sounds are refused: what a model says of each window is held in memory until the end."""

HOP = "50%"
"""How far the next window starts behind the one before: half a window."""

_LEAST_HOP_S = 0.01
# What a model says of all of them is held in memory.
_MOST_WINDOWS = 200_000
# Samples that are decoded at once, at the model's rate.
_BLOCK = 1 << 16
_LONGEST_WINDOW = 1 << 24
_DTYPES = ("float32", "float16", "int16", "int8", "uint8")


@dataclass(frozen=True)
class SoundPreparation:
    """How sounds become one input of a model. Made by `SoundPreparation.of`; call it with a sound.

    `shape` is that of the tensor; `window` and `hop` are in samples of each channel, at `rate` in hertz.
    """

    spec: TensorSpec
    described: InputMetadata
    shape: tuple[int, ...]
    rate: int
    channels: int
    window: int
    hop: int
    max_seconds: float = DEFAULT_MAX_SECONDS

    @classmethod
    def of(
        cls,
        spec: TensorSpec,
        described: InputMetadata,
        *,
        hop: float | str | None = None,
        window: int | None = None,
        max_seconds: float | None = None,
    ) -> SoundPreparation:
        """Work out the preparation for an input from its shape, type and metadata (rate, channels, normalization).

        `hop` is in seconds, or a share of the window as a text: "50%"; `window` in samples, where the file leaves the
        length open. Raises `UsageError` where the input takes no sound, or nothing says its rate or length.
        """
        channels = described.channels or 1
        shape = _shape(spec, channels, window)
        samples = _window(spec, shape, channels)
        rate = described.sample_rate
        if not rate:
            raise UsageError(
                f"nothing in the file says at which sample rate input {spec.name!r} takes its {samples:,} samples. Say "
                f"it: {argument('rate', 16000)} is the most usual"
            )
        if not RATES[0] <= rate <= RATES[1]:
            raise UsageError(
                f"input {spec.name!r} at {rate:,} samples a second; a sound has {RATES[0]:,} to {RATES[1]:,}"
            )
        longest = DEFAULT_MAX_SECONDS if max_seconds is None else max_seconds
        if not longest > 0:
            raise UsageError(f"{argument('max_seconds')} is {longest}; it has to be above 0")
        step = _hop(HOP if hop is None else hop, samples, rate)
        return cls(spec, described, shape, rate, channels, samples, step, longest)

    def __call__(self, source: SoundSource) -> Prepared:
        """Open a sound; its windows are decoded when their turn comes.

        Raises `DataError` where it cannot be read or is too long, `MissingExtraError` where a package is needed for it.
        """
        recording = open_sound(source)
        self._check(recording)
        length = max(1, round(recording.frames * self.rate / recording.rate))
        count = len(window_starts(length, self.window, self.hop))
        if count > _MOST_WINDOWS:
            raise DataError(
                f"{recording.name}: {count:,} windows, over the limit of {_MOST_WINDOWS:,}. Give a longer "
                f"{argument('hop')}"
            )
        reel = Reel(partial(self._blocks, recording), self.channels, self.window, self.hop)
        windows = Windows(
            window_spans(length, self.window, self.hop, self.rate), lambda number: self.tensor(reel.window(number))
        )
        return Prepared(windows.tensors(0), windows=windows)

    def _check(self, recording: Recording) -> None:
        name, seconds = recording.name, recording.seconds
        if seconds > self.max_seconds:
            from edgewright.report import numbers

            raise DataError(
                f"{name}: {numbers.duration(seconds)} of sound, over the limit of "
                f"{numbers.duration(self.max_seconds)}. Raise it with {argument('max_seconds', math.ceil(seconds))}"
            )
        if recording.channels != self.channels and 1 not in (recording.channels, self.channels):
            raise DataError(f"{name}: {recording.channels} channels, and the model takes {self.channels}")

    def _blocks(self, recording: Recording) -> Iterator[Samples]:
        """The sound at the model's rate, (n, channels) each."""
        most = min(max(1, _BLOCK * recording.rate // (self.rate * recording.channels)), _BLOCK)
        blocks = (self.mixed(block) for block in recording.blocks(most))
        if recording.rate == self.rate:
            return blocks
        return resampled(blocks, resampler(recording.name, recording.rate, self.rate, self.channels), self.channels)

    def mixed(self, block: Samples) -> Samples:
        """Several channels into one by their mean, one into several as copies."""
        if block.shape[1] == self.channels:
            return block
        if self.channels == 1:
            return _mean(block)[:, None]
        return np.repeat(block, self.channels, axis=1)

    def tensor(self, samples: Samples) -> npt.NDArray[Any]:
        """Turn a window (window, channels), -1 to 1, into the input tensor."""
        values = normalize(samples, self.described) if self.described.mean else samples
        dtype = np.dtype(self.spec.dtype)
        if dtype.kind in "iu" and not self.spec.quantized and not self.described.mean:
            values = _full_scale(values, dtype)
        return quantize(values, self.spec).reshape(self.shape)


def _mean(block: Samples) -> Samples:
    """The mean of the channels (n,); NumPy's own over so few takes five times as long."""
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    total /= np.float32(block.shape[1])
    return total


def _full_scale(values: Samples, dtype: np.dtype[Any]) -> Samples:
    """-1 to 1 as whole numbers that say no scale: full scale is the type's own, and silence of bytes is 128."""
    half = np.float32(2.0 ** (8 * dtype.itemsize - 1))
    return values * half + (half if dtype.kind == "u" else np.float32(0))


def _shape(spec: TensorSpec, channels: int, window: int | None) -> tuple[int, ...]:
    """The input's shape, with so many samples of each channel where the file leaves its length open."""
    signature = spec.shape_signature or spec.shape
    batch = 1 if len(signature) > 1 else 0
    free = [place for place in range(batch, len(signature)) if signature[place] == -1]
    if not free and window is not None:
        raise UsageError(
            f"{argument('window')} is {window}, and input {spec.name!r} has a fixed length: {list(spec.shape)}"
        )
    if not free:
        return spec.shape
    if window is None or len(free) > 1:
        raise UsageError(
            f"input {spec.name!r} leaves its length open: {list(signature)}. Say how many samples of each "
            f"channel a window is to have: {argument('window', 16000)}"
        )
    if not isinstance(window, int) or not 2 <= window <= _LONGEST_WINDOW:
        raise UsageError(f"{argument('window')} is {window}; a window has 2 to {_LONGEST_WINDOW:,} samples")
    frames = free[0] < len(signature) - 1 and signature[-1] == channels
    open_size = window if frames else window * channels
    return tuple(open_size if place == free[0] else size for place, size in enumerate(spec.shape))


def _window(spec: TensorSpec, shape: tuple[int, ...], channels: int) -> int:
    """Samples of each channel: the input is a row of them, or of frames of one sample a channel."""
    sizes = [size for size in shape if size != 1]
    is_row = len(sizes) == 1 and sizes[0] % channels == 0
    is_frames = len(sizes) == 2 and sizes[1] == channels and shape[-1] == channels
    if spec.dtype not in _DTYPES or not (is_row or is_frames):
        raise UsageError(
            f"input {spec.name!r} ({spec.dtype}, {list(shape)}) takes no samples of {channels} "
            f"{'channel' if channels == 1 else 'channels'}. A model that takes a spectrogram or MFCC has that made "
            f"before it: {argument('task', 'tensors')} takes such arrays"
        )
    return sizes[0] // channels if is_row else sizes[0]


def _hop(hop: float | str, window: int, rate: int) -> int:
    """The hop in samples. Raises `UsageError` where it is no time or share, or longer than the window."""
    seconds = _share(hop) * window / rate if isinstance(hop, str) and hop.endswith("%") else _number(hop)
    samples = round(seconds * rate) if math.isfinite(seconds) else 0
    least = max(1, min(round(_LEAST_HOP_S * rate), window // 2))
    if not least <= samples <= window:
        raise UsageError(
            f"{argument('hop')} is {hop}; windows of {window / rate:.3g} s start {least / rate:.3g} to "
            f"{window / rate:.3g} s behind "
            'each other. Give seconds, or a share of the window as in "50%"'
        )
    return samples


def _share(hop: str) -> float:
    return _number(hop[:-1]) / 100


def _number(value: float | str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
