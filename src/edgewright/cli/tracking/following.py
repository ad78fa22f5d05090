"""The frames of one video, in their order, with the numbers of the tracks; and what became of each track."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from edgewright.cli.inputs.finding import is_video
from edgewright.report import Column, Table, numbers
from edgewright.task import Answer, Observation, Result, Tracker, with_tracks

Outcome = Answer[Any, Result]

_HIGH = 0.5


def refuse_all_but_a_video(inputs: tuple[str, ...]) -> None:
    """Raises `click.UsageError` for anything but one video file."""
    if len(inputs) != 1 or not is_video(Path(inputs[0])):
        raise click.UsageError("--track goes with one video file")


def tracker_for(threshold: object) -> Tracker:
    """A tracker; one that begins a track with whatever is found, where little is asked of that."""
    high = min(threshold, _HIGH) if isinstance(threshold, float) else _HIGH
    return Tracker(high=high, low=min(0.1, high), mixed=True)


def followed(outcomes: Iterable[Outcome], tracker: Tracker) -> Iterator[Outcome]:
    """The outcomes, in their order, with the numbers of the tracks."""
    for outcome in outcomes:
        if outcome.result is None:
            yield outcome
        else:
            result = with_tracks(outcome.result, tracker, position_of(outcome).get("seconds"))
            yield dataclasses.replace(outcome, result=result)


def position_of(outcome: Outcome) -> dict[str, Any]:
    """Number and seconds of the frame."""
    position: dict[str, Any] = getattr(outcome.input, "position", {})
    return position


def things_of(outcome: Outcome) -> list[Observation]:
    """What was found in the frame."""
    return [] if outcome.result is None else list(outcome.result.observations())


@dataclasses.dataclass
class Track:
    """One track: its number and label, from when to when in seconds, in how many frames, and its best sight."""

    number: int
    best: Observation
    best_at: float | None
    begin: float | None
    end: float | None = None
    frames: int = 0

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
        known = {"track": self.number, "label": self.best.label, "from": self.begin, "to": self.end}
        return known | {"frames": self.frames, "best": best}


class Tracks:
    """All tracks that were seen, by their numbers."""

    def __init__(self) -> None:
        self._all: dict[int, Track] = {}

    def added(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The same outcomes; what they show is added."""
        for outcome in outcomes:
            seconds = position_of(outcome).get("seconds")
            for thing in things_of(outcome):
                if thing.track is not None:
                    track = self._all.setdefault(thing.track, Track(thing.track, thing, seconds, seconds))
                    track.see(thing, seconds)
            yield outcome

    def to_list(self) -> list[dict[str, Any]]:
        """Plain values of each."""
        return [track.to_dict() for _, track in sorted(self._all.items())]

    def table(self, title: str) -> Table:
        """For people."""
        rows = [
            (
                number, track.best.label, _clock(track.begin), _clock(track.end), track.frames,
                numbers.score(track.best.score),
            )
            for number, track in sorted(self._all.items())
        ]  # fmt: skip
        headings = ("track", "label", "from", "to", "frames", "best score")
        columns = [Column(heading, "left" if heading == "label" else "right") for heading in headings]
        return Table(title, columns, rows, "" if rows else "Nothing was seen often enough to be followed.")


def _clock(seconds: float | None) -> str | None:
    return None if seconds is None else numbers.clock(seconds)
