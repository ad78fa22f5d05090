"""Converts small networks of many kinds with TensorFlow's own converter; started by `test_converted`.

Argument: the folder for the files, one for each kind.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers
F, I = tf.float32, tf.int32  # noqa: E741

FUNCTIONS: dict[str, tuple[Callable[..., Any], list[tf.TensorSpec]]] = {
    "loop": (
        lambda n, x: tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, v * 1.1), (tf.constant(0), x)),
        [tf.TensorSpec((), I), tf.TensorSpec((3,), F)],
    ),
    "branch": (
        lambda c, x: tf.cond(c, lambda: x * 2.0, lambda: tf.nn.relu(x) + 1.0),
        [tf.TensorSpec((), tf.bool), tf.TensorSpec((3,), F)],
    ),
    "slices": (lambda x: (x[1:3, ::-2, tf.newaxis, 0], x[..., -1]), [tf.TensorSpec((4, 6, 3), F)]),
    "free_batch": (lambda x: tf.reshape(x, [tf.shape(x)[0] * 2, 2]), [tf.TensorSpec((None, 4), F)]),
    "resize": (lambda x: tf.image.resize(x, (7, 9)), [tf.TensorSpec((1, 4, 4, 2), F)]),
    "transposed": (
        lambda x: tf.nn.conv2d_transpose(x, tf.ones((3, 3, 4, 3)), (1, 10, 10, 4), 2, "SAME"),
        [tf.TensorSpec((1, 5, 5, 3), F)],
    ),
    "boxes": (
        lambda b, s: tf.image.non_max_suppression_padded(b, s, 4, pad_to_max_output_size=True),
        [tf.TensorSpec((6, 4), F), tf.TensorSpec((6,), F)],
    ),
    "spectrum": (lambda x: tf.abs(tf.signal.rfft2d(x)), [tf.TensorSpec((2, 8, 8), F)]),
    "texts": (lambda s: tf.gather(s, [2, 0]), [tf.TensorSpec((3,), tf.string)]),
    "many_dimensions": (lambda x: tf.transpose(x, [2, 0, 1, 5, 4, 3]), [tf.TensorSpec((1, 2, 3, 4, 2, 2), F)]),
    "paddings": (
        lambda x: (tf.pad(x, [[1, 0], [2, 1]], constant_values=3.0), tf.pad(x, [[1, 1], [2, 2]], "REFLECT")),
        [tf.TensorSpec((2, 3), F)],
    ),
    "counting": (lambda x: (tf.unique(x), tf.math.top_k(x, 3)), [tf.TensorSpec((6,), I)]),
}

NETWORKS: dict[str, tuple[tuple[int, ...], Callable[[], list[Any]]]] = {
    "lstm": ((5, 4), lambda: [layers.LSTM(6), layers.Dense(2)]),
    "both_ways": ((5, 4), lambda: [layers.Bidirectional(layers.LSTM(6))]),
    "gru": ((5, 4), lambda: [layers.GRU(6)]),
    "embedding": ((7,), lambda: [layers.Embedding(20, 4), layers.GlobalAveragePooling1D(), layers.Dense(2)]),
    "pictures": (
        (12, 12, 3),
        lambda: [
            layers.Conv2D(4, 3, strides=2, activation="relu"),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.MaxPool2D(),
            layers.UpSampling2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ],
    ),
}


def plain() -> Iterator[tuple[str, tf.lite.TFLiteConverter]]:
    for name, (function, specs) in FUNCTIONS.items():
        module = tf.Module()
        module.f = tf.function(function, input_signature=specs)
        yield name, tf.lite.TFLiteConverter.from_concrete_functions([module.f.get_concrete_function()], module)


def network(shape: tuple[int, ...], stack: Callable[[], list[Any]]) -> tf.lite.TFLiteConverter:
    """With the batch fixed to 1: recurrent layers do not convert with a free one."""
    model = keras.Sequential([keras.Input(shape, batch_size=1), *stack()])
    module = tf.Module()
    module.model = model
    module.f = tf.function(model, input_signature=[tf.TensorSpec((1, *shape), F)])
    folder = tempfile.mkdtemp()
    tf.saved_model.save(module, folder, signatures=module.f.get_concrete_function())
    return tf.lite.TFLiteConverter.from_saved_model(folder)


def exported(shape: tuple[int, ...], stack: Callable[[], list[Any]]) -> tf.lite.TFLiteConverter:
    """With a free batch, by way of Keras's own export."""
    folder = tempfile.mkdtemp()
    keras.Sequential([keras.Input(shape), *stack()]).export(folder, verbose=False)
    return tf.lite.TFLiteConverter.from_saved_model(folder)


def quantized() -> Iterator[tuple[str, tf.lite.TFLiteConverter]]:
    shape, stack = NETWORKS["pictures"]
    for name in ("dynamic", "half", "whole", "wide", "sparse"):
        converter = exported(shape, stack)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if name == "half":
            converter.target_spec.supported_types = [tf.float16]
        if name == "sparse":
            converter.optimizations.append(tf.lite.Optimize.EXPERIMENTAL_SPARSITY)
        if name in ("whole", "wide"):
            random = np.random.default_rng(0)
            pictures = [[random.random((1, *shape), np.float32)] for _ in range(4)]
            converter.representative_dataset = lambda pictures=pictures: iter(pictures)
            sets = tf.lite.OpsSet
            wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            converter.target_spec.supported_ops = [wide if name == "wide" else sets.TFLITE_BUILTINS_INT8]
        yield name, converter


def main(folder: str) -> None:
    for name, converter in (*plain(), *((name, network(*made)) for name, made in NETWORKS.items()), *quantized()):
        Path(folder, f"{name}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main(*sys.argv[1:])
