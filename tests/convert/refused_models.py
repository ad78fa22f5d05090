"""Models whose right conversions were refused once, and some that have to be: see test_right_conversions.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

Tensor = Any
Case = tuple[Callable[[], Any], dict[str, Any]]


def model(body: Callable[[Tensor], Any], shape: tuple[int, ...] = (6,)) -> Callable[[], Any]:
    def build() -> Any:
        source = keras.Input(shape)
        return keras.Model(source, body(layers.Dense(5, name="first")(source)))

    return build


class Empty(layers.Layer):
    """Returns what of its input is above a bound: of many an input nothing is."""

    def __init__(self, above: float, places: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.above, self.places = above, places

    def call(self, x: Tensor) -> Tensor:
        import tensorflow as tf

        flat = tf.reshape(x, [-1])
        return tf.where(flat > self.above)[:, 0] if self.places else tf.boolean_mask(flat, flat > self.above)

    def compute_output_shape(self, shape: Any) -> Any:
        return (None,)


class Switched(layers.Layer):
    """Does one thing or another, as the sum of all of its input says."""

    def call(self, x: Tensor) -> Tensor:
        return ops.cond(ops.sum(x) > 0, lambda: x * 2.0, lambda: x - 3.0)


class Counted(layers.Layer):
    """Multiplies by the number of samples that come along."""

    def call(self, x: Tensor) -> Tensor:
        return x * ops.cast(ops.shape(x)[0], "float32")

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


# Whole-tensor operations: with other samples beside it each gives something else.
WHOLE: dict[str, Case] = {
    "over the largest": (model(lambda x: x / ops.max(x)), {}),
    "less the mean": (model(lambda x: x - ops.mean(x)), {}),
    "over the norm": (model(lambda x: x / ops.sqrt(ops.sum(x * x))), {}),
    "over the sum": (model(lambda x: ops.abs(x) / ops.sum(ops.abs(x))), {}),
    "standardized": (model(lambda x: (x - ops.mean(x)) / ops.std(x)), {}),
    "from least to most": (model(lambda x: (x - ops.min(x)) / (ops.max(x) - ops.min(x))), {}),
    "a condition on a sum": (model(Switched()), {}),
    "a softmax over everything": (model(lambda x: ops.exp(x) / ops.sum(ops.exp(x))), {}),
    "what is above the mean": (model(lambda x: ops.where(x > ops.mean(x), x, 0.0 * x)), {}),
    "with its products": (model(lambda x: ops.matmul(ops.transpose(x), x)), {}),
    "one number of all": (model(lambda x: ops.sum(x * x)), {}),
    "pictures over their largest": (model(lambda x: layers.Dense(2)(x / ops.max(x)), (4, 4, 3)), {}),
    "as many as there are": (model(Counted()), {}),
    "on representative data": (
        model(lambda x: x / ops.max(x)),
        {"representative_data": np.random.default_rng(3).normal(0, 1, (80, 6)).astype(np.float32)},
    ),
}

EMPTY: dict[str, Case] = {
    "now and then nothing": (model(Empty(0.5)), {}),
    "mostly nothing": (model(Empty(3.0)), {}),
    "the places of now and then nothing": (model(Empty(0.5, places=True)), {}),
    "nothing beside something": (model(lambda x: [Empty(1.5)(x), layers.Dense(2)(x)]), {}),
    "always nothing beside something": (model(lambda x: [Empty(1e9)(x), layers.Dense(2)(x)]), {}),
}


def biased(units: int, bias: float, **options: Any) -> Any:
    return layers.Dense(units, bias_initializer=keras.initializers.Constant(bias), **options)


def streaming() -> Any:
    """A wake word in a spectrogram: depthwise separable steps in time, whose statistics are those of loud frames."""
    source = keras.Input((30, 1, 40))
    x = source
    for filters, size in ((64, 3), (32, 5), (32, 10)):
        x = layers.DepthwiseConv2D(
            (size, 1), use_bias=False, depthwise_initializer=keras.initializers.Constant(1 / size)
        )(x)
        x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=keras.initializers.RandomUniform(0, 0.05))(x)
        x = layers.BatchNormalization(moving_mean_initializer=keras.initializers.Constant(9.0))(x)
        x = layers.Dropout(0.2)(layers.ReLU()(x))
    return keras.Model(source, layers.Dense(3)(layers.Flatten()(x)))


def dead(x: Tensor) -> Tensor:
    return layers.Dense(3)(layers.ReLU(name="dead")(layers.Activation("sigmoid", name="before")(x) - 2.0))


def sure(scale: float) -> Callable[[Tensor], Tensor]:
    """Scores that are 0 and 1 for whatever is as large as noise usually is."""
    return lambda x: layers.Softmax()(layers.Rescaling(scale)(x) + np.float32([[scale * 9, 0, 0, 0, 0]]))


def normalized(mean: float, variance: float, head: Callable[[Tensor], Tensor]) -> Callable[[], Any]:
    def build() -> Any:
        source = keras.Input((6,))
        x = layers.Normalization(mean=[mean] * 6, variance=[variance] * 6)(source)
        return keras.Model(source, head(x))

    return build


def alive_near(x: Tensor) -> Tensor:
    """Something within three deviations, and nothing outside of them."""
    return layers.Dense(3)(layers.ReLU()(3.0 - ops.abs(x)))


# Outputs that stay as they are on random inputs, and move on others.
FOUND: dict[str, Case] = {
    "a wake word in a stream": (streaming, {}),
    "alive for what is large": (model(lambda x: layers.Dense(3)(biased(8, -60.0, activation="relu")(x))), {}),
    "alive for what is very large": (model(lambda x: layers.Dense(3)(biased(8, -900.0, activation="relu")(x))), {}),
    "alive near a mean": (normalized(5e5, 4.0, alive_near), {}),
    "alive near a small mean": (normalized(-3e-4, 1e-12, alive_near), {}),
    "alive near the mean of a batch": (
        lambda: keras.Sequential(
            [
                keras.Input((6,)),
                layers.BatchNormalization(
                    moving_mean_initializer=keras.initializers.Constant(7e4),
                    moving_variance_initializer=keras.initializers.Constant(9.0),
                ),
                layers.Activation(lambda x: ops.relu(3.0 - ops.abs(x))),
                layers.Dense(3),
            ]
        ),
        {},
    ),
    "sure of all noise": (model(sure(40.0)), {}),
    "a step": (model(lambda x: ops.cast(ops.mean(x, -1, keepdims=True) > 20.0, "float32")), {}),
    "pixels that are all dark": (
        model(lambda x: layers.Dense(3)(biased(8, -400.0, activation="relu")(ops.sum(x, (1, 2)))), (8, 8, 3)),
        {"normalization": "zero_to_one"},
    ),
}

# Outputs that never move, behind layers that do.
INNER: dict[str, Case] = {
    "dead for everything": (model(dead), {}),
    "multiplied by nothing": (model(lambda x: layers.Dense(2)(layers.Dense(4, name="inner")(x)) * 0.0 + 1.0), {}),
    "one score": (model(lambda x: layers.Softmax()(layers.Dense(1, name="inner")(x))), {}),
}

PASSED = WHOLE | EMPTY | FOUND | INNER

# What stays refused: there is nothing to compare.
REFUSED: dict[str, Case] = {
    "constant": (lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="zeros")]), {}),
    "always empty": (lambda: keras.Sequential([keras.Input((3,)), Empty(1e9)]), {}),
    "NaN": (model(lambda x: ops.log(ops.abs(x) * -1.0)), {}),
}

CASES = PASSED | REFUSED
