"""Resizing that the converter gets wrong: nearest neighbors as choices of places, antialiased as matrix products.

What a Resize does along an axis is a matrix; onnxruntime itself says which, where it resizes the unit matrix.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, opset, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite
from edgewright.convert.sources.onnx.session import Session

# What the converter says with LiteRT's own operator, and rightly.
_PLAIN_NEAREST = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
_LARGEST = 4096


def repair(model: Any) -> tuple[str, ...]:
    """Write Resize anew where it takes nearest neighbors in another way than LiteRT, or is antialiased."""
    one = partial(_resized, model=model, constants=constants_of(model), shapes=shapes_of(model))
    done = rewrite(model, {"Resize": one})
    return ("Resize as choices of places or matrix products",) if done else ()


def _resized(
    node: Any, writer: Writer, *, model: Any, constants: dict[str, Array], shapes: dict[str, tuple[int, ...]]
) -> bool:
    given = attributes_of(node)
    before, after = shapes.get(node.input[0]), shapes.get(node.output[0])
    nearest = given.get("mode", "nearest") == "nearest"
    plain = not given.get("antialias") if not nearest else _PLAIN_NEAREST.items() <= given.items()
    if plain or before is None or after is None or max(*before, *after) > _LARGEST or _is_odd(given):
        return False
    scales = _scales(node, constants, before, after)
    axes = [axis for axis, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    value = node.input[0]
    for axis in axes:
        matrix = _matrix(given, opset(model), before[axis], scales[axis], after[axis])
        value = _chosen(value, matrix, axis, writer) if nearest else _mixed(value, matrix, axis, len(before), writer)
    writer.add("Identity", [value], node.output[0])
    return True


def _is_odd(given: dict[str, Any]) -> bool:
    """Whether it cuts a region out, or chooses its own sizes."""
    cuts = given.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    return cuts or given.get("keep_aspect_ratio_policy", "stretch") != "stretch" or "axes" in given


def _scales(node: Any, constants: dict[str, Array], before: tuple[int, ...], after: tuple[int, ...]) -> list[float]:
    """The factor of each axis, which need not be the quotient of the sizes."""
    named = node.input[2] if len(node.input) > 2 else ""
    if named in constants and constants[named].size == len(before):
        return [float(scale) for scale in constants[named]]
    return [new / old for old, new in zip(before, after, strict=True)]


def _matrix(given: dict[str, Any], version: int, size: int, scale: float, wanted: int) -> Array:
    """What a Resize does along one axis: (after, before)."""
    from onnx import TensorProto, helper, numpy_helper

    # A size that a factor does not lead to was given as a size.
    inputs = ["x", "", "by"] if int(size * np.float32(scale)) == wanted else ["x", "", "", "to"]
    constant = (
        numpy_helper.from_array(np.array([1, 1, scale, 1], np.float32), "by")
        if len(inputs) == 3
        else numpy_helper.from_array(np.array([1, 1, wanted, size], np.int64), "to")
    )
    graph = helper.make_graph(
        [helper.make_node("Resize", inputs, ["y"], **given)],
        "axis",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, size, size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [constant],
    )
    one = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    (matrix,) = Session(one, "Resize").run({"x": np.eye(size, dtype=np.float32)[None, None]})
    return np.asarray(matrix[0, 0])


def _chosen(value: str, matrix: Array, axis: int, writer: Writer) -> str:
    return writer.add("Gather", [value, writer.constant(matrix.argmax(axis=1), np.int64)], axis=axis)


def _mixed(value: str, matrix: Array, axis: int, dimensions: int, writer: Writer) -> str:
    """The matrix along an axis, which is the last one meanwhile."""
    weights = writer.constant(matrix.T)
    if axis == dimensions - 1:
        return writer.add("MatMul", [value, weights])
    swap = list(range(dimensions))
    swap[axis], swap[-1] = swap[-1], swap[axis]
    product = writer.add("MatMul", [writer.add("Transpose", [value], perm=swap), weights])
    return writer.add("Transpose", [product], perm=swap)
