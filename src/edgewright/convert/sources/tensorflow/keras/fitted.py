"""What the inputs of a Keras model are like, as far as its first layers were fitted to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgewright.convert.representative import Array

# Where layers keep the mean and the variance of what they have seen, and along which axis where that is told.
_STATISTICS = (("mean", "variance"), ("moving_mean", "moving_variance"))


def fitted(layers: Sequence[Any], tensors: Sequence[Any], names: Sequence[str]) -> dict[str, tuple[Array, Array]]:
    """Mean and deviation of each input that goes right into a `Normalization` or a `BatchNormalization`, by name."""
    place = {id(tensor): name for tensor, name in zip(tensors, names, strict=True)}
    found: dict[str, tuple[Array, Array]] = {}
    for layer in layers:
        statistics = _statistics(layer)
        for tensor in [tensor for tensor in _taken(layer) if id(tensor) in place and statistics]:
            shape = [size or 1 for size in tensor.shape]
            spread = [_spread(values, shape, getattr(layer, "axis", -1)) for values in statistics or ()]
            fitting = [array for array in spread if array is not None]
            if len(fitting) == len(_STATISTICS[0]):
                found[place[id(tensor)]] = fitting[0], np.sqrt(fitting[1])
    return found


def _taken(layer: Any) -> Iterator[Any]:
    for node in getattr(layer, "_inbound_nodes", ()):
        yield from getattr(node, "input_tensors", ()) or ()


def _statistics(layer: Any) -> tuple[Array, Array] | None:
    for names in _STATISTICS:
        values = [getattr(layer, name, None) for name in names]
        if all(value is not None and hasattr(value, "shape") for value in values):
            return np.asarray(values[0]), np.asarray(values[1])
    return None


def _spread(values: Array, shape: Sequence[int], axis: Any) -> Array | None:
    """Statistics of one axis, or of the whole input, in a shape that goes over it; `None` where they do not fit."""
    wanted = [1] * len(shape)
    if isinstance(axis, int) and values.size == shape[axis]:
        wanted[axis] = values.size
    elif values.size != 1 and values.ndim != len(shape):
        return None
    else:
        wanted = list(values.shape) if values.ndim == len(shape) else wanted
    return values.reshape(wanted)
