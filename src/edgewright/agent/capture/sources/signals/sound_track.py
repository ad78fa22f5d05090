"""The sound of a video file or of a stream, through PyAV."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from edgewright.agent.capture.file_names import as_text
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.answers import explained
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.stream import address_of
from edgewright.errors import UsageError
from edgewright.media import OPEN_S, READ_S, SoundPreparation, load_av, packets_of

log = logging.getLogger(__name__)

# A step between two packets that is longer than this, beyond what they last, is a hole.
_HOLE_S = 0.2

_LAYOUTS = {1: "mono", 2: "stereo"}


class SoundTrack:
    """The first sound track of what FFmpeg can open, brought to the model's rate and channels by it.

    Of a file it is given as fast as the model goes, of a stream (`live`) as it comes.
    """

    def __init__(
        self, address: str, name: str, takes: SoundPreparation, *, live: bool, options: dict[str, str] | None = None
    ) -> None:
        load_av()
        self._address, self._takes, self._options = address, takes, options or {}
        self.name = name
        self.live = self.can_stall = live
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give samples as they come, of a file as far as they can be read.

        Raises `SourceError` where there is no sound, or a stream breaks off.
        """
        av = load_av()
        is_open = False
        try:
            with av.open(self._address, options=self._options, timeout=(OPEN_S, READ_S)) as container:
                is_open = True
                yield from self._decoded(av, container)
        except (av.FFmpegError, OSError, ValueError) as error:
            if self.live or not is_open:
                raise SourceError(self._reason(av, error)) from error
            # A file does not heal: reading it again would give all that is before that place once more.
            log.error("%s: broken, the rest is left out: %s", self.name, self._reason(av, error))
        if self.live and not self._closed.is_set():
            raise SourceError("the stream ended")

    def _decoded(self, av: Any, container: Any) -> Iterator[Frame]:
        if not container.streams.audio:
            raise SourceError("there is no sound in it")
        track = container.streams.audio[0]
        layout = _LAYOUTS.get(self._takes.channels)
        resampler = av.AudioResampler(format="flt", layout=layout, rate=self._takes.rate)
        expected_s: float | None = None
        for packet in packets_of(container, track):
            if self._closed.is_set():
                return
            try:
                decoded = packet.decode()
            except av.FFmpegError:  # decoders call damage by many names
                expected_s = None  # what follows is behind a hole
                yield Frame(b"", damaged=True)
                continue
            for frame in decoded:
                at_s = None if frame.time is None else float(frame.time)
                is_hole = expected_s is None or (at_s is not None and abs(at_s - expected_s) > _HOLE_S)
                expected_s = (at_s if at_s is not None else expected_s or 0.0) + frame.samples / frame.sample_rate
                yield from self._given(resampler.resample(frame), None if self.live else at_s, is_hole)
        yield from self._given(resampler.resample(None), None, is_hole=False)

    def _given(self, frames: Iterable[Any], at_s: float | None, is_hole: bool) -> Iterator[Frame]:
        for frame in frames:
            values = frame.to_ndarray().reshape(-1, len(frame.layout.channels)).astype(np.float32, copy=False)
            if len(values):
                signal = Signal(np.ascontiguousarray(values), self._takes.rate, begins_anew=is_hole, at_s=at_s)
                yield Frame(signal, time.time())
                is_hole = False

    def _reason(self, av: Any, error: Exception) -> str:
        if isinstance(error, av.error.ExitError):
            return f"silent for {READ_S:g} s"
        said = str(getattr(error, "strerror", None) or type(error).__name__).strip()
        return explained(said, urlsplit(self._address), ask=False) if self.live else said

    def give_back(self, marks: Iterable[str]) -> None:
        """What was heard is past."""

    def close(self) -> None:
        """End at the next packet."""
        self._closed.set()


def open_stream_sound(
    target: str, *, every_frame: bool, memory: Taken, takes: SoundPreparation, credentials: Path | None = None
) -> SoundTrack:
    """The sound of a stream by its URL; user and password as for its pictures."""
    name, url, options = address_of(str(target), credentials)
    return SoundTrack(url, name, takes, live=True, options=options)


def open_video_sound(target: str, *, every_frame: bool, memory: Taken, takes: SoundPreparation) -> SoundTrack:
    """The sound of a video file; raises `UsageError` where there is none."""
    path = Path(target).absolute()
    if not path.is_file():
        raise UsageError(f"{target}: there is no such video file")
    av = load_av()
    try:
        with av.open(str(path)) as container:
            has_sound = bool(container.streams.audio)
    except (av.FFmpegError, OSError, ValueError) as error:
        said = str(getattr(error, "strerror", None) or type(error).__name__).strip()
        raise UsageError(f"{target}: no video that can be played: {said}") from None
    if not has_sound:
        raise UsageError(f"{target}: there is no sound in it, and the model takes sounds")
    return SoundTrack(str(path), f"video:{as_text(path)}", takes, live=False)


SOUND_TRACKS: Mapping[str, Callable[..., SoundTrack]] = {"stream": open_stream_sound, "video": open_video_sound}
"""Kinds of sources that have a sound track beside their pictures, and what opens it."""
