"""Stored numbers of an output back into the real ones that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import TensorSpec


def dequantize(stored: npt.NDArray[Any], spec: TensorSpec) -> npt.NDArray[Any]:
    """Real values, scale * (stored - zero_point) in float32, per tensor or per slice along `spec.axis`.

    What is not quantized comes back as it is.
    Source: https://ai.google.dev/edge/litert/models/quantization_spec
    """
    if not spec.quantized or stored.dtype.kind == "f":
        return stored
    shape = [1] * stored.ndim
    if len(spec.scale) > 1:
        shape[spec.axis] = len(spec.scale)
    scale = np.array(spec.scale, np.float32)
    zero_point = np.array(spec.zero_point or (0,), np.float32)
    shifted = stored.astype(np.float32) - np.broadcast_to(zero_point, scale.shape).reshape(shape)
    real: npt.NDArray[Any] = shifted * scale.reshape(shape)
    return real


def dequantizer(spec: TensorSpec) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """`dequantize` for one output, made ready: 8 bits have 256 values, which are worked out once and looked up."""
    if len(spec.scale) != 1 or spec.dtype not in ("uint8", "int8"):
        return lambda stored: dequantize(stored, spec)
    table = dequantize(np.arange(256, dtype=np.uint8).view(spec.dtype), spec)
    return lambda stored: table[stored.view(np.uint8)]
