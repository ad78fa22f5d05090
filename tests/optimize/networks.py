"""Networks made without a training framework: fully connected layers, the last one fitted by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile

from ..model.builders import model, operator, raw, subgraph, tensor

Array = npt.NDArray[np.float32]
Layer = tuple[Array, Array]


def dense(
    layers: Sequence[Layer], *, signature: bool = True, names: bool = True, shape: Sequence[int] = ()
) -> ModelFile:
    """A chain of FULLY_CONNECTED with RELU between them; each layer is (weights (out, in), bias (out,)).

    `shape`: that of the input, where it is not one row; the first layer takes its values in their order.
    """
    tensors = [tensor(shape or [1, layers[0][0].shape[1]], name="input")]
    operators = []
    for number, (weights, bias) in enumerate(layers):
        activation = int(number < len(layers) - 1)  # RELU, but for the last
        options = ("FullyConnectedOptions", {"fused_activation_function": activation})
        operators.append(operator("FULLY_CONNECTED", _next(tensors), [len(tensors) + 2], options))
        tensors += [
            tensor(weights.shape, data=weights.astype("<f4").tobytes(), name=f"weights{number}"),
            tensor(bias.shape, data=bias.astype("<f4").tobytes(), name=f"bias{number}"),
            tensor([1, len(bias)], name=f"layer{number}"),
        ]
    if not names:
        tensors = [{**one, "name": "t"} for one in tensors]
    last = len(tensors) - 1
    known = {"signature_key": "main", "inputs": [{"name": "x", "tensor_index": 0}],
             "outputs": [{"name": "y", "tensor_index": last}]}  # fmt: skip
    tables = model(subgraph(tensors, operators, [0], [last]), signature_defs=[known] if signature else None)
    return ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "dense.tflite")


def _next(tensors: Sequence[object]) -> list[int]:
    here = len(tensors) - 1
    return [here, here + 1, here + 2]


def fitted(x: Array, y: npt.NDArray[Any], *, depth: int, width: int = 64, seed: int = 0) -> list[Layer]:
    """`depth` layers: random features, near-identities, and a last one that tells the classes apart (ridge).

    Where `y` are no classes but numbers, the last layer gives these.
    """
    random = np.random.default_rng(seed)
    layers = [_random(random, width, x.shape[1], 2.0 / np.sqrt(x.shape[1]))]
    for _ in range(depth - 2):
        weights, bias = _random(random, width, width, 0.1 / width)
        layers.append((weights + np.eye(width, dtype=np.float32), bias))
    features = x
    for weights, bias in layers:
        features = np.maximum(features @ weights.T + bias, 0)
    known = np.column_stack([features, np.ones(len(x))]).astype(np.float64)
    wanted = np.eye(int(y.max()) + 1)[y] if y.dtype.kind == "i" else y.reshape(len(y), -1)
    solved = np.linalg.solve(known.T @ known + np.eye(width + 1), known.T @ wanted).astype(np.float32)
    return [*layers, (solved[:-1].T.copy(), solved[-1])]


def _random(random: np.random.Generator, out: int, into: int, scale: float) -> Layer:
    return (random.normal(size=(out, into)) * scale).astype(np.float32), np.zeros(out, np.float32)


def with_outliers(layers: Sequence[Layer], at: int, *, channels: int = 4, factor: float = 3000.0) -> list[Layer]:
    """The same function, with a few channels behind layer `at` that are far larger than all others.

    One scale for all of that activation leaves nothing of the others, nor of the next layer's weights for these.
    """
    (weights, bias), (following, shift) = layers[at], layers[at + 1]
    scale = np.ones(len(bias), np.float32)
    scale[:channels] = factor
    changed = list(layers)
    changed[at] = (weights * scale[:, None], bias * scale)
    changed[at + 1] = (following / scale[None, :], shift)
    return changed
