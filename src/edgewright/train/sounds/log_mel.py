"""Log-mel features: how much of a sound lies in each of 40 bands of pitch, every 10 ms; in NumPy.

Frames of 25 ms, one every 10 ms, under a Hann window; the power of their spectrum in triangular bands that are as wide
as the ear's; the natural logarithm of that. `front_end` has the same as layers of a network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

RATE = 16_000
"""Samples a second."""

FRAME, HOP = 400, 160
"""Samples of a frame, and from the start of one to that of the next: 25 and 10 ms."""

BINS = FRAME // 2
"""From 0 Hz on, one every 40 Hz; the one at half the rate is in no band."""

BANDS = 40

FLOOR = 1e-6
"""Added to each band's power, about what the rounding to 16 bits and a quiet microphone leave; YAMNet adds 0.001 to
the square root of that (Plakal and Ellis, `tensorflow/models/research/audioset/yamnet/params.py`, 2019)."""

_LOWEST_HZ, _HIGHEST_HZ = 20.0, 7_600.0


def log_mel(samples: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The features (..., frames, 40) of samples (..., n), -1 to 1 at 16,000 Hz; `frame_count(n)` frames."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME, axis=-1)[..., ::HOP, :]
    spectrum = np.fft.rfft(frames * hann(), axis=-1)[..., :BINS]
    features: npt.NDArray[np.float64] = np.log((spectrum.real**2 + spectrum.imag**2) @ mel_bands() + FLOOR)
    return features


def frame_count(samples: int) -> int:
    """How many whole frames so many samples have."""
    return 1 + (samples - FRAME) // HOP


def hann() -> npt.NDArray[np.float64]:
    """The window (400,), periodic. Source: Harris, Proc. IEEE 66(1), 1978, equation 27."""
    turns = np.arange(FRAME) / FRAME
    window: npt.NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * turns)
    return window


def mel_bands() -> npt.NDArray[np.float64]:
    """How much each bin belongs to each band, (200, 40), 0 to 1.

    Triangles with their corners at equal steps of mel, 2595 log10(1 + f / 700), from 20 to 7,600 Hz. Source: Young et
    al., The HTK Book 3.4, 2006, 5.6, equation 5.13.
    """
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    mel = _mel(np.arange(BINS) * (RATE / FRAME))[:, None]
    rising, falling = (mel - low) / (middle - low), (high - mel) / (high - middle)
    bands: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return bands


def _mel(hertz: Any) -> Any:
    return 2595.0 * np.log10(1.0 + hertz / 700.0)
