"""A task over the pictures of one place, in their order: its results, each thing with the number of its track."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import UsageError
from edgewright.task.tracking.tracker import Tracker

if TYPE_CHECKING:
    from edgewright.task.answering import Answering
    from edgewright.task.result import Observation, Result


def follow(
    task: Answering[Any], frames: Iterable[Any], *, tracker: Tracker | None = None, **options: Any
) -> Generator[Any, None, None]:
    """The task's result for each frame, whose observations have the number of their `track` once that is confirmed.

    `frames` are inputs of the task: arrays, paths, …, or pairs (input, seconds); the time of a frame without one is a
    thirtieth of a second after the one before. `tracker` goes on with one that has seen frames before; `options` are
    those of a new one (`hits`, `lost`, `high`, `low`, `first`). A thing keeps its number where its label changes in
    one place.

    Raises `UsageError` where the task says no boxes, and what the task raises for a frame that it cannot read.
    """
    if isinstance(frames, str | bytes | os.PathLike):
        raise UsageError("frames are expected one by one: a list or an iterator of pictures")
    if tracker is not None and options:
        raise UsageError("a tracker that is there has its settings; give them where it is made")
    return _followed(task, frames, Tracker(**{"mixed": True} | options) if tracker is None else tracker)


def _followed(task: Answering[Any], frames: Iterable[Any], tracker: Tracker) -> Generator[Any, None, None]:
    for frame in frames:
        picture, seconds = frame if _is_timed(frame) else (frame, None)
        yield with_tracks(task(picture), tracker, seconds)


def with_tracks(result: Result, tracker: Tracker, seconds: float | None = None) -> Any:
    """The same result, of the tracker's next picture, with the numbers of the tracks.

    A kind of result that can be followed has a method `with_tracks(ids)`; it may have one more, `followed()`, which
    says what is followed, where that is not its observations. Raises `UsageError` for one that cannot.
    """
    attach = getattr(result, "with_tracks", None)
    if attach is None:
        raise UsageError("nothing can be followed: the model frames no things. A detector does")
    followed = getattr(result, "followed", None)
    things: list[Observation] = list(result.observations() if followed is None else followed())
    boxes = [_sides(thing) for thing in things]
    scores = [thing.score for thing in things]
    classes = [thing.index for thing in things]
    return attach(tracker.update(np.array(boxes, np.float64).reshape(-1, 4), scores, seconds, classes))


def _sides(thing: Observation) -> tuple[float, float, float, float]:
    """The box of a thing, upright around it where it is turned; a tracker passes over what has none."""
    return (math.nan,) * 4 if thing.box is None else thing.box.bounds.xyxy


def _is_timed(frame: Any) -> bool:
    return isinstance(frame, tuple) and len(frame) == 2 and isinstance(frame[1], int | float | np.number)
