"""Joining a published training part and test part into one data set that remembers where the first one ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

Part = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def joined(parts: list[Part], name: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any], int | None]:
    """Join (x, y) of one part, or of a training part and a test part, into x, y and the number of training samples.

    Raises DataError when a part has not as many labels as inputs, or the parts are not alike.
    """
    for x, y in parts:
        if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
            raise DataError(
                f"{name}: inputs of shape {x.shape} but labels of shape {y.shape}. One label for each input"
            )
    (x, y), *rest = parts
    if not rest:
        return x, y, None
    (x_test, y_test) = rest[0]
    for what, a, b in (("inputs", x, x_test), ("labels", y, y_test)):
        if a.shape[1:] != b.shape[1:] or a.dtype != b.dtype:
            raise DataError(
                f"{name}: the {what} of train and test differ, {a.dtype} {a.shape} and {b.dtype} {b.shape}. "
                "Save them alike"
            )
    return np.concatenate([x, x_test]), np.concatenate([y, y_test]), len(x)
