"""Builds models that LiteRT cannot run as they are, each for another reason: `python build_reasons.py FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")


def main(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    for name, build in dict(keras_models()).items():
        build().save(folder / name)
    for name, (function, takes) in graphs().items():
        save_graph(folder / name, function, takes, [RUNNING])
    for name, model, shape in in_training():
        save_graph(
            folder / name, trained(model), spec(*shape), [model, *(variable.value for variable in model.variables)]
        )


def chain(*parts: Any, shape: tuple[int, ...] = (12, 12, 3), **options: Any) -> Any:
    return keras.Sequential([keras.Input(shape, name="x", **options), *parts])


def with_policy(policy: str, build: Callable[[], Any]) -> Any:
    keras.config.set_dtype_policy(policy)
    try:
        return build()
    finally:
        keras.config.set_dtype_policy("float32")


def picture() -> Any:
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    return chain(layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), *head)


def recurrent() -> Any:
    return chain(layers.LSTM(4), layers.Dense(2), shape=(5, 3))


def attention() -> Any:
    source = keras.Input((5, 8), name="x")
    return keras.Model(source, layers.MultiHeadAttention(2, 4)(source, source))


def quantized() -> Any:
    model = chain(layers.Flatten(), layers.Dense(8), layers.Dense(3), shape=(4, 4))
    model.quantize("int8")
    return model


def operation(function: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    source = keras.Input(shape, name="x")
    return keras.Model(source, function(layers.Dense(shape[-1], name="before")(source)))


def nine(x: Any) -> Any:
    return keras.ops.transpose(keras.ops.reshape(x, (-1, *(2,) * 8)), (0, *range(8, 0, -1)))


def keras_models() -> Iterator[tuple[str, Callable[[], Any]]]:
    for policy in POLICIES:
        for kind, build in (("picture", picture), ("recurrent", recurrent), ("attention", attention)):
            if (kind, policy) != ("recurrent", "bfloat16"):  # Keras itself cannot run it
                yield f"{policy}_{kind}.keras", lambda policy=policy, build=build: with_policy(policy, build)
        if policy != "bfloat16":
            yield f"{policy}_picture.h5", lambda policy=policy: with_policy(policy, picture)
    yield "float16_one_layer.keras", lambda: chain(layers.Conv2D(4, 3, dtype="float16"), layers.Flatten())
    for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN):
        for rate in ("dropout", "recurrent_dropout"):
            yield (
                f"{kind.__name__}_{rate}.keras",
                lambda kind=kind, rate=rate: chain(kind(4, **{rate: 0.3}), shape=(5, 3)),
            )
    yield "Bidirectional_dropout.keras", lambda: chain(layers.Bidirectional(layers.GRU(4, dropout=0.3)), shape=(5, 3))
    yield "channels_first.keras", lambda: chain(layers.Conv2D(4, 3, data_format="channels_first"), shape=(3, 12, 12))
    yield (
        "channels_first_back.keras",
        lambda: chain(layers.Conv2DTranspose(4, 3, data_format="channels_first"), shape=(3, 12, 12)),
    )
    yield "quantized.keras", quantized
    yield "groups_of_volumes.keras", lambda: chain(layers.Conv3D(4, 3, groups=2), shape=(9, 9, 9, 4))
    yield "dilated_volumes.keras", lambda: chain(layers.Conv3D(4, 3, dilation_rate=2), shape=(9, 9, 9, 2))
    yield "dilated_back.keras", lambda: chain(layers.Conv2DTranspose(4, 3, dilation_rate=2))
    yield "dimensions.keras", lambda: operation(nine, (256,))
    yield "set_sizes.keras", lambda: operation(lambda x: keras.ops.histogram(x, bins=4)[0], (8,))


def spec(*shape: int, dtype: Any = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec(shape, dtype, name="x")


def noise(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).random(shape, dtype=np.float32))


RUNNING = tf.Variable(0.0)


def graphs() -> dict[str, tuple[Callable[[Any], Any], tf.TensorSpec]]:
    """SavedModels: what they compute, and their input."""
    row, picture = spec(1, 8), spec(1, 8, 8, 3)
    real = {dtype.name: dtype for dtype in (tf.float16, tf.bfloat16, tf.float64)}
    whole = {dtype.name: dtype for dtype in (tf.int8, tf.uint8, tf.uint16, tf.uint64)}
    return {
        **{f"product_{name}": (casting(dtype, product), row) for name, dtype in real.items()},
        **{f"double_{name}": (casting(dtype, lambda x: x * tf.cast(2, x.dtype)), row) for name, dtype in whole.items()},
        "product_int32": (casting(tf.int32, product), row),
        "picture_int32": (casting(tf.int32, convolution), picture),
        "sum_int16": (casting(tf.int16, tf.reduce_sum), row),
        "padded_back": (padded_back, picture),
        "many_dimensions": (lambda x: tf.reshape(x, [2] * 9) + tf.ones([2] * 9), spec(512)),
        "drawn": (lambda x: x + tf.random.uniform((8,)), row),
        "dropped": (lambda x: tf.nn.dropout(x, 0.3), row),
        "printed": (lambda x: (tf.print(x), x * 2)[1], row),
        "kept": (lambda x: x - RUNNING.assign(RUNNING * 0.9 + 0.1 * tf.reduce_mean(x)), row),
    }


def product(x: Any) -> Any:
    return x @ tf.cast(noise(8, 8) * 9, x.dtype)


def convolution(x: Any) -> Any:
    return tf.nn.conv2d(x, tf.ones((3, 3, 3, 2), x.dtype), 1, "SAME")


def padded_back(x: Any) -> Any:
    return tf.nn.conv2d_transpose(x, noise(3, 3, 2, 3), [1, 6, 6, 2], 1, [[0, 0], [2, 2], [2, 2], [0, 0]])


def casting(dtype: Any, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: tf.cast(function(tf.cast(tf.abs(x) * 9, dtype)), tf.float32)


def in_training() -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    pictures, rows, steps = keras.Input((12, 12, 3)), keras.Input((8,)), keras.Input((5, 3))
    for name, layer, source in (
        ("batch_normalization", layers.BatchNormalization(), pictures),
        ("batch_normalization_of_rows", layers.BatchNormalization(), rows),
        ("spectral_normalization", layers.SpectralNormalization(layers.Dense(4)), rows),
        ("dropout", layers.Dropout(0.4), rows),
        ("spatial_dropout", layers.SpatialDropout2D(0.4), pictures),
        ("gaussian_noise", layers.GaussianNoise(0.4), rows),
        ("random_flip", layers.RandomFlip(), pictures),
        ("dropout_in_steps", layers.GRU(4, dropout=0.4, unroll=True), steps),
        ("stateful", layers.GRU(4, stateful=True), keras.Input(batch_shape=(1, 5, 3))),
    ):
        yield f"training_{name}", keras.Model(source, layer(source)), (1, *source.shape[1:])


def trained(model: Any) -> Callable[[Any], Any]:
    return lambda x: model(x, training=True)


def save_graph(folder: Path, function: Callable[[Any], Any], takes: tf.TensorSpec, variables: list[Any]) -> None:
    module = tf.Module()
    module.values = variables
    module.serve = tf.function(function, input_signature=[takes], autograph=False)
    tf.saved_model.save(module, str(folder), signatures=module.serve)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
