"""Pixels into an input tensor: normalization, then the tensor's own type, scale and zero point."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.model import InputMetadata, TensorSpec

Array = npt.NDArray[Any]


def normalize(pixels: Array, described: InputMetadata) -> npt.NDArray[np.float32]:
    """(pixels - mean) / std in float32, one mean and std for all channels or one per channel (the last axis).

    `pixels` is any array of numbers, 0 to 255 for pictures. Without a normalization the values stay as they are.
    Source: `NormalizationOptions` of TensorFlow Lite Metadata.
    """
    values = pixels.astype(np.float32)
    if not described.mean:
        return values
    if len(described.mean) > 1 and len(described.mean) != values.shape[-1]:
        raise DataError(f"normalization for {len(described.mean)} channels, and the picture has {values.shape[-1]}")
    mean, std = np.asarray(described.mean, np.float32), np.asarray(described.std, np.float32)
    normalized: npt.NDArray[np.float32] = (values - mean) / std
    return normalized


def quantize(values: Array, spec: TensorSpec) -> Array:
    """Real numbers as the tensor stores them: round(real / scale) + zero_point, clipped to the type's range.

    A tensor that is not quantized gets its own type, nothing else. Rounds half to even.
    Source: https://ai.google.dev/edge/litert/models/quantization_spec
    """
    dtype = np.dtype(spec.dtype)
    if not spec.quantized:
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    zero_point = spec.zero_point[0] if spec.zero_point else 0
    stored = np.rint(values / np.float32(spec.scale[0])) + zero_point
    clipped: Array = np.clip(stored, limits.min, limits.max).astype(dtype)
    return clipped
