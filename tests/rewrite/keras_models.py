"""Converts small Keras networks that take a normalized picture; started by `test_keras_models`.

Argument: the folder for the files same.tflite, valid.tflite, int8.tflite and int8_inside.tflite.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers


def network(padding: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            layers.Input((32, 32, 3), batch_size=1),
            layers.Conv2D(8, 3, strides=2, padding=padding, activation="relu", bias_initializer="normal"),
            layers.Conv2D(8, 3, padding=padding, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(6, activation="softmax"),
        ]
    )


def pictures() -> Iterator[list[np.ndarray]]:
    """Between -1 and 1, the ends with them."""
    random = np.random.default_rng(4)
    for _ in range(20):
        yield [(random.integers(0, 256, (1, 32, 32, 3)) / 127.5 - 1).astype(np.float32)]


def quantized(model: keras.Model, edges: tf.DType) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = pictures
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = edges
    return converter.convert()


def main(folder: Path) -> None:
    for padding in ("same", "valid"):
        converter = tf.lite.TFLiteConverter.from_keras_model(network(padding))
        (folder / f"{padding}.tflite").write_bytes(converter.convert())
    (folder / "int8.tflite").write_bytes(quantized(network("same"), tf.int8))
    (folder / "int8_inside.tflite").write_bytes(quantized(network("same"), tf.float32))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
