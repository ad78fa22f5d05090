"""A video file: every frame of it, or in its own time as a camera would show it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.agent.capture.file_names import as_text
from edgewright.agent.capture.frame import Frame, Position
from edgewright.agent.capture.sources.decoding import may_pass
from edgewright.agent.capture.sources.protocol import Taken
from edgewright.errors import UsageError
from edgewright.media import Decoded, Decoder, VideoError, load_av

log = logging.getLogger(__name__)

# Marks of frames that lie further back than one such stretch are forgotten: the last one says it all.
_STRETCH = 500


class VideoSource:
    """A video file, played once.

    With `every_frame` as fast as the model goes; after a restart it goes on behind the last frame whose result is
    stored. Without, at its own speed, and the newest frame wins.
    """

    can_stall = False

    def __init__(self, path: Path, *, every_frame: bool, memory: Taken) -> None:
        load_av()
        self.name = f"video:{as_text(path)}"
        self.live = not every_frame
        self._path = path
        self._memory = memory
        self._version = path.stat().st_mtime_ns
        self._first = 1 + max((number for version, number in self._taken() if version == self._version), default=-1)
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give the frames that can be read; raises `SourceError` where the file cannot be opened."""
        with may_pass():
            decoder = Decoder(str(self._path))
        start = time.monotonic()
        number = -1
        try:
            for decoded in decoder:
                number = decoded.number
                if number < self._first and not self.live:
                    continue
                if self.live and decoded.at_s is not None:
                    self._closed.wait(max(0.0, decoded.at_s - (time.monotonic() - start)))
                if self._closed.is_set():
                    return
                self._first = number + 1
                yield self._frame(decoded)
                self._forget_before(number)
        except VideoError as error:  # a file does not heal: reading it again would end at the same place
            log.error("%s: broken behind frame %d, the rest is left out: %s", self.name, number, error)
        finally:
            decoder.close()

    def _frame(self, decoded: Decoded) -> Frame:
        if decoded.pixels is None:
            return Frame(b"", damaged=True)
        return Frame(
            decoded.pixels,
            mark=None if self.live else self._mark(decoded.number),
            name=f"frame {decoded.number}",
            position=Position(decoded.number, decoded.at_s),
        )

    def _mark(self, number: int) -> str:
        """A place in this version of the file."""
        return f"{self._version}/{number}"

    def _taken(self) -> Iterator[tuple[int, int]]:
        for mark in self._memory.taken(self.name):
            version, _, number = mark.partition("/")
            yield int(version), int(number)

    def _forget_before(self, number: int) -> None:
        if not self.live and number % _STRETCH == 0 and number >= 2 * _STRETCH:
            past = range(number - 2 * _STRETCH, number - _STRETCH)
            self._memory.forget(self.name, [self._mark(one) for one in past])

    def give_back(self, marks: Iterable[str]) -> None:
        """A file is read forwards only; at the next start it goes on from what is stored."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


def open_video(target: str, *, every_frame: bool, memory: Taken) -> VideoSource:
    """The source of a video file; raises `UsageError` where there is none, or something else."""
    path = Path(target).absolute()
    if not path.is_file():
        raise UsageError(f"{target}: there is no such video file")
    source = VideoSource(path, every_frame=every_frame, memory=memory)
    try:
        Decoder(str(path)).close()
    except VideoError as error:
        raise UsageError(f"{target}: no video that can be played: {error}") from None
    return source
