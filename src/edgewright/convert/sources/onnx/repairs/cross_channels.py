"""Normalization over neighbouring channels (LRN) in products: the sum over a window of channels is a matrix product.

The converter reads its alpha as that of the sum, where ONNX has that of the mean (onnx/defs/nn, LRN).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

# What ONNX takes where a node says nothing.
_ALPHA, _BETA, _BIAS = 1e-4, 0.75, 1.0


def repair(model: Any) -> tuple[str, ...]:
    """Write LRN as a convolution of the squares with a band of ones, a power and a quotient."""
    one = partial(_normalized, shapes=shapes_of(model))
    return ("LRN as a convolution and a power",) if rewrite(model, {"LRN": one}) else ()


def _normalized(node: Any, writer: Writer, *, shapes: dict[str, tuple[int, ...]]) -> bool:
    given, shape = attributes_of(node), shapes.get(node.input[0])
    if shape is None or len(shape) != 4:
        return False
    size, channels = int(given["size"]), shape[1]
    before, behind = (size - 1) // 2, size - 1 - (size - 1) // 2
    distance = np.arange(channels)[None, :] - np.arange(channels)[:, None]
    band = ((distance >= -before) & (distance <= behind)) * (given.get("alpha", _ALPHA) / size)
    squares = writer.add("Mul", [node.input[0], node.input[0]])
    sums = writer.add("Conv", [squares, writer.constant(band.reshape(channels, channels, 1, 1))])
    shifted = writer.add("Add", [sums, writer.constant(given.get("bias", _BIAS))])
    divisor = writer.add("Pow", [shifted, writer.constant(given.get("beta", _BETA))])
    writer.add("Div", [node.input[0], divisor], node.output[0])
    return True
