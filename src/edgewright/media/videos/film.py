"""A video file that is written frame by frame, and is there once it is whole."""

from __future__ import annotations

import contextlib
import secrets
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from edgewright.errors import OutputError
from edgewright.files import check_free, give_name
from edgewright.media.videos.pyav import load_av

if TYPE_CHECKING:
    from PIL.Image import Image

# H.264 is what browsers and telephones play; builds of FFmpeg without its encoder have the other one.
_CODECS = ("libx264", "mpeg4")

FILM_RATE = 30
"""Frames a second of what says no times."""

# Times of frames are whole numbers of these.
_TICKS = 90_000


class Film:
    """A video file, MP4, of the pictures that are added; to be used in a `with`.

    It has its name once the block is left. After an error, and where no picture came, there is no file, or the one of
    before.

    Raises `OutputError` for a file that exists, unless `overwrite`, and for what cannot be written; `MissingExtraError`
    where nothing writes videos here.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        check_free(path, overwrite=overwrite)
        self._av = load_av()
        self._path, self._overwrite = path, overwrite
        target = path.resolve() if overwrite else path  # where a link leads to may be another disk
        self._temporary = target.with_name(f".edgewright-{secrets.token_hex(8)}.tmp")
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Self:
        return self

    def add(self, picture: Image, seconds: float) -> None:
        """One more frame: RGB, as large as the first, seconds from the start, and later than those before."""
        try:
            if self._container is None:
                self._open(picture)
            frame = self._av.VideoFrame.from_image(picture.crop((0, 0, self._stream.width, self._stream.height)))
            self._last = frame.pts = max(round(seconds * _TICKS), self._last + 1)
            frame.time_base = Fraction(1, _TICKS)
            self._container.mux(self._stream.encode(frame))
        except (self._av.FFmpegError, OSError) as error:
            raise self._failure(error) from error

    def _open(self, picture: Image) -> None:
        codec = next((name for name in _CODECS if name in self._av.codecs_available), None)
        if codec is None:
            raise OutputError(f"{self._path}: the video cannot be written: this FFmpeg has neither of {_CODECS}")
        self._container = self._av.open(str(self._temporary), "w", format="mp4")
        self._stream = self._container.add_stream(codec, rate=FILM_RATE)
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
            self._abandon()

    def _finish(self) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except (self._av.FFmpegError, OSError) as error:
            raise self._failure(error) from error
        give_name(self._temporary, self._path, overwrite=self._overwrite)

    def _abandon(self) -> None:
        """Close what is open, and remove what has no name; of a finished film nothing is left to do."""
        if self._container is not None:
            with contextlib.suppress(self._av.FFmpegError, OSError):  # a broken file is what it is closed for
                self._container.close()
            self._container = self._stream = None
        self._temporary.unlink(missing_ok=True)

    def _failure(self, error: BaseException) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"{self._path}: the video cannot be written: {reason}")
