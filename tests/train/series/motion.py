"""Acceleration as a phone in a pocket measures it, 50 rows a second: a person who stands, walks and runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 50
CLASSES = ("running", "standing", "walking")

# Steps a second, and how far they shake each axis, in m/s²: the second harmonic is half as strong.
_STEPS = {"standing": 0.0, "walking": 1.9, "running": 2.8}
_SHAKES = {"standing": 0.0, "walking": 2.0, "running": 6.0}
_AXES = np.array([0.4, 0.3, 1.0])
_PHASES = np.array([0.0, 1.6, 0.4])
_GRAVITY = np.array([0.0, 0.0, 9.81])


def readings(kind: str, seconds: float, seed: int) -> npt.NDArray[np.float64]:
    """(rows, 4): time and three axes. Each recording has a pace, a strength, and a place in the pocket of its own."""
    random = np.random.RandomState(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    pace, strength = _STEPS[kind] * random.uniform(0.93, 1.07), _SHAKES[kind] * random.uniform(0.85, 1.15)
    phases, tilt = _PHASES + random.normal(0, 0.3, 3), random.normal(0, 0.3, 3)
    angle = 2 * np.pi * (pace * time[:, None] + random.uniform()) + phases
    shaking = strength * _AXES * (np.sin(angle) + 0.5 * np.sin(2 * angle))
    noise = random.normal(0, 0.35, shaking.shape)
    return np.column_stack([time, shaking + _GRAVITY + tilt + noise])


def write(path: Path, rows: npt.NDArray[np.float64], header: str = "time_s,ax,ay,az") -> Path:
    """A table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, rows, "%.4f", ",", header=header, comments="")
    return path


def write_all(folder: Path, each: int, seconds: float, seed: int = 0) -> Path:
    """A folder for each class, with so many recordings."""
    for place, kind in enumerate(CLASSES):
        for number in range(each):
            write(folder / kind / f"{number}.csv", readings(kind, seconds, seed + 100 * place + number))
    return folder
