"""Tiny trainings, each in a fork: what came of them."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert import start_keras
from edgewright.train.epochs import Schedule, deterministic, fit
from train.forking import serve

SAMPLES = 80


class Points:
    """Points in eight dimensions, noisy in each epoch in its own way; the class is the largest of the first three."""

    def __init__(self, x: Any, y: Any, without_weight: int | None) -> None:
        self._x, self._y, self._without = x, y, without_weight

    def __len__(self) -> int:
        return SAMPLES

    def batch(self, places: Any, epoch: int) -> Any:
        noise = np.random.RandomState(epoch).normal(0, 0.05, self._x.shape).astype(np.float32)
        weights = (self._y[places] != self._without).astype(np.float32)
        return self._x[places] + noise[places], self._y[places], weights


def train(folder: str, **options: Any) -> dict[str, Any]:
    deterministic(options.get("seed", 1))
    import keras

    layers = [keras.layers.Dense(32, "relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.1)]
    model = keras.Sequential([keras.Input((8,)), *layers, keras.layers.Dense(3)])
    random = np.random.RandomState(0)
    x = random.normal(size=(120, 8)).astype(np.float32)
    y = x[:, :3].argmax(axis=1)
    truth = y[SAMPLES:] if not options.get("wrong_labels") else random.randint(0, 3, 120 - SAMPLES)
    steps: list[int] = []

    def before_step(number: int, total: int) -> None:
        if number == options.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        steps.append(number)

    def loss(targets: Any, outputs: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=True)

    schedule = Schedule(
        epochs=options.get("epochs", 6),
        learning_rate=options.get("learning_rate", 0.02),
        patience=options.get("patience", 40),
        seed=options.get("seed", 1),
    )
    samples = Points(x, y, options.get("without_weight"))
    epochs = fit(
        model, samples, (x[SAMPLES:], truth), loss=loss, schedule=schedule, folder=Path(folder), before_step=before_step
    )
    said = np.asarray(model(x[SAMPLES:], training=False))
    return {
        "epochs": [dataclasses.asdict(epoch) for epoch in epochs],
        "weights": hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest(),
        "steps": steps,
        "said": sorted(set(said.argmax(axis=1).tolist())),
        "validation_loss_at_the_end": float(np.mean(loss(truth, said))),
    }


if __name__ == "__main__":
    start_keras()
    serve(train)
