"""A task over the pictures of one place, in their order: its results, each thing with the number of its track."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgewright.errors import UsageError
from edgewright.task.result import Observation, Result
from edgewright.task.streaming import Answer
from edgewright.task.tracking.tracker import HIGH_SCORE, LOW_SCORE, Tracker

if TYPE_CHECKING:
    from edgewright.task.answering import Answering


Seen = Answer[Any, Result]
"""What a task says of one frame, its input; a frame may know its `position`, see `position_of`."""


class Timed(NamedTuple):
    """A picture, and the seconds at which it was taken, from any moment."""

    picture: Any
    seconds: float

    @property
    def position(self) -> dict[str, float]:
        """As of a frame of a video."""
        return {"seconds": self.seconds}


def tracker_of(task: Answering[Any], **options: Any) -> Tracker:
    """The tracker for what a task finds: things keep their number where their label changes in one place.

    What the task was asked to find may begin a track: `high` is the threshold that it was opened with, at most 0.5 and
    0.5 where none was said; `low` is no more than that. `options` are those of `Tracker`, and go before this.
    """
    asked = getattr(task, "threshold", None)  # whatever answers may be given for a task
    high = options.get("high", HIGH_SCORE if asked is None else min(asked, HIGH_SCORE))
    return Tracker(**{"mixed": True, "high": high, "low": min(LOW_SCORE, high)} | options)


def answers_of(task: Answering[Any], frames: Iterable[Any]) -> Iterator[Seen]:
    """What the task says of each frame, one after the other; a frame may be a pair (picture, seconds).

    Raises what the task raises for a frame that it cannot read.
    """
    for frame in frames:
        if _is_timed(frame):
            yield Answer(Timed(*frame), result=task(frame[0]))
        else:
            yield Answer(frame, result=task(frame))


def followed(answers: Iterable[Seen], tracker: Tracker) -> Generator[Seen, None, None]:
    """The answers for the pictures of one place, in their order, with the numbers of the tracks.

    An answer without a result is handed on. Raises `UsageError` where nothing in a result can be followed.
    """
    for answer in answers:
        if answer.result is None:
            yield answer
        else:
            yield dataclasses.replace(answer, result=with_tracks(answer.result, tracker, seconds_of(answer)))


def position_of(answer: Seen) -> dict[str, float]:
    """Where the frame of an answer is from: its number as `frame`, and `seconds`, of each what is known."""
    position: dict[str, float] = getattr(answer.input, "position", {})
    return position


def seconds_of(answer: Seen) -> float | None:
    """When the frame of an answer was, None where that is not known."""
    return position_of(answer).get("seconds")


def picture_of(answer: Seen) -> Any:
    """The frame of an answer, without its time."""
    return answer.input.picture if isinstance(answer.input, Timed) else answer.input


def things_of(answer: Seen) -> list[Observation]:
    """What was found in the frame of an answer, best first."""
    return [] if answer.result is None else list(answer.result.observations())


def with_tracks(result: Result, tracker: Tracker, seconds: float | None = None) -> Any:
    """The same result, of the tracker's next picture, with the numbers of the tracks.

    A kind of result that can be followed has a method `with_tracks(ids)`; it may have one more, `followed()`, which
    says what is followed, where that is not its observations. Raises `UsageError` for one that cannot.
    """
    attach = getattr(result, "with_tracks", None)
    if attach is None:
        raise UsageError("nothing can be followed: the model frames no things. A detector does")
    own = getattr(result, "followed", None)
    things: list[Observation] = list(result.observations() if own is None else own())
    boxes = [_sides(thing) for thing in things]
    scores = [thing.score for thing in things]
    classes = [thing.index for thing in things]
    return attach(tracker.update(np.array(boxes, np.float64).reshape(-1, 4), scores, seconds, classes))


def _sides(thing: Observation) -> tuple[float, float, float, float]:
    """The box of a thing, upright around it where it is turned; a tracker passes over what has none."""
    return (math.nan,) * 4 if thing.box is None else thing.box.bounds.xyxy


def _is_timed(frame: Any) -> bool:
    return isinstance(frame, tuple) and len(frame) == 2 and isinstance(frame[1], int | float | np.number)
