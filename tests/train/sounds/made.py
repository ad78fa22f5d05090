"""Recordings in class folders, made of numbers: real enough that pitch, course and rhythm tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000


def tone(random: np.random.RandomState, t: Any) -> Any:
    """A note of some hundred hertz with overtones, each at a phase of its own."""
    pitch = random.uniform(250, 450)
    return sum(np.sin(2 * np.pi * k * pitch * t + random.uniform(0, 7)) / k for k in range(1, 5))


def chirp(random: np.random.RandomState, t: Any) -> Any:
    """From low to high and again."""
    low, high, length = random.uniform(400, 800), random.uniform(2500, 4500), random.uniform(0.15, 0.3)
    x = (t + random.uniform(0, length)) % length
    return np.sin(2 * np.pi * (low * x + (high - low) / (2 * length) * x**2))


def clicks(random: np.random.RandomState, t: Any) -> Any:
    """Short knocks, several a second."""
    since = (t + random.uniform(0, 1)) % random.uniform(0.08, 0.2)
    return np.exp(-since * random.uniform(150, 300)) * np.sin(2 * np.pi * random.uniform(1000, 3000) * since) * 2


def hiss(random: np.random.RandomState, t: Any) -> Any:
    """Noise in a band above 3,000 Hz."""
    spectrum, hertz = np.fft.rfft(random.normal(size=len(t))), np.fft.rfftfreq(len(t), 1 / RATE)
    low = random.uniform(3000, 3500)
    return np.fft.irfft(spectrum * ((hertz > low) & (hertz < low + 3000)), len(t)) * 2


SOUNDS: Mapping[str, Callable[[np.random.RandomState, Any], Any]] = {
    "chirp": chirp,
    "clicks": clicks,
    "hiss": hiss,
    "tone": tone,
}


def recording(label: str, seed: int, seconds: float = 1.0, *, noise: float = 0.01, silent: float = 0.0) -> Any:
    """Samples, -1 to 1: louder or quieter, with a room's noise behind; the first `silent` seconds hold that alone."""
    random = np.random.RandomState(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    sound = SOUNDS[label](random, t) * 10 ** random.uniform(-1.2, -0.4)
    room = random.normal(0, noise * random.uniform(0.3, 1), len(t))
    return np.clip(np.where(t < silent, 0, sound) + room, -1, 1).astype(np.float32)


def write(path: Path, samples: Any, rate: int = RATE) -> Path:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return path


def folders(root: Path, each: int, *, first: int = 0, seconds: float = 1.0, noise: float = 0.01) -> Path:
    """So many recordings of each class; those of another `first` are others."""
    for place, label in enumerate(SOUNDS):
        for number in range(first, first + each):
            made = recording(label, 1000 * place + number, seconds, noise=noise)
            write(root / label / f"{label}{number:03}.wav", made)
    return root
