"""A video of what is followed: boxes, numbers, and the way that each thing came."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from edgewright.agent import load_av
from edgewright.cli.tracking.following import Outcome, position_of, things_of
from edgewright.errors import OutputError
from edgewright.files import check_free, give_name
from edgewright.media import Trail, draw_trails, load_image
from edgewright.report import numbers
from edgewright.task import Observation, called

# H.264 is what browsers and telephones play; builds of FFmpeg without its encoder have the other one.
_CODECS = ("libx264", "mpeg4")

# Times of frames are whole numbers of these; a video without times gets so many frames a second.
_TICKS, _RATE = 90_000, 30

_TRAIL_S = 2.0
"""How much of the way that a thing came is drawn behind it."""


def filmed(outcomes: Iterable[Outcome], path: Path, *, overwrite: bool) -> Iterator[Outcome]:
    """The same outcomes, each drawn into a video, which is there once the last has come. Raises `OutputError`."""
    trails = Trails()
    with Film(path, overwrite=overwrite) as film:
        for number, outcome in enumerate(outcomes):
            if outcome.result is not None:
                seconds = position_of(outcome).get("seconds", number / _RATE)
                things = [thing for thing in things_of(outcome) if thing.track is not None]
                film.add(trails.drawn(outcome.input, things, seconds), seconds)
            yield outcome


class Trails:
    """Where things were lately, by the numbers of their tracks."""

    def __init__(self) -> None:
        self._points: dict[int, deque[tuple[float, tuple[float, float]]]] = {}

    def drawn(self, picture: Any, things: list[Observation], seconds: float) -> Any:
        """The picture, a PIL image, with things and trails on it."""
        boxes = []
        for thing in reversed(things):
            if thing.box is None or thing.track is None:
                continue
            self._points.setdefault(thing.track, deque()).append((seconds, thing.box.center))
            boxes.append((thing.box, f"{called(thing)} {numbers.score(thing.score)}", thing.track))
        self._forget(seconds)
        trails = [Trail([point for _, point in points], track) for track, points in self._points.items()]
        return draw_trails(load_image(np.asarray(picture)), boxes, trails)

    def _forget(self, seconds: float) -> None:
        for track, points in list(self._points.items()):
            while points and seconds - points[0][0] > _TRAIL_S:
                points.popleft()
            if not points:
                del self._points[track]


class Film:
    """A video file that is written frame by frame, and has its name once it is whole."""

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        check_free(path, overwrite=overwrite)
        self._av = load_av()
        self._path, self._overwrite = path, overwrite
        self._temporary = path.with_name(f".edgewright-{secrets.token_hex(8)}.tmp")
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Self:
        return self

    def add(self, picture: Any, seconds: float) -> None:
        """One more frame: a PIL image in RGB, as large as those before, later than they."""
        try:
            if self._container is None:
                self._open(picture)
            frame = self._av.VideoFrame.from_image(picture.crop((0, 0, self._stream.width, self._stream.height)))
            self._last = frame.pts = max(round(seconds * _TICKS), self._last + 1)
            frame.time_base = Fraction(1, _TICKS)
            self._container.mux(self._stream.encode(frame))
        except (self._av.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def _open(self, picture: Any) -> None:
        self._container = self._av.open(str(self._temporary), "w", format="mp4")
        codec = next(name for name in _CODECS if name in self._av.codecs_available)
        self._stream = self._container.add_stream(codec, rate=_RATE)
        self._stream.width, self._stream.height = picture.width & ~1, picture.height & ~1  # as yuv420p needs it
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = Fraction(1, _TICKS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._container is not None and error is None:
                self._finish()
        finally:
            if self._container is not None:
                self._container = None
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (self._av.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        give_name(self._temporary, self._path, overwrite=self._overwrite)

    def _failure(self, error: BaseException) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"{self._path}: the video cannot be written: {reason}")
