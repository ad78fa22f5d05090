"""The frames of a video file: each one, or some of them, evenly spread; each knows its place in the file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from edgewright.errors import DataError
from edgewright.media.videos.decoding import Decoded, Decoder, VideoError
from edgewright.media.videos.pyav import load_av

# Times of frames are rounded to the clock of their container.
_EXACT_S = 1e-6


class Every(NamedTuple):
    """Which frames are looked at: each n-th one, or the first one after so many seconds each time."""

    frames: int | None = None
    seconds: float | None = None

    def wants(self, decoded: Decoded, passed: int) -> bool:
        """Whether a frame is one of them, when so many times are over: `passed` of the one that was taken last."""
        if self.seconds is not None and decoded.at_s is not None:
            return decoded.at_s >= passed * self.seconds - _EXACT_S
        return decoded.number % (self.frames or 1) == 0

    def passed(self, decoded: Decoded) -> int:
        """How many times are over with a frame; those in a gap without frames are not made up for."""
        if self.seconds is None or decoded.at_s is None:
            return 0
        return math.floor((decoded.at_s + _EXACT_S) / self.seconds) + 1


EACH = Every(frames=1)
"""All that came whole."""


class VideoFrame(np.ndarray[Any, np.dtype[np.uint8]]):
    """One frame: (height, width, 3) uint8 RGB that knows where it is from.

    `name` is what it is called, `stem` its name in those of files, `position` its number from 0 as `frame` and, where
    the file has times, its `seconds` from the start, to the millisecond.
    """

    name: str
    stem: str
    position: dict[str, float]

    @classmethod
    def of(cls, path: str, decoded: Decoded) -> Self:
        """A frame that came whole."""
        frame = np.asarray(decoded.pixels).view(cls)
        frame.position = {"frame": decoded.number}
        if decoded.at_s is not None:
            frame.position["seconds"] = round(decoded.at_s, 3)
        at = f"frame {decoded.number}" if decoded.at_s is None else f"{decoded.at_s:.2f} s"
        frame.name, frame.stem = f"{path} at {at}", f"{Path(path).stem}-{decoded.number}"
        return frame

    def __str__(self) -> str:
        return getattr(self, "name", None) or super().__str__()  # a part of a frame, or a copy, is an array


class VideoFrames:
    """The frames of a video file that are asked for and came whole, as `VideoFrame`; who iterates reads it anew.

    `damaged` is how many were not whole, and left out, in the reading that goes on or was the last.

    Raises `MissingExtraError` at once where nothing reads videos here, and `DataError` when frames are asked for where
    the file cannot be read, or not any further.
    """

    def __init__(self, path: str | os.PathLike[str], every: Every = EACH) -> None:
        load_av()
        self.path, self.damaged = os.fspath(path), 0
        self._every = every

    def __iter__(self) -> Iterator[VideoFrame]:
        self.damaged = taken = passed = 0
        try:
            # What stands before a colon, as in a time of day, would be a protocol to FFmpeg.
            with closing(Decoder(os.path.abspath(self.path))) as decoder:  # noqa: PTH100 - a text
                for decoded in decoder:
                    self.damaged += decoded.pixels is None
                    if decoded.pixels is not None and self._every.wants(decoded, passed):
                        taken, passed = taken + 1, self._every.passed(decoded)
                        yield VideoFrame.of(self.path, decoded)
        except VideoError as error:
            further = " any further" if taken else ""
            raise DataError(f"{self.path}: the video cannot be read{further}: {error}") from None
