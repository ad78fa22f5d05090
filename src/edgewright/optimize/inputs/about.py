"""What a decoder has to know of a prepared sample besides its numbers, kept as plain values beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy.typing as npt

from edgewright.media import Placement, Prepared, ReadText, SeriesWindows, Windows

Array = npt.NDArray[Any]
Tensors = Array | Mapping[str | int, Array]


class About(NamedTuple):
    """Nothing of it is there for an array that goes in as it is.

    `placement` and `original` are of pictures, `text` is of texts, `spans` are the windows of sounds and series, in
    seconds; `series`: how many rows a series has, and how many of them are in no window.
    """

    placement: Placement | None = None
    original: tuple[int, int] | None = None
    spans: tuple[tuple[float, float], ...] | None = None
    series: tuple[int, int] | None = None
    text: ReadText | None = None

    @classmethod
    def of(cls, prepared: Prepared) -> About:
        """All of a prepared sample but its tensors."""
        windows = prepared.windows
        spans = None if windows is None else tuple((float(start), float(end)) for start, end in windows.spans)
        series = (windows.rows, windows.left_out) if isinstance(windows, SeriesWindows) else None
        return cls(prepared.placement, prepared.original, spans, series, prepared.text)

    @property
    def rows(self) -> int:
        """How often the model runs for the sample."""
        return 1 if self.spans is None else len(self.spans)

    def prepared(self, tensors: Callable[[int], Tensors], real: Callable[[int], Array]) -> Prepared:
        """The sample again: `tensors` makes what an engine takes of a row of it, `real` gives that row's numbers."""
        windows: Windows | None = None
        if self.spans is not None and self.series is not None:
            windows = SeriesWindows(self.spans, tensors, real, *self.series)
        elif self.spans is not None:
            windows = Windows(self.spans, tensors)
        return Prepared(tensors(0), self.placement, self.original, windows, self.text)

    def to_plain(self) -> list[Any]:
        """Lists and numbers, for JSON."""
        place = None if self.placement is None else [self.placement.size, self.placement.box, self.placement.region]
        return [place, self.original, self.spans, self.series, self.text]

    @classmethod
    def of_plain(cls, plain: Sequence[Any]) -> About:
        """Read what `to_plain` gave. Raises `TypeError` or `ValueError` for anything else."""
        place, original, spans, series, text = plain
        return cls(
            None if place is None else Placement(tuple(place[0]), tuple(place[1]), tuple(place[2])),
            None if original is None else (int(original[0]), int(original[1])),
            None if spans is None else tuple((float(start), float(end)) for start, end in spans),
            None if series is None else (int(series[0]), int(series[1])),
            None if text is None else ReadText(*text),
        )
