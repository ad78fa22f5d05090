"""Networks with a frozen base, and with code of their own: python kept_networks.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
from keras import layers


def frozen() -> keras.Model:
    """A base as it is carried over from other data, with a head of four classes."""
    inputs = keras.Input((12, 12, 3))
    hidden = layers.Conv2D(8, 3, use_bias=False, name="first")(inputs)
    hidden = layers.BatchNormalization(name="normal")(hidden)
    hidden = layers.Conv2D(16, 3, strides=2, activation="relu", name="second")(hidden)
    base = keras.Model(inputs, layers.GlobalAveragePooling2D()(hidden), name="base")
    base.trainable = False
    return keras.Sequential([keras.Input((12, 12, 3)), base, layers.Dense(4, "softmax", name="head")])


def own_code() -> keras.Model:
    return keras.Sequential(
        [keras.Input((12, 12, 3)), layers.Lambda(lambda x: x * 2), layers.Flatten(), layers.Dense(4, "softmax")]
    )


def main(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    for build in (frozen, own_code):
        build().save(folder / f"{build.__name__}.keras")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
