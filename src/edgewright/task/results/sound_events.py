"""What is heard in one sound: scores for each of its windows, and the events that neighboring windows join into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import count, line_of
from edgewright.spelling import either
from edgewright.task.joining import runs
from edgewright.task.result import Observation, in_one_line
from edgewright.task.results.timed_event import TimedEvent

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import SoundSource
    from edgewright.report import Table
    from edgewright.task.numbers.scores import Scores

TOP = 10
_NEAREST = 3


@dataclass(frozen=True, eq=False)
class SoundWindow(Sequence[Observation]):
    """What a model says of one window: all classes, the highest score first; `start_s` and `end_s` in seconds."""

    start_s: float
    end_s: float
    scores: Scores = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        return np.argsort(-self.scores, kind="stable")

    def _class(self, index: int) -> Observation:
        return Observation(self.labels[index], float(self.scores[index]), index, span=(self.start_s, self.end_s))

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, place: int) -> Observation: ...
    @overload
    def __getitem__(self, place: slice) -> list[Observation]: ...
    def __getitem__(self, place: int | slice) -> Observation | list[Observation]:
        """The class at a place of the ranking: 0 is the best."""
        if isinstance(place, slice):
            return [self._class(int(index)) for index in self._order[place]]
        return self._class(int(self._order[place]))

    def observations(self) -> Sequence[Observation]:
        """All classes, the best first."""
        return self

    def __repr__(self) -> str:
        return line_of(
            self, f"{self.start_s:.2f} to {self.end_s:.2f} s", *(f"{best.label} {best.score:.2f}" for best in self[:3])
        )


@dataclass(frozen=True, eq=False)
class SoundEvents(Sequence[TimedEvent]):
    """What is heard in one sound: a sequence of its events, by their start.

    `scores` (windows, classes) float32; `spans` (windows, 2) float64, start and end of each window in seconds. An event
    is a class whose score is at least `threshold` in neighboring windows: from the start of the first of them to the
    end of the last.

    >>> heard = ew.load("sounds.tflite")("speech.wav")
    >>> heard[0].label, heard[0].start_s
    ('Speech', 0.0)
    """

    scores: Scores = field(repr=False)
    spans: npt.NDArray[np.float64] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    threshold: float

    @property
    def seconds(self) -> float:
        """How long the sound is."""
        return float(self.spans[-1, 1])

    @cached_property
    def windows(self) -> tuple[SoundWindow, ...]:
        """All windows in their order."""
        rows = zip(self.spans.tolist(), self.scores, strict=True)
        return tuple(SoundWindow(start, end, scores, self.labels) for (start, end), scores in rows)

    @cached_property
    def events(self) -> tuple[TimedEvent, ...]:
        """All events by their start; of those that start together the surest first."""
        found = [event for index in self._heard() for event in self._of_class(index)]
        return tuple(sorted(found, key=lambda event: (event.start_s, -event.score)))

    def _heard(self) -> list[int]:
        found: list[int] = np.flatnonzero((self.scores >= self.threshold).any(axis=0)).tolist()
        return found

    def _of_class(self, index: int) -> list[TimedEvent]:
        scores = self.scores[:, index]
        return [
            TimedEvent(
                self.labels[index],
                index,
                float(scores[first:behind].max()),
                float(self.spans[first, 0]),
                float(self.spans[behind - 1, 1]),
            )
            for first, behind in runs(scores >= self.threshold)
        ]

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, place: int) -> TimedEvent: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[TimedEvent, ...]: ...
    def __getitem__(self, place: int | slice) -> TimedEvent | tuple[TimedEvent, ...]:
        """The event at a place in time: 0 is the earliest."""
        return self.events[place]

    @cached_property
    def _best(self) -> list[TimedEvent]:
        return sorted(self.events, key=lambda event: -event.score)

    def observations(self) -> list[Observation]:
        """All events, the surest first, each with its span in seconds."""
        return [event.observation() for event in self._best]

    def top(self, k: int = TOP) -> list[Observation]:
        """The `k` classes that are heard most surely, each by its surest event."""
        best: dict[int, TimedEvent] = {}
        for event in self._best:
            best.setdefault(event.index, event)
        return [event.observation() for event in list(best.values())[:k]]

    def _shown(self, limit: int | None) -> list[TimedEvent]:
        """The surest events by their start."""
        return sorted(self._best[: limit or TOP], key=lambda event: (event.start_s, -event.score))

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values: the surest events by their start, and the best classes of every window."""
        windows = [
            {"start_s": window.start_s, "end_s": window.end_s, "top": [_bare(best) for best in window[: limit or TOP]]}
            for window in self.windows
        ]
        return {
            "kind": "audio-classification",
            "seconds": self.seconds,
            "threshold": self.threshold,
            "events": [event.observation().to_dict() for event in self._shown(limit)],
            "windows": windows,
        }

    def table(self, limit: int | None = None) -> Table:
        """The surest events by their start."""
        from edgewright.report import Column, Sheet, Table, bar, numbers

        shown = self._shown(limit)
        rank = {id(event): place for place, event in enumerate(self._best, 1)}
        rows = [
            (
                numbers.clock(event.start_s),
                numbers.clock(event.end_s),
                event.label,
                f"{event.score:.3f}",
                bar(event.score),
            )
            for event in shown
        ]
        values = [
            (rank[id(event)], event.index, event.label, event.score, event.start_s, event.end_s) for event in shown
        ]
        header = ("rank", "index", "label", "score", "start_s", "end_s")
        columns = (
            Column("from", "right"),
            Column("to", "right"),
            Column("heard"),
            Column("score", "right"),
            Column(""),
        )
        return Table("", columns, rows, self._note(len(shown)), sheet=Sheet(header, values))

    def _note(self, shown: int) -> str:
        from edgewright.report import numbers

        if not self.events:
            nearest = SoundWindow(0.0, self.seconds, self.scores.max(axis=0), self.labels)[:_NEAREST]
            most = "; ".join(f"{best.label} {numbers.score(best.score)}" for best in nearest)
            return f"Nothing reaches the threshold of {self.threshold:g}. Nearest: {most}."
        left = len(self.events) - shown
        every = either(python=f"table({len(self.events)})", command=f"--top {len(self.events)}")
        return f"{left:,} more, less sure: {every}." if left else ""

    def draw(self, picture: SoundSource) -> Image:
        """The loudness of the sound, given again, over time, and below it a bar for each event: a PIL image in RGB."""
        from edgewright.media import draw_timeline

        names = list(dict.fromkeys(event.label for event in self._best))[:TOP]
        bars = [(event.label, event.start_s, event.end_s, event.score) for event in self if event.label in names]
        return draw_timeline(picture, self.seconds, bars)

    def files_of(self, source: SoundSource) -> dict[str, bytes]:
        """The timeline as a PNG."""
        import io

        drawn = io.BytesIO()
        self.draw(source).save(drawn, "PNG")
        return {".png": drawn.getvalue()}

    def _repr_html_(self) -> str:
        return str(self.table().to_html())

    def __str__(self) -> str:
        return "; ".join(f"{best.label} {best.score:.2f}" for best in self.top()) or "nothing"

    def __repr__(self) -> str:
        return line_of(
            self, f"{count(len(self), 'event')} in {count(len(self.spans), 'window')}: {in_one_line(self, 3)}"
        )


def _bare(observation: Observation) -> dict[str, Any]:
    """Without the span, which is that of the window."""
    return {"label": observation.label, "score": observation.score, "index": observation.index}
