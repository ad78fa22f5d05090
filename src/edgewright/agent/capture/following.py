"""A task over the pictures of one place, a video file's among them: each thing with the number of its track."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

from edgewright.agent.capture.frame import Pixels
from edgewright.agent.capture.sources.decoding import Decoder, load_av
from edgewright.agent.capture.sources.protocol import SourceError
from edgewright.errors import DataError
from edgewright.task import Answering, Tracker, follow


def track(
    task: Answering[Any], frames: Any, *, tracker: Tracker | None = None, **options: Any
) -> Generator[Any, None, None]:
    """The task's result for each picture; its observations have the number of their `track` once that is confirmed.

    `frames`: a video file by its path, of which every frame is looked at; or an iterable of what the task takes
    (arrays, paths, …) or of pairs (input, seconds). A frame whose time is not said is a thirtieth of a second after the
    one before. `tracker` goes on with one that has seen frames before; `options` are those of a new `Tracker`: hits,
    lost, high, low, first. What is not confirmed yet has no track. `Detections` have the numbers as an array too:
    `tracker_id`.

    Raises `UsageError` where the task frames no things, `DataError` for a video or picture that cannot be read, and
    `MissingExtraError` where nothing reads videos here.

    >>> pictures = [("animals.jpg", 0.0), ("animals.jpg", 0.2), ("animals.jpg", 0.4)]
    >>> for things in ew.track(ew.load("detector.tflite"), pictures):
    ...     print(things[0].label, things[0].track)
    cat None
    cat None
    cat 1
    """
    if isinstance(frames, str | os.PathLike):
        load_av()
        return follow(task, _video(os.fspath(frames)), tracker=tracker, **options)
    return follow(task, frames, tracker=tracker, **options)


def _video(path: str) -> Iterator[Pixels | tuple[Pixels, float]]:
    """The frames of a video that came whole, with their seconds where the file has them."""
    try:
        decoder = Decoder(path)
        try:
            for decoded in decoder:
                if decoded.pixels is not None:
                    yield decoded.pixels if decoded.at_s is None else (decoded.pixels, decoded.at_s)
        finally:
            decoder.close()
    except SourceError as error:
        raise DataError(f"{path}: the video cannot be read: {error}") from None
