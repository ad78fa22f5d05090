"""Normalization over groups of channels, in the operators that it is made of."""

from __future__ import annotations

from functools import partial
from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, opset, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

_EPSILON = 1e-5
# From this set on there is a scale and a bias for each channel; before, for each group.
_BY_CHANNEL = 21


def repair(model: Any) -> tuple[str, ...]:
    """Write GroupNormalization as a mean, a deviation, a scale and a bias."""
    if opset(model) < _BY_CHANNEL:
        return ()
    one = partial(_normalized, shapes=shapes_of(model))
    done = rewrite(model, {"GroupNormalization": one})
    return ("GroupNormalization in means and quotients",) if done else ()


def _normalized(node: Any, writer: Writer, *, shapes: dict[str, tuple[int, ...]]) -> bool:
    given, shape = attributes_of(node), shapes.get(node.input[0])
    if shape is None:
        return False
    groups, channels = int(given["num_groups"]), (shape[1], *[1] * (len(shape) - 2))
    rows = writer.add("Reshape", [node.input[0], writer.whole(shape[0], groups, -1)])
    centered = writer.add("Sub", [rows, writer.reduce("ReduceMean", rows, 2, keepdims=True)])
    squares = writer.add("Mul", [centered, centered])
    variance = writer.reduce("ReduceMean", squares, 2, keepdims=True)
    deviation = writer.add("Sqrt", [writer.add("Add", [variance, writer.constant(given.get("epsilon", _EPSILON))])])
    normal = writer.add("Reshape", [writer.add("Div", [centered, deviation]), writer.whole(*shape)])
    scale, bias = (writer.add("Reshape", [name, writer.whole(*channels)]) for name in node.input[1:3])
    writer.add("Add", [writer.add("Mul", [normal, scale]), bias], node.output[0])
    return True
