"""A series as a value: named columns of numbers, one row for each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

# A time between two rows that is so many times the usual one is a gap: at least one row is missing.
GAP = 1.5
# Rows from which the usual time between two is worked out.
_LOOKED_AT = 100_000


@dataclass(frozen=True, eq=False)
class Series:
    """Rows of numbers.

    `values` (rows, columns) float32, NaN where one is missing; `columns` their names, empty where nobody named them;
    `times` (rows,) float64 in seconds, never falling, or None; `name` stands for the series in messages.
    """

    values: npt.NDArray[np.float32] = field(repr=False)
    columns: tuple[str, ...] = ()
    times: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    name: str = "<series>"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def rate(self) -> float | None:
        """Rows a second by the times, their usual distance; None where there are no times, or all are the same."""
        if self.times is None or len(self.times) < 2:
            return None
        step = float(np.median(np.diff(self.times[:_LOOKED_AT])))
        return 1 / step if step > 0 else None

    def chosen(self, wanted: Sequence[str]) -> Series:
        """The columns of these names, in their order. Raises `DataError` where one is missing."""
        if not wanted or tuple(wanted) == self.columns:
            return self
        places = places_of(wanted, self.columns, self.values.shape[1], self.name)
        return Series(self.values[:, places], tuple(wanted), self.times, self.name)

    def part(self, first: int, behind: int) -> Series:
        """The rows from `first` to the one before `behind`."""
        times = None if self.times is None else self.times[first:behind]
        name = f"{self.name}, rows {first + 1:,} to {behind:,}"
        return Series(self.values[first:behind], self.columns, times, name)

    def whole_rows(self) -> npt.NDArray[np.bool_]:
        """(rows,) whether all values of a row are there."""
        return np.asarray(np.isfinite(self.values).all(axis=1), np.bool_)

    def gaps(self) -> npt.NDArray[np.bool_]:
        """(rows,) whether rows are missing between a row and the one before."""
        found = np.zeros(len(self), bool)
        if self.times is not None and self.rate is not None:
            found[1:] = np.diff(self.times) * self.rate > GAP
        return found


def places_of(wanted: Sequence[str], there: Sequence[str], count: int, name: str) -> list[int]:
    """Where the wanted columns are among those that are there; without names there have to be as many.

    Large and small letters are the same where that is no question. Raises `DataError` for what is missing.
    """
    if not there:
        if count != len(wanted):
            raise DataError(
                f"{name}: {count} columns without names, and {len(wanted)} are wanted: {', '.join(wanted[:20])}. "
                "A first line can name them"
            )
        return list(range(count))
    names = list(there)
    if twice := [one for one in wanted if names.count(one) > 1]:
        raise DataError(f"{name}: two columns are called {', '.join(twice[:20])}")
    lower = [one.lower() for one in names]
    found = [_place(one, names, lower) for one in wanted]
    if missing := [one for one, place in zip(wanted, found, strict=True) if place is None]:
        raise DataError(f"{name}: there is no column {', '.join(missing[:20])}; it has {', '.join(names[:20])}")
    return [place for place in found if place is not None]


def _place(wanted: str, names: list[str], lower: list[str]) -> int | None:
    if wanted in names:
        return names.index(wanted)
    return lower.index(wanted.lower()) if lower.count(wanted.lower()) == 1 else None


def of_arrays(arrays: Any, name: str) -> Series:
    """A series of an array (rows, columns) or (rows,), or of one array of equal length for each column, by name.

    A column that is called as times are (`time_s`, `timestamp`, …) holds the times. Raises `DataError` for others.
    """
    if not isinstance(arrays, dict):
        return Series(_matrix(arrays, name), name=name)
    if len(arrays) == 1 and np.ndim(next(iter(arrays.values()))) == 2:
        return Series(_matrix(next(iter(arrays.values())), name), name=name)
    from edgewright.media.series.times import of_numbers, time_unit

    columns = {str(key): np.asarray(value) for key, value in arrays.items()}
    lengths = {array.shape for array in columns.values()}
    if len(lengths) != 1 or any(len(shape) != 1 for shape in lengths):
        raise DataError(
            f"{name}: each column is one row of numbers, all of one length; got the shapes {sorted(lengths)}"
        )
    timed = next((key for key in columns if time_unit(key) is not None), None)
    times = None if timed is None else of_numbers(columns.pop(timed), timed, name)
    matrix = _matrix(np.stack(list(columns.values()), axis=1), name) if columns else np.zeros((0, 0), np.float32)
    return Series(matrix, tuple(columns), times, name)


def _matrix(values: Any, name: str) -> npt.NDArray[np.float32]:
    array = np.asarray(values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise DataError(f"{name}: a series is numbers (rows, columns); got {array.dtype} of shape {list(array.shape)}")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)
