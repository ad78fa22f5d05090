"""Logarithms of sums of powers that stay finite: the converter takes the power of what may be large.

log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), and log softmax(x) = x - m - log(sum(e^(x - m))) with m the largest x.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, opset, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

# From this set on LogSoftmax is of one axis; before, of all from an axis on.
_ONE_AXIS = 13


def repair(model: Any) -> tuple[str, ...]:
    """Write Softplus and LogSoftmax so that large values stay finite."""
    normalized = partial(_log_softmax, version=opset(model), shapes=shapes_of(model))
    done = rewrite(model, {"Softplus": _softplus, "LogSoftmax": normalized})
    return tuple(f"{name} in a form that stays finite" for name in done)


def _softplus(node: Any, writer: Writer) -> bool:
    value = node.input[0]
    power = writer.add("Exp", [writer.add("Neg", [writer.add("Abs", [value])])])
    rest = writer.add("Log", [writer.add("Add", [power, writer.constant(1)])])
    writer.add("Add", [writer.add("Relu", [value]), rest], node.output[0])
    return True


def _log_softmax(node: Any, writer: Writer, *, version: int, shapes: dict[str, tuple[int, ...]]) -> bool:
    value, shape = node.input[0], shapes.get(node.input[0])
    if shape is None:
        return False
    axis = int(attributes_of(node).get("axis", -1 if version >= _ONE_AXIS else 1)) % len(shape)
    if version < _ONE_AXIS and axis != len(shape) - 1:
        return False
    below = writer.add("Sub", [value, writer.reduce("ReduceMax", value, axis, keepdims=True)])
    total = writer.reduce("ReduceSum", writer.add("Exp", [below]), axis, keepdims=True)
    writer.add("Sub", [below, writer.add("Log", [total])], node.output[0])
    return True
