"""Builds ONNX models for the conversion table from a line of their textual form, with seeded weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, parser, shape_inference

# What files with these operator sets were written with, so that older runtimes read them.
_IR_VERSION = 8
ML = "ai.onnx.ml"


def model(inputs: str, outputs: str, nodes: str, *, opset: int = 17, **weights: Any) -> onnx.ModelProto:
    """One graph: `inputs` and `outputs` as the textual form has them ("float[1,3,8,8] x"), and its nodes.

    A weight is an array, or a shape that is filled with seeded numbers around 0.
    """
    graph = parser.parse_graph(f"g ({inputs}) => ({outputs}) {{ {nodes} }}")
    for output in graph.output:
        if output.type.HasField("tensor_type") and not output.type.tensor_type.shape.dim:
            output.type.tensor_type.ClearField("shape")  # "float y" would be a number without dimensions
    graph.initializer.extend(numpy_helper.from_array(_filled(value), name) for name, value in weights.items())
    made = helper.make_model(graph, opset_imports=_opsets(graph, opset), ir_version=_IR_VERSION)
    return shape_inference.infer_shapes(made)


def _opsets(graph: onnx.GraphProto, opset: int) -> list[onnx.OperatorSetIdProto]:
    classical = any(node.domain == ML for node in graph.node)
    return [helper.make_opsetid("", opset), *([helper.make_opsetid(ML, 3)] if classical else [])]


def _filled(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    seed = sum(place * size for place, size in enumerate(value, start=1))
    spread = 1.0 / max(1.0, np.prod(value[1:], dtype=float)) ** 0.5
    return np.random.default_rng(seed).normal(0, spread, value).astype(np.float32)


def whole(*values: int) -> Any:
    """A vector of int64, as shapes, axes and indices are given."""
    return np.array(values, np.int64)


def positive(*shape: int) -> Any:
    """Seeded numbers from 0.5 to 1.5, for variances and scales."""
    return np.random.default_rng(sum(shape)).uniform(0.5, 1.5, shape).astype(np.float32)
