"""Networks that cannot be trained further: python refused_networks.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np


class OwnLayer(keras.layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


class Subclassed(keras.Model):  # type: ignore[misc]
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = keras.layers.Dense(4)

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


def main(folder: Path) -> None:
    head = [keras.layers.Flatten(), keras.layers.Dense(4)]
    keras.Sequential([keras.Input((12, 12, 3)), OwnLayer(), *head]).save(folder / "own_layer.keras")
    subclassed = Subclassed()
    subclassed(np.zeros((1, 12), np.float32))
    subclassed.save(folder / "subclassed.keras")
    keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)]).save(folder / "no_size.keras")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
