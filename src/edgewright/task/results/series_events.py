"""What happens in one series: scores for each of its windows, and the events that neighboring windows join into."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import count, line_of
from edgewright.errors import UsageError
from edgewright.spelling import either
from edgewright.task.joining import runs
from edgewright.task.result import Observation, in_one_line
from edgewright.task.results.timed_event import TimedEvent

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table

TOP = 10

ANOMALY = "anomaly"

MOST_WINDOWS = 10_000
"""More windows than this are not written out as JSON, but counted; `-o` of `run` and `windows` have them all."""

# The clock's rounding does not part two windows that lie beside each other.
_TOUCHING_S = 1e-6


@dataclass(frozen=True, eq=False)
class SeriesEvents(Sequence[TimedEvent]):
    """What happens in one series: a sequence of its events, by their start.

    `scores` (windows, classes) float32; `spans` (windows, 2) float64, start and end of each window in seconds from the
    first row. `meaning` is "classes", one score for each label, or "anomaly": how far a window is from what the model
    knows as normal, with no upper end. An event is a class whose score is at least `threshold`, or an anomaly whose
    score is above it, in windows that touch or overlap. Without a threshold there are none. `rows` is the length of the
    series, `left_out` how many of them are in no window, since a value is missing or a gap is near.

    >>> events = ew.load("vibration.tflite", threshold=0.05)("broken.csv")
    >>> [(event.label, event.start_s) for event in events]
    [('anomaly', 9.8)]
    """

    scores: npt.NDArray[np.float32] = field(repr=False)
    spans: npt.NDArray[np.float64] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    threshold: float | None
    meaning: Literal["classes", "anomaly"] = "classes"
    rows: int = 0
    left_out: int = 0

    @property
    def seconds(self) -> float:
        """How long the series is, to the end of its last window."""
        return float(self.spans[-1, 1])

    @cached_property
    def windows(self) -> list[TimedEvent]:
        """Each window in its order, with its highest score."""
        best = self.scores.argmax(axis=1)
        return [self._event(index, place, place + 1) for place, index in enumerate(best.tolist())]

    @cached_property
    def events(self) -> tuple[TimedEvent, ...]:
        """All events by their start; of those that start together the surest first."""
        return tuple(sorted(self._found(), key=lambda event: (event.start_s, -event.score)))

    def _found(self) -> Iterator[TimedEvent]:
        if self.threshold is None:
            return
        wanted = self.scores > self.threshold if self.meaning == ANOMALY else self.scores >= self.threshold
        touching = np.concatenate([[False], self.spans[1:, 0] <= self.spans[:-1, 1] + _TOUCHING_S])
        for index in np.flatnonzero(wanted.any(axis=0)).tolist():
            for first, behind in runs(wanted[:, index], touching):
                yield self._event(index, first, behind)

    def _event(self, index: int, first: int, behind: int) -> TimedEvent:
        score = float(self.scores[first:behind, index].max())
        return TimedEvent(
            self.labels[index], index, score, float(self.spans[first, 0]), float(self.spans[behind - 1, 1])
        )

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, place: int) -> TimedEvent: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[TimedEvent, ...]: ...
    def __getitem__(self, place: int | slice) -> TimedEvent | tuple[TimedEvent, ...]:
        """The event at a place in time: 0 is the earliest."""
        return self.events[place]

    def observations(self) -> list[Observation]:
        """All events, the highest score first, each with its span in seconds."""
        return [event.observation() for event in sorted(self.events, key=lambda event: -event.score)]

    def _shown(self, limit: int | None) -> list[TimedEvent]:
        """The events with the highest scores, by their start; without a threshold the windows with the highest."""
        among = self.windows if self.threshold is None else self.events
        best = sorted(among, key=lambda event: -event.score)[: limit or TOP]
        return sorted(best, key=lambda event: (event.start_s, -event.score))

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values: the events with the highest scores, by their start, and every window's highest score."""
        events = [] if self.threshold is None else self._shown(limit)
        return {
            "kind": "series",
            "meaning": self.meaning,
            "seconds": self.seconds,
            "rows": self.rows,
            "rows_left_out": self.left_out,
            "threshold": self.threshold,
            "events": [event.observation().to_dict() for event in events],
            "window_count": len(self.scores),
            "windows": [_plain(window) for window in self.windows] if len(self.scores) <= MOST_WINDOWS else None,
        }

    def table(self, limit: int | None = None) -> Table:
        """The events with the highest scores, by their start."""
        from edgewright.report import Column, Sheet, Table

        shown = self._shown(limit)
        rows = [(f"{event.start_s:.2f}", f"{event.end_s:.2f}", event.label, f"{event.score:.4g}") for event in shown]
        ranks = {id(one): rank for rank, one in enumerate(sorted(shown, key=lambda event: -event.score), 1)}
        values = [
            (ranks[id(event)], event.index, event.label, event.score, event.start_s, event.end_s) for event in shown
        ]
        header = ("rank", "index", "label", "score", "start_s", "end_s")
        seconds = (Column("from", "right", unit="s"), Column("to", "right", unit="s"))
        columns = (*seconds, Column("event" if self.threshold is not None else "window"), Column("score", "right"))
        return Table("", columns, rows, self._note(len(shown)), sheet=Sheet(header, values))

    def _note(self, shown: int) -> str:
        left = f" {self.left_out:,} of {self.rows:,} rows are in no window: a gap is near." if self.left_out else ""
        return (self._count(shown) + left).strip()

    def _count(self, shown: int) -> str:
        windows = f"{len(self.scores):,} windows" if len(self.scores) != 1 else "1 window"
        if self.threshold is None:
            fit = either(python="fit_threshold()", command="--fit-threshold")
            return f"The highest of {windows}. What is an anomaly says a threshold: fit one with {fit}."
        reaches = "is above" if self.meaning == ANOMALY else "reaches"
        if not self.events:
            highest = max(self.windows, key=lambda one: one.score)
            return (
                f"Nothing in {windows} {reaches} {self.threshold:.4g}; the highest is {highest.label} "
                f"{highest.score:.4g} at {highest.start_s:.2f} s."
            )
        every = either(python=f"table({len(self.events)})", command=f"--top {len(self.events)}")
        more = f", {len(self.events) - shown:,} more with {every}" if len(self.events) > shown else ""
        return f"Whose score {reaches} {self.threshold:.4g} in {windows}{more}."

    def draw(self, picture: PictureSource) -> Image:
        """Raise `UsageError`: a series is no picture."""
        keeps = either(python="files_of() gives", command="-o FOLDER keeps")
        raise UsageError(f"a series is not drawn; {keeps} the scores of its windows as .csv")

    def files_of(self, source: Any) -> dict[str, bytes]:
        """What is saved of a series: its windows with their highest scores, as a table."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow(("start_s", "end_s", "label", "score"))
        writer.writerows(
            (f"{window.start_s:.6f}", f"{window.end_s:.6f}", window.label, f"{window.score:.9g}")
            for window in self.windows
        )
        return {".windows.csv": stream.getvalue().encode()}

    def _repr_html_(self) -> str:
        return str(self.table().to_html())

    def in_one_line(self, limit: int, first: Any) -> str:
        """The events with the highest scores."""
        shown = self._shown(limit)
        return "; ".join(_words(event) for event in shown) or self._count(0)

    def __str__(self) -> str:
        return self.in_one_line(TOP, self)

    def __repr__(self) -> str:
        return line_of(
            self, f"{count(len(self), 'event')} in {count(len(self.spans), 'window')}: {in_one_line(self, 3)}"
        )


def _plain(window: TimedEvent) -> dict[str, Any]:
    return {"start_s": window.start_s, "end_s": window.end_s, "label": window.label, "score": window.score}


def _words(event: TimedEvent) -> str:
    return f"{event.label} {event.score:.4g} from {event.start_s:.2f} to {event.end_s:.2f} s"
