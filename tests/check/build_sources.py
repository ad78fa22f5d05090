"""Builds the sources of the tests: `python build_sources.py FOLDER`, so that TensorFlow starts once for all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers


def main(folder: Path) -> None:
    keras.utils.set_random_seed(3)
    model = chain()
    model.save(folder / "chain.keras")
    model.export(folder / "chain_saved", verbose=False)
    recurrent().save(folder / "recurrent.keras")
    keras.Sequential([keras.Input((4,), name="x"), layers.Lambda(lambda x: x * 2, name="mine")]).save(
        folder / "lambda.keras"
    )
    stateful = keras.Sequential([keras.Input(batch_shape=(1, 5, 3), name="x"), layers.GRU(4, stateful=True)])
    stateful.save(folder / "stateful.keras")
    keras.Sequential([keras.Input((1,), dtype="string", name="x"), layers.StringLookup(vocabulary=["a"])]).save(
        folder / "text.keras"
    )
    constant = keras.layers.Dense(2, kernel_initializer="zeros", bias_initializer="ones")
    keras.Sequential([keras.Input((3,), name="x"), constant]).save(folder / "constant.keras")
    save_graph(folder / "inverse", lambda x: tf.linalg.inv(tf.reshape(x, [-1, 2, 2])), 4)
    save_graph(folder / "fft", lambda x: tf.abs(tf.signal.fft(tf.cast(x, tf.complex64))), 64)
    save_graph(folder / "rfft_60", lambda x: tf.abs(tf.signal.rfft(x)), 60)
    save_graph(folder / "lgamma", lambda x: tf.math.lgamma(tf.abs(x) + 1), 4)
    convert_with_the_wrong_variables(folder)


def chain() -> Any:
    """Two dense layers of one kind, whose names Keras 3 and TensorFlow number differently."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="x"),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Conv2D(5, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(6, activation="tanh"),
            layers.Dense(5, activation="relu"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )


def recurrent() -> Any:
    return keras.Sequential(
        [keras.Input((5, 3), name="x"), layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.GRU(3)]
    )


def save_graph(folder: Path, function: Callable[[Any], Any], width: int) -> None:
    module = tf.Module()
    module.scale = tf.Variable(np.linspace(0.5, 1.5, width, dtype=np.float32))
    module.serve = tf.function(
        lambda x: {"y": function(x * module.scale)}, input_signature=[tf.TensorSpec([None, width], name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})


def convert_with_the_wrong_variables(folder: Path) -> None:
    """What `from_concrete_functions` makes of a model of Keras 3: the values of its variables get lost."""
    model = chain()
    model.save(folder / "lost.keras")
    function = tf.function(lambda x: {"scores": model(x)}, autograph=False).get_concrete_function(
        tf.TensorSpec([1, 8, 8, 3], name="x")
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    (folder / "lost.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
