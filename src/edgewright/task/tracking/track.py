"""`track`: a task over a video, or over the pictures of one place; its results, a film of them, and a table."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.media import VideoFrames
from edgewright.task.tracking.following import answers_of, followed, tracker_of
from edgewright.task.tracking.summary import TrackTable

if TYPE_CHECKING:
    from edgewright.task.answering import Answering
    from edgewright.task.tracking.following import Seen
    from edgewright.task.tracking.tracker import Tracker


class Following(Iterator[Any]):
    """What a task says of each frame, with the numbers of the tracks; made by `edgewright.track`.

    Iterating gives the results, each when it is asked for. `film` and `tracks` go through all frames that are left.
    """

    def __init__(self, answers: Generator[Seen, None, None]) -> None:
        """`answers`: of the frames, with the numbers of the tracks."""
        self._answers = answers

    def __next__(self) -> Any:
        return next(self._answers).result

    def close(self) -> None:
        """Let go of the video, where not all of it is wanted."""
        self._answers.close()

    def tracks(self) -> TrackTable:
        """What became of each thing that is followed in the frames that are left. Raises what `track` does."""
        return _all_of(self._answers)

    def film(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> TrackTable:
        """Make a video, MP4, of the frames that are left: with boxes, numbers, and the way that each thing came.

        What became of each thing is returned, as `tracks` does it. The file is there once it is whole, and not at all
        after an error, or where no frame is left. All frames are as large as the first. What has no times gets 30
        frames a second.

        Raises `OutputError` for a file that exists, unless `overwrite`, and for one that cannot be written.
        """
        from edgewright.task.tracking.filming import filmed  # with all that draws

        return _all_of(filmed(self._answers, Path(path), overwrite=overwrite))


def track(task: Answering[Any], frames: Any, *, tracker: Tracker | None = None, **options: Any) -> Following:
    """The task's result for each picture; its observations have the number of their `track` once that is confirmed.

    `frames`: a video file by its path, of which every frame is looked at that came whole; or an iterable of what the
    task takes (arrays, paths, …) or of pairs (input, seconds). A frame whose time is not said is a thirtieth of a
    second after the one before. `tracker` goes on with one that has seen frames before; `options` are those of a new
    `Tracker`: hits, lost, high, low, first. Without `high`, a box may begin a track from the threshold on that the task
    was loaded with, and from 0.5 on where that is less. What is not confirmed yet has no track. `Detections` have the
    numbers as an array too: `tracker_id`.

    The results can be iterated over; `film` makes a video of them, and `tracks` says what became of each thing.

    Raises `UsageError` where the task frames no things, `DataError` for a video or picture that cannot be read, and
    `MissingExtraError` where nothing reads videos here.

    >>> pictures = [("animals.jpg", 0.0), ("animals.jpg", 0.2), ("animals.jpg", 0.4)]
    >>> for things in ew.track(ew.load("detector.tflite"), pictures):
    ...     print(things[0].label, things[0].track)
    cat None
    cat None
    cat 1
    >>> table = ew.track(ew.load("detector.tflite"), pictures).film("followed.mp4")
    >>> [(track.number, track.label, track.begin, track.frames) for track in table][:1]
    [(1, 'cat', 0.4, 1)]
    """
    if tracker is not None and options:
        raise UsageError("a tracker that is there has its settings; give them where it is made")
    chosen = tracker_of(task, **options) if tracker is None else tracker
    return Following(followed(answers_of(task, _frames_of(frames)), chosen))


def _frames_of(frames: Any) -> Iterable[Any]:
    if isinstance(frames, bytes):
        raise UsageError("frames are expected one by one: a list or an iterator of pictures")
    return VideoFrames(frames) if isinstance(frames, str | os.PathLike) else frames


def _all_of(answers: Iterable[Seen]) -> TrackTable:
    table = TrackTable()
    deque(table.added(answers), maxlen=0)
    return table
