"""The network that every tutorial starts with, trained in a child process and saved in the three formats of Keras."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert import start_keras
from edgewright.errors import DataError
from edgewright.machine import Progress, silent

# Pixels 0 to 255 become 0 to 1.
MEAN, STD = 0.0, 255.0

HIDDEN_UNITS = 128
BATCH = 32


@dataclass(frozen=True)
class Trained:
    """What training left behind.

    `outputs` (n, classes) float32: the trained network's logits for the held-out pictures. `loss` and `accuracy`
    (epochs,): on the training pictures, epoch by epoch. `parameters`: the number of weights.
    """

    outputs: npt.NDArray[np.float32]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    parameters: int


def train(
    x: npt.NDArray[Any],
    y: npt.NDArray[np.int64],
    held_out: npt.NDArray[Any],
    *,
    classes: int,
    folder: str,
    epochs: int,
    seed: int,
    progress: Progress = silent,
) -> Trained:
    """Train on `x` (n, ...) with labels `y`, save the model into `folder`, and return its outputs for `held_out`.

    Runs in a process of its own: it imports TensorFlow. One seed gives one result, to the last bit.
    """
    os.environ["TF_DETERMINISTIC_OPS"] = "1"
    keras = start_keras()
    keras.utils.set_random_seed(seed)
    model = _network(keras, x.shape[1:], classes)
    history = model.fit(
        _scaled(x), y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[_reporter(keras, epochs, progress)]
    )
    _save(model, Path(folder), progress)
    outputs = model.predict(_scaled(held_out), batch_size=256, verbose=0)
    if not np.isfinite(outputs).all():
        raise DataError("training diverged: the network gives numbers that are not finite. Check the data's values")
    loss, reached = (tuple(map(float, history.history[key])) for key in ("loss", "accuracy"))
    return Trained(outputs, loss, reached, parameters=int(model.count_params()))


def _scaled(x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return ((x.astype(np.float32) - MEAN) / STD).astype(np.float32)


def _network(keras: Any, shape: tuple[int, ...], classes: int) -> Any:
    model = keras.Sequential(
        [
            keras.layers.Input(shape, name="image"),
            keras.layers.Flatten(),
            keras.layers.Dense(HIDDEN_UNITS, activation="relu"),
            keras.layers.Dense(classes, name="logits"),
        ],
        name="digits",
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def _reporter(keras: Any, epochs: int, progress: Progress) -> Any:
    progress("train", 0, epochs)
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: progress("train", epoch + 1, epochs))


def _save(model: Any, folder: Path, progress: Progress) -> None:
    saves: tuple[Callable[[], object], ...] = (
        lambda: model.save(folder / "model.keras"),
        lambda: model.save(folder / "model.h5"),
        lambda: model.export(folder / "saved_model", verbose=False),
    )
    for done, save in enumerate(saves):
        progress("save", done, len(saves))
        save()
    progress("save", len(saves), len(saves))
