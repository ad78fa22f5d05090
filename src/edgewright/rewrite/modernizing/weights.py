"""uint8 weights with one zero point as int8 weights without one: exact where a channel's range allows it.

A stored weight w stands for scale * (w - zero_point), and w - zero_point needs nine bits at worst. The kernels for int8
take -127 to 127 (https://ai.google.dev/edge/litert/models/quantization_spec). A channel inside of that keeps its
numbers; another one gets a coarser scale of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import TensorSpec
from edgewright.rewrite.modernizing.rules import zero_point_of

Array = npt.NDArray[Any]

LIMIT = 127


@dataclass(frozen=True)
class SignedWeights:
    """Weights in int8, of the shape they had; `scales` (channels,) float32; `fits` (channels,) bool: kept exactly."""

    values: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    fits: npt.NDArray[np.bool_]


def fitting(stored: memoryview, spec: TensorSpec, axis: int) -> npt.NDArray[np.bool_]:
    """(channels,) bool: which channels along `axis` fit as they are."""
    return _largest(centered(stored, spec), axis) <= LIMIT


def signed(stored: memoryview, spec: TensorSpec, axis: int) -> SignedWeights:
    """Signed symmetric weights with a scale for each channel along `axis`."""
    weights = centered(stored, spec)
    steps = np.maximum(_largest(weights, axis) / LIMIT, 1.0)
    shape = [-1 if place == axis else 1 for place in range(weights.ndim)]
    values = np.rint(weights / steps.reshape(shape)).astype(np.int8)
    return SignedWeights(values, (steps * spec.scale[0]).astype(np.float32), steps == 1)


def rescaled_bias(stored: memoryview, scale: float, scales: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """The bias beside weights whose scale went from `scale` to `scales`; unchanged where that is the same."""
    return np.rint(np.frombuffer(stored, "<i4") * (np.float64(scale) / scales)).astype("<i4")


def centered(stored: memoryview, spec: TensorSpec) -> npt.NDArray[np.int16]:
    """Stored uint8 weights counted from their zero point."""
    return np.frombuffer(stored, np.uint8).reshape(spec.shape).astype(np.int16) - np.int16(zero_point_of(spec))


def _largest(weights: npt.NDArray[np.int16], axis: int) -> Array:
    others = tuple(place for place in range(weights.ndim) if place != axis)
    return np.asarray(np.abs(weights).max(axis=others, initial=0))
