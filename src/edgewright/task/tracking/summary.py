"""What became of each thing that was followed: from when to when it was there, and its best sight."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from edgewright.report import Column, Table, numbers
from edgewright.task.result import Observation
from edgewright.task.tracking.following import Seen, seconds_of, things_of


@dataclasses.dataclass
class TrackSummary:
    """One track: its `number` and `label`, from when to when in seconds, in how many frames, and its best sight.

    `begin`, `end` and `best_at` are None where no times are known.
    """

    number: int
    best: Observation
    best_at: float | None
    begin: float | None
    end: float | None = None
    frames: int = 0

    @property
    def label(self) -> str:
        """That of the best sight."""
        return self.best.label

    def see(self, thing: Observation, seconds: float | None) -> None:
        """One more sight of it."""
        self.end, self.frames = seconds, self.frames + 1
        if thing.score > self.best.score:
            self.best, self.best_at = thing, seconds

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        best: dict[str, Any] = {"score": self.best.score, "seconds": self.best_at}
        if self.best.box is not None:
            best["box"] = list(self.best.box.xyxy)
        known = {"track": self.number, "label": self.label, "from": self.begin, "to": self.end}
        return known | {"frames": self.frames, "best": best}


class TrackTable:
    """All tracks that were seen, in the order of their numbers; iterating gives a `TrackSummary` of each."""

    def __init__(self) -> None:
        self._all: dict[int, TrackSummary] = {}

    def __iter__(self) -> Iterator[TrackSummary]:
        return iter([track for _, track in sorted(self._all.items())])

    def __len__(self) -> int:
        return len(self._all)

    def added(self, answers: Iterable[Seen]) -> Iterator[Seen]:
        """The same answers; what they show is added."""
        for answer in answers:
            seconds = seconds_of(answer)
            for thing in things_of(answer):
                if thing.track is not None:
                    track = self._all.setdefault(thing.track, TrackSummary(thing.track, thing, seconds, seconds))
                    track.see(thing, seconds)
            yield answer

    def to_list(self) -> list[dict[str, Any]]:
        """Plain values of each."""
        return [track.to_dict() for track in self]

    def table(self, title: str = "") -> Table:
        """For people."""
        rows = [
            (
                track.number, track.label, _clock(track.begin), _clock(track.end), track.frames,
                numbers.score(track.best.score),
            )
            for track in self
        ]  # fmt: skip
        headings = ("track", "label", "from", "to", "frames", "best score")
        columns = [Column(heading, "left" if heading == "label" else "right") for heading in headings]
        return Table(title, columns, rows, "" if rows else "Nothing was seen often enough to be followed.")


def _clock(seconds: float | None) -> str | None:
    return None if seconds is None else numbers.clock(seconds)
