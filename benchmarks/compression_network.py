"""The network of `compression.py`, in processes of its own: ResNet-8 trained from nothing, and rounded as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

EPOCHS, RATE, BATCH, DECAY = 30, 2e-3, 32, 1e-4


def train_network(path: Path, pictures: Array, labels: Array, seed: int) -> None:
    """Train it on pictures of 0 to 255 and save it."""
    import keras

    from edgewright.train.epochs import deterministic

    deterministic(seed)
    network = resnet8(pictures.shape[1], int(labels.max()) + 1)
    rate = keras.optimizers.schedules.CosineDecay(RATE, len(pictures) // BATCH * EPOCHS)
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    network.fit((pictures - 127.5) / 127.5, labels, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    network.save(path)


def resnet8(side: int, classes: int) -> Any:
    """He et al., CVPR 2016, of eight layers, as MLPerf Tiny has it (github.com/mlcommons/tiny, keras_model.py)."""
    import keras
    from keras import layers

    inputs = keras.Input((side, side, 3))
    hidden = layers.ReLU()(layers.BatchNormalization()(convolution(16, 3, 1)(inputs)))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        inner = layers.ReLU()(layers.BatchNormalization()(convolution(filters, 3, strides)(hidden)))
        inner = layers.BatchNormalization()(convolution(filters, 3, 1)(inner))
        short = hidden if strides == 1 else convolution(filters, 1, strides)(hidden)
        hidden = layers.ReLU()(layers.Add()([short, inner]))
    pooled = layers.Flatten()(layers.AveragePooling2D(side // 4)(hidden))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(pooled), name="resnet8")


def convolution(filters: int, size: int, strides: int) -> Any:
    import keras

    decay = keras.regularizers.L2(DECAY)
    return keras.layers.Conv2D(filters, size, strides=strides, padding="same", kernel_regularizer=decay)


def rounded_alone(path: Path, bits: int, calibration: Array, inputs: Array) -> Array:
    """What the network answers with weights of so many bits and measured ranges, without any training."""
    import keras

    from edgewright.train.compression.fake import FakeQuantized
    from edgewright.train.compression.flattening import flattened

    fake = FakeQuantized.of(flattened(keras.models.load_model(path)), bits)
    fake.begin(calibration)
    return np.asarray(fake.model.predict(inputs, batch_size=64, verbose=0))
