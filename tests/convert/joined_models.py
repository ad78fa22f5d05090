"""Models whose outputs join several meanings, or look as if they did: what int8 may and may not do to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

Tensor = Any


def wide(features: Tensor, units: int, size: float, **options: Any) -> Tensor:
    """A dense layer whose results reach up to about `size`."""
    return layers.Rescaling(size)(layers.Dense(units, activation="sigmoid", **options)(features))


def model(head: Callable[[Tensor], Tensor], shape: tuple[int, ...] = (8,)) -> Callable[[], Any]:
    """A model with one hidden layer and a head."""

    def build() -> Any:
        source = keras.Input(shape)
        return keras.Model(source, head(layers.Dense(32, activation="tanh")(source)))

    return build


def scores(features: Tensor, units: int, shift: float = 0.0) -> Tensor:
    start = keras.initializers.Constant(shift)
    return layers.Dense(units, activation="sigmoid", bias_initializer=start, kernel_initializer="he_normal")(features)


def join(*branches: Tensor, axis: int = -1) -> Tensor:
    return layers.Concatenate(axis)(list(branches))


def units(*sizes: float, offset: float = 0.0) -> Callable[[Tensor], Tensor]:
    """One dense layer that says several things, each in its unit: no operator shows where one ends."""

    def head(features: Tensor) -> Tensor:
        kernel = np.random.default_rng(3).normal(0, 1, (32, len(sizes))) * np.array(sizes)
        starts = [keras.initializers.Constant(value) for value in (kernel, offset)]
        return layers.Dense(len(sizes), kernel_initializer=starts[0], bias_initializer=starts[1])(features)

    return head


def grid(axis: int) -> Callable[[], Any]:
    """A YOLO's output of a picture of 64 by 64: 84 boxes with 4 sides in pixels and 3 scores, behind another step."""

    def build() -> Any:
        source = keras.Input((64, 64, 3))
        pooled = layers.Flatten()(layers.AveragePooling2D(16)(source))
        sides, classes = wide(pooled, 4 * 84, 640.0), layers.Dense(3 * 84, activation="sigmoid")(pooled)
        rows = join(layers.Reshape((84, 4))(sides), layers.Reshape((84, 3))(classes))
        # A maximum is nothing that the graph is followed through: the shapes alone say what it is.
        output = ops.maximum(rows, ops.flip(rows, 1) * 1e-9)
        return keras.Model(source, output if axis == 2 else layers.Permute((2, 1))(output))

    return build


def by_hand(features: Tensor) -> Tensor:
    """A softmax in pieces, of two hundred classes."""
    raised = ops.exp(layers.Dense(200, kernel_initializer="he_normal")(features))
    return raised / ops.sum(raised, -1, keepdims=True)


def data(*shape: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(11).random((count, *(shape or (8,))), dtype=np.float32)


INT8 = {"quantize": "int8", "representative_data": data()}
STEPS = {"quantize": "int8", "representative_data": data(6, 8)}
PICTURES = {"quantize": "int8", "representative_data": data(64, 64, 3, count=20)}

Case = tuple[Callable[[], Any], dict[str, Any]]

# What int8 makes useless.
REFUSED: dict[str, Case] = {
    "boxes and sigmoid scores": (model(lambda x: join(wide(x, 4, 640.0), scores(x, 5))), INT8),
    "scores in front": (model(lambda x: join(scores(x, 5), wide(x, 4, 640.0))), INT8),
    "joined along the second axis": (
        model(
            lambda x: join(layers.Reshape((4, 6))(wide(x, 24, 640.0)), ops.reshape(scores(x, 18), (-1, 3, 6)), axis=1)
        ),
        INT8,
    ),
    "joined, then transposed": (
        model(lambda x: layers.Permute((2, 1))(join(wide(x, 4, 640.0), scores(x, 3))), (6, 8)),
        STEPS,
    ),
    "joined, then flattened": (model(lambda x: layers.Flatten()(join(wide(x, 4, 640.0), scores(x, 3))), (6, 8)), STEPS),
    "boxes and a softmax": (model(lambda x: join(wide(x, 4, 640.0), layers.Softmax()(layers.Dense(6)(x)))), INT8),
    "joined twice": (model(lambda x: join(join(wide(x, 4, 640.0), wide(x, 1, 300.0)), scores(x, 3))), INT8),
    "stacked": (model(lambda x: ops.stack([wide(x, 3, 900.0), scores(x, 3)], 1)), INT8),
    "an embedding and its score": (
        model(lambda x: join(layers.Rescaling(500.0)(layers.Dense(64)(x)), scores(x, 1))),
        INT8,
    ),
    "boxes and many raw scores": (model(lambda x: join(wide(x, 4, 2000.0), layers.Dense(80)(x))), INT8),
    "a YOLO in rows": (grid(2), PICTURES),
    "a YOLO in columns": (grid(1), PICTURES),
    "two units": (model(units(50_000.0, 0.3)), INT8),
    "five units": (model(units(1e4, 1.0, 1e4, 2.0, 1e-3)), INT8),
    "two units at each step": (model(units(3e4, 0.5), (6, 8)), STEPS),
    "two units in two rows": (
        model(lambda x: layers.Permute((2, 1))(units(3e4, 0.5)(x)), (40, 8)),
        STEPS | {"representative_data": data(40, 8, count=20)},
    ),
    "units put back by a scale": (
        model(lambda x: layers.Dense(2)(x) * np.float32([[2e4, 0.2]]) + np.float32([[9e4, 0.5]])),
        INT8,
    ),
    "little around much": (model(units(1.0, offset=5000.0)), INT8),
}

# Right conversions, some of which lose what is near 0.
PASSED: dict[str, Case] = {
    "a softmax of 1,001 classes": (
        model(lambda x: layers.Softmax()(layers.Rescaling(4.0)(layers.Dense(1001, kernel_initializer="he_normal")(x)))),
        INT8,
    ),
    "a softmax in pieces": (model(by_hand), INT8),
    "many labels, most of them never": (model(lambda x: join(scores(x, 3), scores(x, 20, -9.0))), INT8),
    "boxes in shares and scores": (model(lambda x: join(wide(x, 4, 1.0), scores(x, 5))), INT8),
    "boxes and scores as two outputs": (model(lambda x: [wide(x, 4, 640.0), scores(x, 5)]), INT8),
    "boxes and scores that are all near 0": (model(lambda x: join(wide(x, 4, 1.0), scores(x, 5, -14.0))), INT8),
    "two units in one range": (model(units(1.0, 0.6)), INT8),
    "logits": (model(units(*[1.0] * 10)), INT8),
    "an embedding with units that are hardly ever on": (
        model(lambda x: layers.Dense(256, activation="relu", bias_initializer=keras.initializers.Constant(-0.4))(x)),
        INT8,
    ),
    "both directions of an LSTM": (
        lambda: keras.Sequential([keras.Input((6, 8)), layers.Bidirectional(layers.LSTM(6))]),
        STEPS,
    ),
    "a branch that is constant": (
        model(lambda x: join(wide(x, 4, 640.0), ops.zeros_like(x[:, :2]) + 300.0)),
        INT8,
    ),
    "a map of heat": (model(lambda x: layers.Dense(1)(x), (6, 8)), STEPS),
    "scores of several scales": (
        model(
            lambda x: join(ops.reshape(scores(x, 12), (-1, 4, 3)), ops.reshape(scores(x, 3, -7.0), (-1, 1, 3)), axis=1)
        ),
        INT8,
    ),
    "boxes and scores, weights in 8 bits": (
        model(lambda x: join(wide(layers.Dense(64)(x), 4, 640.0), scores(x, 5))),
        INT8 | {"quantize": "dynamic"},
    ),
    "two units, weights in 16 bits": (
        model(lambda x: units(5_000.0, 0.3)(layers.Dense(32)(layers.Dense(64)(x)))),
        INT8 | {"quantize": "float16"},
    ),
    "two units in float": (model(units(50_000.0, 0.3)), {}),
}

CASES = REFUSED | PASSED
