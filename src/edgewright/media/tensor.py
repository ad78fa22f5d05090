"""Pixels into an input tensor: normalization, then the tensor's own type, scale and zero point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import InputMetadata, TensorSpec
from edgewright.spelling import argument

Array = npt.NDArray[Any]

# (mean, std) for pixels that count 0 to 255. "imagenet" are the statistics that torchvision publishes for its models
# (mean 0.485 0.456 0.406, std 0.229 0.224 0.225), times 255.
NORMALIZATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "none": ((0.0,), (1.0,)),
    "zero_to_one": ((0.0,), (255.0,)),
    "minus_one_to_one": ((127.5,), (127.5,)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}


def normalization(value: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std from what people pass: a preset's name, or (mean, std), each a number or one per channel.

    Raises `UsageError` for anything else, and for a standard deviation that is not above 0.
    """
    if isinstance(value, str):
        if value not in NORMALIZATIONS:
            choices = ", ".join(NORMALIZATIONS)
            raise UsageError(f"{argument('normalization', value)} is unknown. Choose one of: {choices}, or (mean, std)")
        return NORMALIZATIONS[value]
    try:
        mean, std = (_numbers(part) for part in value)
    except (TypeError, ValueError):
        choices = ", ".join(NORMALIZATIONS)
        raise UsageError(f"{argument('normalization', value)}: expected (mean, std) or one of: {choices}") from None
    if len(mean) != len(std) or not all(map(math.isfinite, (*mean, *std))) or min(std, default=0) <= 0:
        raise UsageError(f"normalization with mean {mean}, std {std}: as many of both, std above 0, all finite")
    return mean, std


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, Sequence) else (float(value),)


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
        return _unquantized(values, dtype)
    limits = np.iinfo(dtype)
    zero_point = spec.zero_point[0] if spec.zero_point else 0
    stored = np.rint(values / np.float32(spec.scale[0])) + zero_point
    clipped: Array = np.clip(stored, limits.min, limits.max).astype(dtype)
    return clipped


def _unquantized(values: Array, dtype: np.dtype[Any]) -> Array:
    """Whole numbers are rounded and clipped too: 255.6 is no byte."""
    if dtype.kind not in "iu" or values.dtype.kind in "iub":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
