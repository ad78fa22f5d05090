"""Learns a little, classes or anomalies, each in a fork that may kill itself at a step."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert import start_keras
from edgewright.media import Series
from edgewright.train.epochs import Schedule
from edgewright.train.series.learning import Lesson, learn
from edgewright.train.series.windows import Normalization, Varied, Windows
from train.forking import serve


def main(folder: str, kind: str, kill_at: int | None = None) -> dict[str, Any]:
    random = np.random.RandomState(0)
    recordings = [Series(random.normal(place, 1, (200, 2)).astype(np.float32)) for place in range(2)]
    windows = Windows.of(recordings, Normalization.of(recordings), 16, 8)
    weights = np.ones(len(windows), np.float32)
    classes = 2 if kind == "classes" else 0
    samples = Varied(windows, windows.source if classes else None, weights, 0, least=0)
    inputs = windows.all()
    targets = windows.source if classes else inputs
    lesson = Lesson(samples, inputs, targets, classes, Schedule(epochs=3, learning_rate=1e-2, batch=16), Path(folder))

    def progress(step: str, done: int, total: int) -> None:
        if done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    learn(lesson, progress)
    return {}


if __name__ == "__main__":
    start_keras()
    serve(main)
