"""Windows of a series: where they lie, so that none reaches over a gap or a missing value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from edgewright.media.series.series import Series


def window_starts(series: Series, window: int, hop: int) -> npt.NDArray[np.int64]:
    """First rows of the windows of a series, rising.

    In each stretch of rows without a gap one begins at the first row and every `hop` rows after that, and a last one
    ends with the last row. Stretches that are shorter than a window have none.
    """
    begins, ends = _stretches(series)
    long = ends - begins >= window
    parts = [
        _starts(begin, end, window, hop) for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _stretches(series: Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First row of each stretch, and the row behind its last one."""
    whole, gaps = series.whole_rows(), series.gaps()
    before = np.concatenate([[False], whole[:-1]]) if len(whole) else whole
    begins = np.flatnonzero(whole & (~before | gaps))
    behind = np.concatenate([whole[1:] & ~gaps[1:], [False]]) if len(whole) else whole
    return begins, np.flatnonzero(whole & ~behind) + 1


def _starts(begin: int, end: int, window: int, hop: int) -> npt.NDArray[np.int64]:
    starts = np.arange(begin, end - window + 1, hop, dtype=np.int64)
    last = end - window
    return starts if starts[-1] == last else np.append(starts, last)


def rows_in_none(starts: npt.NDArray[np.int64], window: int, rows: int) -> int:
    """How many rows lie in no window."""
    covered = np.zeros(rows + 1, np.int64)
    np.add.at(covered, starts, 1)
    np.add.at(covered, starts + window, -1)
    return int((np.cumsum(covered)[:rows] == 0).sum())


class Spans(Sequence[tuple[float, float]]):
    """Start and end of windows, in seconds from the first row; an array behind the face of a sequence."""

    def __init__(self, seconds: npt.NDArray[np.float64]) -> None:
        """`seconds` (windows, 2)."""
        self.seconds = seconds

    def __len__(self) -> int:
        return len(self.seconds)

    @overload
    def __getitem__(self, place: int) -> tuple[float, float]: ...
    @overload
    def __getitem__(self, place: slice) -> list[tuple[float, float]]: ...
    def __getitem__(self, place: int | slice) -> tuple[float, float] | list[tuple[float, float]]:
        """The span of one window, or of some."""
        if isinstance(place, slice):
            return [(start, end) for start, end in self.seconds[place].tolist()]
        start, end = self.seconds[place].tolist()
        return start, end


def spans_of(series: Series, starts: npt.NDArray[np.int64], window: int, rate: float) -> Spans:
    """Start and end of each window: by the times of its first and last row, else by the rate."""
    if series.times is None:
        return Spans(np.stack([starts / rate, (starts + window) / rate], axis=1))
    since = series.times - series.times[0]
    return Spans(np.stack([since[starts], since[starts + window - 1] + 1 / rate], axis=1))
