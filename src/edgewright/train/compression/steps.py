"""How large the steps of rounded weights should be at first: those that change the weights least."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Shares of the largest weight that are tried as the largest number that is kept.
_SHARES = np.linspace(0.2, 1.0, 41)
_ALL_KEPT = 127  # with so many steps on a side nothing is gained by cutting weights off
_LEAST = 1e-3  # of the largest step of a layer: an output whose weights are all 0 has a step too


def best_steps(weights: Array, most: int, axis: int | None) -> npt.NDArray[np.float32]:
    """Steps of least squared error for weights rounded to -`most` to `most` of them.

    `axis`: that of the outputs, each of which gets a step: (outputs,); None for one step for all: ().
    """
    rows = weights.reshape(1, -1) if axis is None else np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)
    rows = rows.astype(np.float64)
    largest = np.abs(rows).max(axis=1)
    steps = largest / most
    if most < _ALL_KEPT:
        tried = [np.maximum(largest * share / most, np.finfo(np.float32).tiny) for share in _SHARES]
        errors = [_error(rows, one, most) for one in tried]
        steps = np.stack(tried)[np.argmin(errors, axis=0), np.arange(len(rows))]
    steps = np.maximum(steps, max(float(steps.max()) * _LEAST, 1e-12))
    return np.asarray(steps[0] if axis is None else steps, np.float32)


def _error(rows: Array, steps: Array, most: int) -> Array:
    rounded = np.clip(np.rint(rows / steps[:, None]), -most, most) * steps[:, None]
    return np.asarray(((rows - rounded) ** 2).sum(axis=1))
