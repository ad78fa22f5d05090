"""Ratios of scales that fixed-point kernels can work with; outside of them LiteRT ends the process.

The kernels turn a ratio of scales into a 32-bit multiplier and a shift (`tflite/kernels/internal/quantization_util`);
which ratios occur is a fact about each operator. A file that a quantizer wrote is far from these limits: outside of
them every result would be saturated or zero.
"""

from __future__ import annotations

from collections.abc import Callable

from edgewright.model.graph import TensorSpec
from edgewright.model.node import Node

Rule = Callable[[Node], None]

_EIGHT_BITS = frozenset({"int8", "uint8"})
_FIXED_POINT = _EIGHT_BITS | {"int16"}

# The kernels of ADD and SUB scale inputs up by this power of two before they scale the result down.
_SUM_SHIFT = {"int8": 20, "uint8": 20, "int16": 15}
_DIFFERENCE_SHIFT = 14  # SQUARED_DIFFERENCE: 7 bits for each of the two factors.

# XNNPACK multiplies an accumulated product by input scale * weight scale / output scale, and takes less than this.
_MOST_PRODUCT = 256.0

_SMALLEST_SOFTMAX = 2.0**-26  # 31 bits for the exponent's argument, 5 of them before the binary point.


def sum_scales(node: Node) -> None:
    """ADD and SUB: the result's scale is not too small beside the larger one of the inputs'."""
    found = _scales(node, 2)
    if found is not None:
        first, second, result = found
        shift = _SUM_SHIFT[result.dtype]
        _need(node, 2 * max(first.scale[0], second.scale[0]) < 2.0**shift * result.scale[0])


def squared_difference_scales(node: Node) -> None:
    """SQUARED_DIFFERENCE: the result's scale is not too small beside the square of the larger input scale."""
    found = _scales(node, 2)
    if found is not None:
        first, second, result = found
        largest = 2 * max(first.scale[0], second.scale[0])
        _need(node, largest * largest < 2.0**_DIFFERENCE_SHIFT * result.scale[0])


def comparison_scales(node: Node) -> None:
    """Comparisons of quantized values: each scale is a multiplier below one."""
    for place in (0, 1):
        tensor = node.input(place)
        if tensor is None:
            continue
        # Whole numbers of 16 bits are compared as they are.
        if tensor.dtype in _EIGHT_BITS or (tensor.dtype == "int16" and tensor.scale):
            _need(node, bool(tensor.scale) and 0 < tensor.scale[0] < 1)


def softmax_scale(node: Node) -> None:
    """Softmax: the exponent's argument has a fixed binary point, so its scale is not too small."""
    tensor = node.input(0)
    if tensor is not None and tensor.dtype in _EIGHT_BITS and tensor.scale:
        beta = float(node.operator.options.get("beta", 1.0))
        _need(node, beta * tensor.scale[0] > _SMALLEST_SOFTMAX)


def product_scales(values: int) -> Rule:
    """Operators with weights (input 1): the accumulated product is not scaled up without measure."""

    def rule(node: Node) -> None:
        value, weights, result = node.input(values), node.input(1), node.output(0)
        if value is None or weights is None or result is None:
            return
        if {value.dtype, result.dtype} <= _FIXED_POINT and value.scale and weights.scale and result.scale:
            _need(node, value.scale[0] * max(weights.scale) < _MOST_PRODUCT * result.scale[0])

    return rule


def _scales(node: Node, inputs: int) -> list[TensorSpec] | None:
    """The first inputs and the output, all quantized to fixed point; `None` where none of them is."""
    found = [node.input(place) for place in range(inputs)] + [node.output(0)]
    tensors = [tensor for tensor in found if tensor is not None and tensor.dtype in _FIXED_POINT and tensor.scale]
    if not tensors:
        return None
    _need(node, len(tensors) == len(found))
    return tensors


def _need(node: Node, holds: bool) -> None:
    if not holds:
        raise node.broken(
            "the scales of its tensors do not go together: no fixed-point multiplier expresses their ratio"
        )
