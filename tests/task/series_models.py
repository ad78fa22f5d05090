"""Small models of series with known answers: one fully connected layer over a window, float or quantized."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata

from ..model.builders import model, operator, quantized, raw, subgraph, tensor

SCALE = 1 / 32


def dense(weights: Any, shape: tuple[int, ...], *, int8: bool = False, softmax: bool = False) -> ModelFile:
    """`weights` (outputs, inputs), applied to an input of a shape of so many numbers; of int8 all have `SCALE`."""
    matrix = np.asarray(weights, np.float32)
    outputs, inputs = matrix.shape
    dtype = "int8" if int8 else "float32"
    scaled: dict[str, Any] = {"quantization": quantized([SCALE], [0])} if int8 else {}
    stored = np.rint(matrix / SCALE).astype(np.int8) if int8 else matrix
    tensors = [
        {**tensor(shape, dtype, **scaled), "name": "rows"},
        tensor([outputs, inputs], dtype, stored.tobytes(), **scaled),
        {**tensor([1, outputs], dtype, **scaled), "name": "made"},
    ]
    operators = [operator("FULLY_CONNECTED", [0, 1, -1], [2], ("FullyConnectedOptions", {}))]
    last = 2
    if softmax:
        tensors.append({**tensor([1, outputs], dtype), "name": "scores"})
        operators.append(operator("SOFTMAX", [2], [3], ("SoftmaxOptions", {"beta": 1.0})))
        last = 3
    return ModelFile(raw(model(subgraph(tensors, operators, [0], [last]))), "sensor.tflite")


def autoencoder(window: int, count: int, *, int8: bool = False, **said: Any) -> ModelFile:
    """A file that makes of each column of a window its mean: what does not change over a window is normal."""
    weights = np.kron(np.full((window, window), 1 / window), np.eye(count))
    return described(dense(weights, (1, window * count), int8=int8), **said)


def described(file: ModelFile, labels: tuple[str, ...] = (), threshold: float | None = None, **said: Any) -> ModelFile:
    """The file with what a model of series says of itself."""
    output = OutputMetadata(labels=labels, score_threshold=threshold)
    return file.with_metadata(Metadata(task="series", inputs=(InputMetadata(**said),), outputs=(output,)))
