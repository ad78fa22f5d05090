"""Frames from FFmpeg's demuxers through PyAV: what cameras, streams and video files have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import EdgewrightError
from edgewright.media.videos.damage import DamageFilter
from edgewright.media.videos.pieces import whole
from edgewright.media.videos.pyav import load_av, packets_of

Pixels = npt.NDArray[np.uint8]

# After so many seconds without a byte PyAV gives up on a connection; the agent gives up on silence of any kind.
OPEN_S, READ_S = 10.0, 20.0

# The pixels of 8K video. Decoded, and as RGB beside that, they take 150 MB.
_MOST_PIXELS = 7680 * 4320


class VideoError(EdgewrightError):
    """There are no frames, or no more of them; the text is the reason alone. `__cause__` is FFmpeg's error, if any."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One frame of a container: its `number`, from 0; `at_s` seconds after the start, where the container has times.

    `pixels` (height, width, 3) uint8 RGB; None where the frame is damaged.
    """

    number: int
    at_s: float | None
    pixels: Pixels | None


class Decoder:
    """One opened container; iterating gives its frames, those that are damaged among them.

    Raises `VideoError`, also while frames are read, and `MissingExtraError` where nothing reads videos here.
    """

    def __init__(self, address: str, *, container_format: str | None = None, options: Mapping[str, str] | None = None):
        av = load_av()
        self._container: Any = None
        self._timeout = av.error.ExitError
        self._errors = (av.FFmpegError, OSError)
        try:
            self._container = av.open(
                address, format=container_format, options=dict(options or {}), timeout=(OPEN_S, READ_S)
            )
            self._stream = self._container.streams.video[0]
            self._refuse_giant()
        except IndexError:
            self.close()
            raise VideoError("there is no video in it") from None
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._failure(error, f"no picture within {OPEN_S:g} s") from error
        self._stream.thread_type = "AUTO"
        self._filter = DamageFilter(
            self._stream.codec_context, (av.error.InvalidDataError, av.error.ArgumentError), av.FFmpegError
        )

    def __iter__(self) -> Iterator[Decoded]:
        try:
            for number, frame in enumerate(self._frames()):
                yield Decoded(number, None, None) if frame is None else self._whole(number, frame)
        except self._errors as error:
            raise self._failure(error, f"silent for {READ_S:g} s") from error

    def _frames(self) -> Iterator[Any | None]:
        packets = packets_of(self._container, self._stream)
        for packet in whole(packets) if self._stream.codec_context.name == "h264" else packets:
            yield from self._filter.frames(packet)

    def _whole(self, number: int, frame: Any) -> Decoded:
        begin_s = float((self._stream.start_time or 0) * self._stream.time_base)
        at_s = None if frame.time is None else float(frame.time) - begin_s
        return Decoded(number, at_s, _upright(frame))

    def _refuse_giant(self) -> None:
        codec = self._stream.codec_context
        if codec.width * codec.height > _MOST_PIXELS:
            self.close()
            raise VideoError(
                f"its pictures have {codec.width:,} x {codec.height:,} pixels, expected at most 7,680 x 4,320. "
                "Choose a smaller stream of the camera"
            )
        codec.options = {"max_pixels": str(_MOST_PIXELS)}

    def _failure(self, error: BaseException, in_time: str) -> VideoError:
        return VideoError(in_time if isinstance(error, self._timeout) else _plain(error))

    def close(self) -> None:
        """Free it; called from the thread that iterates."""
        if self._container is not None:
            self._container.close()
            self._container = None


def _upright(frame: Any) -> Pixels:
    """A frame's pixels as players show them: telephones film lying, and write down by how much to turn."""
    pixels: Pixels = frame.to_ndarray(format="rgb24")
    turns = round(getattr(frame, "rotation", 0) / 90) % 4  # counterclockwise, as `rot90` has it; older PyAV has none
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _plain(error: BaseException) -> str:
    """The reason without FFmpeg's number, and without the address: that may hold a password."""
    return str(getattr(error, "strerror", None) or type(error).__name__).strip()
