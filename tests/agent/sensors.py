"""Sensors as they are: a serial port on a pseudo-terminal, models of series, recordings of what is known."""

from __future__ import annotations

import contextlib
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edgewright.media import SeriesPreparation, SoundPreparation
from edgewright.model import InputMetadata, ModelFile, TensorSpec

from ..media.sounds import wav
from ..task.series_models import autoencoder

RATE = 16_000
COLUMNS = ("x", "y")


def measuring(window: int = 4, rate: float | None = 50.0, hop: str = "100%") -> SeriesPreparation:
    """Windows of a model of the columns x and y."""
    spec = TensorSpec(index=0, name="rows", shape=(1, window, 2), dtype="float32", shape_signature=(1, window, 2))
    return SeriesPreparation(spec, InputMetadata(columns=COLUMNS, rate=rate), hop)


def hearing(window: int = 1600, rate: int = RATE) -> SoundPreparation:
    """Windows of a model of sounds."""
    spec = TensorSpec(index=0, name="sound", shape=(window,), dtype="float32", shape_signature=(window,))
    return SoundPreparation.of(spec, InputMetadata(kind="audio", sample_rate=rate), hop="100%")


def pump(threshold: float | None = 0.5, window: int = 10, rate: float = 50.0) -> ModelFile:
    """A file that finds a window normal whose columns do not change: its score is their variance."""
    return autoencoder(window, 2, columns=COLUMNS, rate=rate, threshold=threshold)


def shaking(rows: int, *faults: tuple[int, int]) -> list[str]:
    """Lines of a sensor that is still but for the rows of the faults, from the first up to the last."""
    values = np.ones((rows, 2))
    for first, behind in faults:
        values[first:behind:2] = -1
    return [f"{x:g},{y:g}" for x, y in values]


class SerialPort:
    """A device whose other end is in our hands; `path` is a link that can be unplugged."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ttyUSB0"
        self._ours = self._device = -1
        self.plug()

    def plug(self) -> None:
        self._ours, self._device = os.openpty()
        tty.setraw(self._device)
        self.path.symlink_to(os.ttyname(self._device))

    def unplug(self) -> None:
        self.path.unlink()
        for end in (self._device, self._ours):
            with contextlib.suppress(OSError):
                os.close(end)

    def write(self, text: str | bytes) -> None:
        os.write(self._ours, text.encode() if isinstance(text, str) else text)

    def greet(self, is_heard: Callable[[], bool]) -> None:
        """Say a row again and again until somebody hears it: what is said before a port is open is lost."""
        while not is_heard():
            self.write("\n0,0\n")
            time.sleep(0.02)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.unplug()


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


def recording(path: Path, *parts: np.ndarray) -> Path:
    """A WAV file of parts one behind the other."""
    path.write_bytes(wav(np.concatenate(parts).astype("<i2").tobytes(), rate=RATE))
    return path
