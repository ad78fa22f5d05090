"""Windows of a series whose rows come bit by bit and may never end: the same as those of a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.series.preparation import SeriesPreparation, hop_rows, same_rate
from edgewright.media.series.rows import Rows
from edgewright.media.series.series import GAP, Series

# From so many rows the rate is told where the model does not say one, and compared with it where it does.
_RATED = 20

Values = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]


class CutRows(NamedTuple):
    """A window: the place of its first row, counted from the start; `values` (window, columns); its rows' times."""

    first: int
    values: Values
    times: Times | None


class SeriesCutter:
    """Cuts one series into the windows of a model; it holds one of them and what came last. Not for two threads.

    No window reaches over a missing value, or over rows that are missing by their times.
    """

    def __init__(self, preparation: SeriesPreparation, name: str) -> None:
        """`name` stands for the series in messages; raises `UsageError` where the input does not fit series."""
        self._preparation = preparation
        self._name = name
        self._layout = preparation.layout
        self._waiting: list[Rows] = []
        self._rate = preparation.described.rate
        self._is_rated = False
        self._count = 0  # rows so far
        self._last_s: float | None = None
        self._stretch = _Stretch(self._layout.window, self._hop() if self._rate else 1, 0, self._layout.columns)

    @property
    def rate(self) -> float | None:
        """Rows a second, once it is known."""
        return self._rate

    def feed(self, rows: Rows) -> Iterator[CutRows]:
        """The windows that rows complete. Raises `DataError` where their times show another rate than the model's."""
        if rows.times is None and self._rate is None:
            raise DataError(
                f"{self._name}: nobody says how many rows a second there are. Write it into the model's file, as in "
                "edgewright convert MODEL --rate 50, or send a column of times"
            )
        if self._is_rated or (rows.times is None and not self._waiting):
            yield from self._cut(rows)
            return
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _RATED:
            yield from self._cut_waiting()

    def finish(self) -> Iterator[CutRows]:
        """What is left at the end: a last window that ends with the last row."""
        if self._waiting:
            yield from self._cut_waiting()
        yield from self._stretch.finish()

    def _cut_waiting(self) -> Iterator[CutRows]:
        waiting, self._waiting = self._waiting, []
        self._rate_by(np.concatenate([_or_nan(rows.times, len(rows)) for rows in waiting]))
        for rows in waiting:
            yield from self._cut(rows)

    def _rate_by(self, times: Times) -> None:
        """Tell the rate by the usual time between two rows, and compare it with the model's."""
        self._is_rated = True
        steps = np.diff(times)
        step = float(np.median(steps[steps >= 0])) if (steps >= 0).any() else 0.0
        said, own = self._rate, 1 / step if step > 0 else None
        if said is None and own is None:
            raise DataError(f"{self._name}: its times do not show how many rows a second there are")
        if said is not None and own is not None and not same_rate(own, said):
            raise DataError(f"{self._name}: by its times it has {own:.4g} rows a second, and the model takes {said:g}")
        if said is None:
            self._rate = own
            self._stretch.hop = self._hop()

    def _hop(self) -> int:
        return hop_rows(self._preparation.hop, self._layout.window, self._rate or 1.0)

    def _cut(self, rows: Rows) -> Iterator[CutRows]:
        whole = Series(rows.values).whole_rows()
        breaks = np.logical_not(whole) | self._gaps(rows.times, len(rows))
        begin = 0
        for place in [*np.flatnonzero(breaks).tolist(), len(rows)]:
            yield from self._stretch.feed(rows.values[begin:place], _part(rows.times, begin, place))
            if place == len(rows):
                break
            yield from self._stretch.finish()
            begin = place + (not whole[place])
            self._stretch = self._stretch.after(self._count + begin)
        self._count += len(rows)

    def _gaps(self, times: Times | None, count: int) -> npt.NDArray[np.bool_]:
        """(count,) whether rows are missing before a row, or its clock was put back."""
        if times is None or self._rate is None:
            self._last_s = None
            return np.zeros(count, bool)
        before, self._last_s = times[0] if self._last_s is None else self._last_s, float(times[-1])
        steps = np.diff(times, prepend=before)
        return np.asarray((steps * self._rate > GAP) | (steps < 0), np.bool_)


class _Stretch:
    """Rows without a gap between them."""

    def __init__(self, window: int, hop: int, first: int, columns: int) -> None:
        """`first` is the place of its first row in the series."""
        self.hop = hop
        self._window = window
        self._first = self._next = first
        self._values = np.zeros((0, columns), np.float32)
        self._times: Times = np.zeros(0)  # NaN of rows that say none

    def after(self, first: int) -> _Stretch:
        """The next one."""
        return _Stretch(self._window, self.hop, first, self._values.shape[1])

    def feed(self, values: Values, times: Times | None) -> Iterator[CutRows]:
        self._values = np.concatenate([self._values, values])
        self._times = np.concatenate([self._times, _or_nan(times, len(values))])
        while self._next + self._window <= self._first + len(self._values):
            yield self._at(self._next)
            self._next += self.hop
        # What the next window, or a last one that ends with the last row, may still need.
        passed = max(min(self._next - self._first, len(self._values) - self._window), 0)
        self._values, self._first = self._values[passed:].copy(), self._first + passed
        self._times = self._times[passed:].copy()

    def finish(self) -> Iterator[CutRows]:
        """A last window, where rows are left that no other has."""
        end = self._first + len(self._values)
        if len(self._values) >= self._window and end > self._next - self.hop + self._window:
            yield self._at(end - self._window)

    def _at(self, first: int) -> CutRows:
        place = first - self._first
        window = slice(place, place + self._window)
        values, times = self._values[window].copy(), self._times[window].copy()
        return CutRows(first, values, None if np.isnan(times).any() else times)


def _part(times: Times | None, begin: int, end: int) -> Times | None:
    return None if times is None else times[begin:end]


def _or_nan(times: Times | None, count: int) -> Times:
    """The times of so many rows, NaN where they say none."""
    return np.full(count, np.nan) if times is None else times
