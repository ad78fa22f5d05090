"""What a model costs by its shapes alone: multiply-accumulates, and memory for activations.

The formulas are the definitions of the operators (TensorFlow Lite's operator semantics,
https://www.tensorflow.org/mlir/tfl_ops): one multiply-accumulate for each weight that meets an input value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from edgewright.model.graph import Operator, Subgraph, TensorSpec

Shapes = list[tuple[int, ...]]


def multiply_accumulates(operator: Operator, subgraph: Subgraph) -> int | None:
    """Multiply-accumulates of one execution, `None` for operators that are not counted (no matrix product in them).

    Shapes as the file states them: a free dimension counts as 1.
    """
    rule = _RULES.get(operator.name)
    if rule is None:
        return None
    try:
        inputs = [subgraph.tensors[index].shape if index >= 0 else () for index in operator.inputs]
        return rule(inputs, [subgraph.tensors[index].shape for index in operator.outputs])
    except (IndexError, ValueError):  # Shapes of unknown rank are written as empty.
        return None


def total_multiply_accumulates(subgraph: Subgraph) -> int:
    """Multiply-accumulates of all operators that are counted."""
    return sum(multiply_accumulates(operator, subgraph) or 0 for operator in subgraph.operators)


def peak_activation_bytes(subgraph: Subgraph, is_constant: Callable[[TensorSpec], bool]) -> int:
    """The most bytes of activations that are alive at one time, operator by operator in the file's order.

    A tensor lives from the operator that makes it to the last one that reads it; inputs, outputs and variables of the
    model live throughout. It is a lower bound of what a runtime's arena takes.
    """
    first, last = _lifetimes(subgraph)
    moving = [tensor for tensor in subgraph.tensors if tensor.index in first and not is_constant(tensor)]
    changes = [0] * (len(subgraph.operators) + 2)
    for tensor in moving:
        changes[first[tensor.index]] += tensor.nbytes or 0
        changes[last[tensor.index] + 1] -= tensor.nbytes or 0
    alive = peak = 0
    for change in changes:
        alive += change
        peak = max(peak, alive)
    return peak


def _lifetimes(subgraph: Subgraph) -> tuple[dict[int, int], dict[int, int]]:
    """First and last operator (by position) during which a tensor must exist."""
    end = max(len(subgraph.operators) - 1, 0)
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for position, operator in enumerate(subgraph.operators):
        for index in (*operator.inputs, *operator.outputs):
            if index >= 0:
                first.setdefault(index, position)
                last[index] = position
    lasting = [tensor.index for tensor in subgraph.tensors if tensor.is_variable and tensor.index in first]
    for index in (*subgraph.inputs, *lasting):
        first[index], last[index] = 0, end
    for index in subgraph.outputs:
        first.setdefault(index, 0)
        last[index] = end
    return first, last


def _convolution(inputs: Shapes, outputs: Shapes) -> int:
    """Filter (out, height, width, in): every output value takes one filter's worth of products."""
    return math.prod(outputs[0]) * math.prod(inputs[1][1:])


def _depthwise(inputs: Shapes, outputs: Shapes) -> int:
    """Filter (1, height, width, out)."""
    return math.prod(outputs[0]) * inputs[1][1] * inputs[1][2]


def _convolution_3d(inputs: Shapes, outputs: Shapes) -> int:
    """Filter (depth, height, width, in, out)."""
    return math.prod(outputs[0]) * math.prod(inputs[1][:-1])


def _transposed(inputs: Shapes, outputs: Shapes) -> int:
    """Inputs (output shape, filter (out, height, width, in), image): every image value meets the filter once."""
    return math.prod(inputs[2]) * inputs[1][0] * inputs[1][1] * inputs[1][2]


def _fully_connected(inputs: Shapes, outputs: Shapes) -> int:
    """Weights (out, in)."""
    return math.prod(outputs[0]) * inputs[1][1]


def _batch_matmul(inputs: Shapes, outputs: Shapes) -> int:
    """(…, m, k) by (…, k, n), whichever way round the first one is stored."""
    rows_by_inner = inputs[0][-2] * inputs[0][-1]
    rows, columns = outputs[0][-2:]
    return math.prod(outputs[0][:-2]) * (rows_by_inner // max(rows, 1)) * rows * columns


def _lstm(inputs: Shapes, outputs: Shapes) -> int:
    """Four gates; weights input-to-gate (cell, in) are inputs 1 to 4, recurrent ones (cell, out) inputs 5 to 8."""
    steps = math.prod(inputs[0][:-1])
    return steps * sum(math.prod(shape) for shape in inputs[1:9] if shape)


_RULES: dict[str, Callable[[Shapes, Shapes], int]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _convolution_3d,
    "TRANSPOSE_CONV": _transposed,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
}
