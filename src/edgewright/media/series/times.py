"""Times of rows: what their columns are called, and what is written in them, in seconds."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

_UNIT = r"[ _]?[\[(]?(s|sec|ms|us|µs|ns)[\])]?"
# A bare "t" may be a temperature.
_NAME = re.compile(rf"(?:time|timestamp|datetime|date|seconds|t(?=[ _\[(]))(?:{_UNIT})?", re.IGNORECASE)
_SCALES = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
# Counts since 1970: of those in seconds, the first with twelve digits is in the year 5138.
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))


def time_unit(name: str) -> float | None:
    """What a number in a column of times stands for, in seconds; 0 where it is to be told from its size, else None.

    None also says that the name is none of a column of times.
    """
    found = _NAME.fullmatch(name.strip())
    if found is None:
        return None
    return _SCALES[found[1].lower()] if found[1] else 0.0


def seconds_per(unit: float, first: float) -> float:
    """What one in a column of times stands for, whose first number is this."""
    if unit:
        return unit
    return next((scale for least, scale in _EPOCHS if abs(first) >= least), 1.0)


def of_text(text: str) -> float | None:
    """Seconds since 1970 of a date and time in ISO 8601, without a zone in UTC; None where it is no such text."""
    if len(text) < 8 or text.isdecimal():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def of_numbers(values: npt.NDArray[Any], column: str, name: str) -> npt.NDArray[np.float64]:
    """An array of times in seconds. Raises `DataError` where one is missing or falls behind the one before."""
    dates = values.dtype.kind == "M"
    if not dates and values.dtype.kind not in "iuf":
        raise DataError(f"{name}: its column {column!r} has no times, but {values.dtype}")
    times = _of_dates(values) if dates else values.astype(np.float64)
    if len(times) and not (np.isfinite(times).all() and (np.diff(times) >= 0).all()):
        raise DataError(f"{name}: the times in its column {column!r} are missing somewhere, or fall behind")
    if dates:
        return times
    unit = time_unit(column) or 0.0
    return times * seconds_per(unit, float(times[0]) if len(times) and math.isfinite(times[0]) else 0.0)


def _of_dates(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Seconds since 1970, whatever the column is called; NaN where there is no date."""
    nanoseconds = values.astype("datetime64[ns]")
    return np.where(np.isnat(nanoseconds), np.nan, nanoseconds.astype(np.int64) * 1e-9)
