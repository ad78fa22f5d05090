"""Any array as the numbers that an input stores: real ones quantized, its own taken as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media import array_of, quantize
from edgewright.model import TensorSpec

Array = npt.NDArray[Any]

_KINDS = {"b": "truth values", "i": "whole numbers", "u": "whole numbers", "f": "real numbers", "c": "complex numbers"}


def stored(value: Any, spec: TensorSpec, where: str) -> Array:
    """The array in the input's own type; `where` begins what is said of one that does not fit.

    Lists hold real numbers. Raises `DataError` where the numbers cannot be those of the type: fractions for whole
    numbers, numbers beyond its range, NaN for an input that is quantized.
    """
    array = array_of(value, where)
    if spec.dtype == "string":
        return _texts(array, where)
    wanted = _dtype(spec, where)
    if array.dtype.kind not in "biufc":
        raise DataError(f"{where} takes {spec.dtype}, got {_words(array)}")
    if array.dtype == wanted:
        return np.asarray(array, order="C")  # `ascontiguousarray` would make a row of a scalar
    if spec.quantized:
        return _quantized(array, spec, where)
    return _converted(array, wanted, where)


def _dtype(spec: TensorSpec, where: str) -> np.dtype[Any]:
    try:
        return np.dtype(spec.dtype)
    except TypeError:
        raise DataError(f"{where} stores {spec.dtype}, which NumPy has no type for") from None


def _texts(array: Array, where: str) -> Array:
    if array.dtype.kind == "U":
        return np.array([text.encode() for text in array.reshape(-1).tolist()], object).reshape(array.shape)
    if array.dtype.kind == "S":
        return array.astype(object)
    raise DataError(f"{where} takes texts, got {_words(array)}")


def _quantized(array: Array, spec: TensorSpec, where: str) -> Array:
    if array.dtype.kind != "f":
        raise DataError(
            f"{where} stores {spec.dtype}, got {array.dtype}: give real numbers (float32), which are quantized, or "
            f"stored ones ({spec.dtype})"
        )
    if len(spec.scale) != 1:
        raise DataError(f"{where} is quantized with {len(spec.scale)} scales. Give stored numbers ({spec.dtype})")
    if not np.isfinite(array).all():
        raise DataError(f"{where} is quantized, and NaN or infinity has no stored number")
    return quantize(array, spec)


def _converted(array: Array, wanted: np.dtype[Any], where: str) -> Array:
    """Numbers in another type that holds them: a float gets the nearest one, all others the same."""
    if np.can_cast(array.dtype, wanted, "same_kind") and wanted.kind in "fc":
        return _float(array, wanted, where)
    with np.errstate(invalid="ignore", over="ignore"):
        converted = array.astype(wanted) if array.dtype.kind != "c" else None
    if converted is None or not np.array_equal(converted, array):
        raise DataError(f"{where} takes {wanted}, got {array.dtype} with numbers that are none of those")
    return converted


def _float(array: Array, wanted: np.dtype[Any], where: str) -> Array:
    with np.errstate(over="ignore"):
        converted = array.astype(wanted)
    if np.isinf(converted).sum() != (np.isinf(array).sum() if array.dtype.kind in "fc" else 0):
        raise DataError(f"{where} takes {wanted}, got {array.dtype} with numbers beyond its range")
    return converted


def _words(array: Array) -> str:
    return _KINDS.get(array.dtype.kind, "texts" if array.dtype.kind in "US" else str(array.dtype))
