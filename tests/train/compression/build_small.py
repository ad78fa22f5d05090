"""A small network that tells stripes from dots, and its samples: what compressions in tests start from.

`python build_small.py FOLDER`
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np

SIDE, KINDS, COUNT = 12, 3, 240


def samples(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Stripes across, stripes down, and checks, under noise, from -1 to 1."""
    random = np.random.RandomState(seed)
    kinds = random.randint(0, KINDS, COUNT)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    patterns = np.stack([rows % 4 < 2, columns % 4 < 2, (rows + columns) % 4 < 2]).astype(np.float32)
    return (patterns[kinds] - 0.5 + random.normal(0, 0.4, (COUNT, SIDE, SIDE)))[..., None].astype(np.float32), kinds


def small() -> keras.Model:
    """Convolutions of each sort, with BatchNormalization behind them."""
    picture = keras.Input((SIDE, SIDE, 1), name="picture")
    x = keras.layers.Conv2D(12, 3, padding="same", use_bias=False, name="first")(picture)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="first_bn")(x))
    x = keras.layers.DepthwiseConv2D(3, 2, name="depthwise")(x)
    x = keras.layers.Conv2D(24, 1, use_bias=False, name="second")(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(name="second_bn")(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(picture, keras.layers.Dense(KINDS, activation="softmax", name="kinds")(x), name="small")


def main(folder: Path) -> None:
    """Write `network.keras`, `inputs.npy` and `kinds.npy`."""
    keras.utils.set_random_seed(0)
    x, y = samples()
    model = small()
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=8, batch_size=24, verbose=0)
    model.save(folder / "network.keras")
    np.save(folder / "inputs.npy", x)
    np.save(folder / "kinds.npy", y.astype(np.int64))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
