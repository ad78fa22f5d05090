"""A window of a sound as it might have been recorded: a little earlier, from further away, with something behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.train.sounds.recordings import MARGIN, Samples, Window

Random = np.random.RandomState

_GAIN_DB = (-15.0, 6.0)
_WITH_BACKGROUND = 0.7
_BELOW_DB = (5.0, 30.0)
_MADE_UP = 0.5
"""How often noise is behind a sound where there is a real background too."""

# From the noise of a good microphone to a fan beside it, of full scale.
_ROOM_DB = (-80.0, -30.0)

_MASKS, _WIDEST_BANDS, _WIDEST_SHARE = 2, 8, 0.2


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Quiet parts of recordings, (window,) each, none of them silent; there may be none."""

    sounds: tuple[Samples, ...] = ()

    def drawn(self, length: int, random: Random) -> npt.NDArray[Any]:
        """One of them, or noise: white, or such as falls with the pitch; its mean square is 1."""
        if self.sounds and random.uniform() >= _MADE_UP:
            sound: npt.NDArray[Any] = self.sounds[random.randint(len(self.sounds))]
        else:
            sound = _noise(length, random)
        return sound / max(float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))), 1e-9)


def view_of(window: Window, random: Random, backgrounds: Backgrounds) -> Samples:
    """Samples (window,) of a window that is moved, amplified and mixed with a background."""
    samples = window.samples
    length = len(samples) - 2 * MARGIN
    if window.length < length:  # a short sound may be anywhere in its window
        samples = np.roll(samples, random.randint(length - window.length + 1))
    start = MARGIN + random.randint(-MARGIN, MARGIN + 1)
    moved = samples[start : start + length].astype(np.float64)
    if random.uniform() < _WITH_BACKGROUND:
        below = random.uniform(*_BELOW_DB)
        moved = moved + backgrounds.drawn(length, random) * window.level * 10 ** (-below / 20)
    gain = 10 ** (random.uniform(*_GAIN_DB) / 20)
    return np.clip(moved * gain, -1.0, 1.0).astype(np.float32)


def room_of(length: int, random: Random, backgrounds: Backgrounds) -> Samples:
    """Samples (length,) of a room in which nothing happens: a background alone, as loud as microphones make it."""
    level = 10 ** (random.uniform(*_ROOM_DB) / 20)
    return np.clip(backgrounds.drawn(length, random) * level, -1.0, 1.0).astype(np.float32)


def masked(features: npt.NDArray[Any], mean: npt.NDArray[Any], random: Random) -> npt.NDArray[np.float32]:
    """Features (frames, 40) with bands and times that were replaced by the mean (40,) of all.

    Source: Park et al., SpecAugment, Interspeech 2019 (arXiv 1904.08779), 2; without the warping of time, which brought
    least there.
    """
    hidden = np.array(features, np.float32)
    frames, bands = hidden.shape
    for _ in range(_MASKS):
        width = random.randint(_WIDEST_BANDS + 1)
        first = random.randint(bands - width + 1)
        hidden[:, first : first + width] = mean[first : first + width]
        width = random.randint(int(frames * _WIDEST_SHARE) + 1)
        first = random.randint(frames - width + 1)
        hidden[first : first + width] = mean
    return hidden


def _noise(length: int, random: Random) -> npt.NDArray[Any]:
    """White noise whose amplitude falls with the frequency to some power, 0 to 1."""
    spectrum = np.fft.rfft(random.normal(size=length))
    fall = np.maximum(np.arange(len(spectrum)), 1.0) ** -random.uniform(0.0, 1.0)
    noise: npt.NDArray[Any] = np.fft.irfft(spectrum * fall, length)
    return noise
