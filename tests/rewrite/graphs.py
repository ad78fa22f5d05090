"""Small models with weights, for tests that need a certain graph and have to run it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgewright.model import InputMetadata, Metadata, ModelFile

from ..model.builders import model, operator, quantized, subgraph, tensor

NONE = 0
CONV = ("Conv2DOptions", {"stride_w": 1, "stride_h": 1})
ADD = ("AddOptions", {"fused_activation_function": NONE})


def built(*subgraphs: dict[str, Any], **more: Any) -> ModelFile:
    """A sealed, verified model."""
    return ModelFile.build(model(*subgraphs, **more), {})


def constant(values: Any, dtype: str = "float32", **more: Any) -> dict[str, Any]:
    array = np.asarray(values, dtype)
    return tensor(array.shape, dtype, array.tobytes(), **more)


def stored(shape: Sequence[int], dtype: str, scale: float, zero_point: int) -> dict[str, Any]:
    """A quantized tensor without data."""
    return tensor(shape, dtype, quantization=quantized([scale], [zero_point]))


def named(tensors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "name": f"tensor_{index}"} for index, one in enumerate(tensors)]


def chain(tensors: Sequence[dict[str, Any]], *names: str) -> ModelFile:
    """Operators of one input in a row: the first tensor is the model's input, the last its output."""
    operators = [operator(name, [index], [index + 1]) for index, name in enumerate(names)]
    return built(subgraph(named(tensors), operators, [0], [len(tensors) - 1]))


def convolution(mean: Sequence[float], std: Sequence[float], *, padding: str = "VALID", channels: int = 3) -> ModelFile:
    """A picture in float32 through one convolution of four channels, with its normalization in the metadata."""
    size, kernel = 9, 3
    random = np.random.default_rng(5)
    side = size if padding == "SAME" else size - kernel + 1
    weights = constant(random.normal(0, 1, (4, kernel, kernel, channels)))
    tensors = [tensor([1, size, size, channels]), weights, constant(random.normal(0, 1, 4)), tensor([1, side, side, 4])]
    options = (CONV[0], {**CONV[1], "padding": int(padding == "VALID")})
    made = built(subgraph(named(tensors), [operator("CONV_2D", [0, 1, 2], [3], options)], [0], [3]))
    return describe(made, mean, std)


def describe(model: ModelFile, mean: Sequence[float], std: Sequence[float]) -> ModelFile:
    """The model with the normalization of its only input in the metadata."""
    return model.with_metadata(Metadata(inputs=(InputMetadata(kind="image", mean=tuple(mean), std=tuple(std)),)))


def samples(model: ModelFile, count: int = 3) -> list[list[np.ndarray]]:
    """Random inputs: real numbers where a type stores them, whole ones where it does not."""
    random = np.random.default_rng(7)
    return [
        [
            random.uniform(-1, 1, spec.shape).astype(np.float32)
            if spec.dtype == "float32" or spec.quantized
            else random.integers(0, 100, spec.shape).astype(spec.dtype)
            for spec in model.inputs
        ]
        for _ in range(count)
    ]
