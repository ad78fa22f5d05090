"""Small segmenters whose answers are known: each pixel is of the class whose channel is the brightest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from model import builders

HEIGHT, WIDTH = 12, 16
COLORS = ("red", "green", "blue")

_NO_ACTIVATION = ("AddOptions", {"fused_activation_function": 0})


def described(tables: Any, *, labels: tuple[str, ...] = COLORS, task: str | None = None, **said: Any) -> ModelFile:
    """A model with those labels whose input is normalized to 0 to 1, or as is said."""
    preparation = InputMetadata(kind="image", **({"mean": (0.0,), "std": (255.0,)} | said))
    model = ModelFile.read(builders.raw(tables))
    # Labels of an axis are those of the last one; the numbers of classes, and channels that come first, are others.
    target: Any = "axis" if model.outputs[0].shape[-1] == len(labels) else "value"
    output = OutputMetadata(labels=labels, label_target=target)
    return model.with_metadata(Metadata(task=task, inputs=(preparation,), outputs=(output,)))


def channels_model(dtype: str = "float32", scale: float = 0.01, zero_point: int = 0) -> Any:
    """Gives its input, [1, 12, 16, 3], as the scores of three classes, stored with a scale of its own."""
    shape = (1, HEIGHT, WIDTH, 3)
    stored = {} if dtype == "float32" else {"quantization": builders.quantized([scale], [zero_point])}
    if stored:
        return builders.one_operator("QUANTIZE", [builders.tensor(shape)], [builders.tensor(shape, dtype, **stored)])
    return _sum(shape)


def channels_first_model() -> Any:
    """The same, [1, 3, 12, 16]."""
    return _sum((1, 3, HEIGHT, WIDTH))


def softmax_model() -> Any:
    """Gives probabilities, [1, 12, 16, 3]."""
    spec = builders.tensor((1, HEIGHT, WIDTH, 3))
    return builders.one_operator("SOFTMAX", [spec], [spec], ("SoftmaxOptions", {"beta": 20.0}))


def sigmoid_model(classes: int) -> Any:
    """Gives numbers between 0 and 1, [1, 12, 16, classes], whatever it is shown."""
    shape = (1, HEIGHT, WIDTH, classes)
    constant = builders.tensor(shape, data=np.zeros(shape, "<f4").tobytes())
    tensors = [builders.tensor((1, HEIGHT, WIDTH, 3)), constant, builders.tensor(shape)]
    operators = [builders.operator("LOGISTIC", [1], [2])]
    return builders.model(builders.subgraph(tensors, operators, [0], [2]))


def numbers_model(dtype: str = "int64") -> Any:
    """Gives the number of the brightest channel, [1, 12, 16]."""
    axis = builders.tensor((), "int32", np.array(3, "<i4").tobytes())
    options = ("ArgMaxOptions", {"output_type": {"int32": 2, "int64": 4}[dtype]})
    spec = builders.tensor((1, HEIGHT, WIDTH, 3)), axis
    return builders.one_operator("ARG_MAX", spec, [builders.tensor((1, HEIGHT, WIDTH), dtype)], options)


def mask_model(dtype: str = "float32") -> Any:
    """Gives the sigmoid of a gray picture, [1, 12, 16, 1]; 8 bits have the scale that the operator wants."""
    shape = (1, HEIGHT, WIDTH, 1)
    if dtype == "float32":
        return builders.one_operator("LOGISTIC", [builders.tensor(shape)], [builders.tensor(shape)])
    low = {"int8": -128, "uint8": 0}[dtype]
    given = builders.quantized([1 / 16], [low + 128])
    made = builders.quantized([1 / 256], [low])
    tensors = [builders.tensor(shape, dtype, quantization=given)], [builders.tensor(shape, dtype, quantization=made)]
    return builders.one_operator("LOGISTIC", *tensors)


def _sum(shape: tuple[int, ...]) -> Any:
    zero = builders.tensor([1], data=np.zeros(1, "<f4").tobytes())
    return builders.one_operator("ADD", [builders.tensor(shape), zero], [builders.tensor(shape)], _NO_ACTIVATION)


def striped(height: int, width: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """A picture whose left quarter is red, upper right green and lower right blue; and the classes of its pixels."""
    classes = np.full((height, width), 2, np.uint8)
    classes[: height // 2] = 1
    classes[:, : width // 4] = 0
    return (np.eye(3, dtype=np.uint8) * 200 + 20)[classes], classes
