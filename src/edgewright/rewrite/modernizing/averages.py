"""Averages over an even number of values as a convolution, which gives the same numbers on every kernel.

Both pooling kernels round halves away from zero: for the positive numbers of uint8 upwards, for int8 also downwards. A
convolution with all weights 2 and a bias of 1 gives (2 * sum + 1) / (2 * count), which is never a half and rounds to
what uint8 has. The nearest half is 1 / (2 * count) away, and float32 is off by 3e-5 at most.

An average over a whole picture is one of a column of values, for many columns beside each other. As a convolution over
few channels it is as fast as pooling; the depthwise one with as large a window, which is what other windows become, is
10 to 30 times slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from edgewright.model import Operator, Table, TensorSpec
from edgewright.rewrite.modernizing.added import Added

_BLOCKS = (8, 4, 2, 1)  # channels that one product of the runtime's convolution takes, the fastest first
_VERSION = 3  # both convolutions in int8


def averaging(added: Added, pool: Operator, values: TensorSpec) -> Iterator[Table]:
    """The operators that compute what AVERAGE_POOL_2D without padding does, from its input to its output."""
    _, height, width, depth = values.shape
    window = (pool.options["filter_height"], pool.options["filter_width"])
    kept = {name: pool.options[name] for name in ("padding", "fused_activation_function")}
    if window != (height, width) or values.shape != values.shape_signature:
        strides = {name: pool.options[name] for name in ("stride_w", "stride_h")}
        options = {"depth_multiplier": 1, **strides, **kept}
        weights = np.full((1, *window, depth), 2, np.int8)
        inputs = (pool.inputs[0], *_constants(added, values, weights, depth))
        yield added.operator("DEPTHWISE_CONV_2D", _VERSION, inputs, pool.outputs[0], **options)
        return
    batch, count = values.shape[0], height * width
    block = next(size for size in _BLOCKS if depth % size == 0)
    columns = added.like(values, (batch, count, depth // block, block))
    means = added.like(values, (batch, 1, depth // block, block))
    weights = np.zeros((block, count, 1, block), np.int8)
    weights[range(block), ..., range(block)] = 2
    inputs = (columns, *_constants(added, values, weights, block))
    yield added.reshape(pool.inputs[0], columns)
    yield added.operator("CONV_2D", _VERSION, inputs, means, stride_w=1, stride_h=1, **kept)
    yield added.reshape(means, pool.outputs[0])


def _constants(added: Added, values: TensorSpec, weights: npt.NDArray[np.int8], channels: int) -> Sequence[int]:
    """The weights and the bias: the latter 1, half of one weight."""
    count = int(weights.sum()) // (2 * channels)
    scale = np.float32(1 / (2 * count))
    bias = np.ones(channels, "<i4")
    return (
        added.constant(f"{values.name}_twice", weights, float(scale)),
        added.constant(f"{values.name}_half", bias, float(scale * np.float32(values.scale[0]))),
    )
