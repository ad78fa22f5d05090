"""What runs in the child process: a network is built, trained epoch by epoch, and saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.machine import Progress, silent
from edgewright.train.epochs import Epoch, Schedule, deterministic, fit, right_answers
from edgewright.train.saving import save_network
from edgewright.train.series.networks import autoencoder, classifier
from edgewright.train.series.windows import Varied

NETWORK = "network.keras"


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is to be learned: `samples`, what says when to stop, and `classes`, 0 where windows become themselves."""

    samples: Varied
    inputs: npt.NDArray[np.float32]
    targets: npt.NDArray[Any]
    classes: int
    schedule: Schedule
    folder: Path


def learn(lesson: Lesson, progress: Progress = silent) -> tuple[tuple[Epoch, ...], int]:
    """Train and save the network in the lesson's folder; its epochs, and how many weights it has."""
    deterministic(lesson.schedule.seed)
    import keras

    window, columns = lesson.inputs.shape[1:]
    model = classifier(window, columns, lesson.classes) if lesson.classes else autoencoder(window, columns)
    loss = keras.losses.sparse_categorical_crossentropy if lesson.classes else _squared
    epochs = fit(
        model,
        lesson.samples,
        (lesson.inputs, lesson.targets),
        loss=loss,
        schedule=lesson.schedule,
        folder=lesson.folder,
        score=right_answers if lesson.classes else None,
        progress=progress,
    )
    save_network(model, lesson.folder / NETWORK)
    return epochs, model.count_params()


def _squared(targets: Any, outputs: Any) -> Any:
    """The mean squared difference of each window, which is its score of anomaly."""
    import tensorflow as tf

    return tf.reduce_mean(tf.square(targets - outputs), axis=(1, 2))
