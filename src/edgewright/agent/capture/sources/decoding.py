"""Frames from FFmpeg's demuxers through PyAV: what cameras, streams and video files have in common."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgewright.agent.capture.frame import Frame, Pixels
from edgewright.agent.capture.sources.protocol import SourceError
from edgewright.errors import MissingExtraError

# After so many seconds without a byte PyAV gives up on a connection; the agent itself gives up on silence of any kind.
OPEN_S, READ_S = 10.0, 20.0


class Decoder:
    """One opened container; iterating gives (seconds since its start or None, RGB pixels).

    What is damaged in it is passed over, and `damaged` counts it.
    """

    def __init__(self, address: str, *, container_format: str | None = None, options: Mapping[str, str] | None = None):
        av = load_av()
        self._address = address
        self._lock = threading.Lock()
        self._container: Any = None
        self.damaged = 0
        try:
            self._container = av.open(
                address, format=container_format, options=dict(options or {}), timeout=(OPEN_S, READ_S)
            )
            self._stream = self._container.streams.video[0]
        except IndexError:
            self.close()
            raise SourceError("there is no video in it") from None
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SourceError(_plain(error)) from error
        self._stream.thread_type = "AUTO"
        self._errors = (av.FFmpegError, OSError)
        self._damage = av.error.InvalidDataError

    def __iter__(self) -> Iterator[tuple[float | None, Pixels]]:
        try:
            for packet in self._container.demux(self._stream):
                for frame in self._decoded(packet):
                    yield frame.time, frame.to_ndarray(format="rgb24")
        except self._errors as error:
            raise SourceError(_plain(error)) from error

    def _decoded(self, packet: Any) -> Sequence[Any]:
        try:
            frames: Sequence[Any] = packet.decode()
        except self._damage:
            self.damaged += 1
            return ()
        return frames

    def close(self) -> None:
        """Free it; called from the thread that iterates."""
        if self._container is not None:
            self._container.close()
            self._container = None


def load_av() -> Any:
    """PyAV, with its log switched off; raises `MissingExtraError` where it is not installed."""
    try:
        import av
        import av.logging
    except ImportError:
        raise MissingExtraError("Reading cameras, streams and video files", "video") from None
    av.logging.set_level(None)
    return av


def live_frames(decoder: Decoder, closed: threading.Event) -> Iterator[Frame]:
    """The frames of something that goes on by itself, as they come."""
    try:
        for _, pixels in decoder:
            if closed.is_set():
                return
            yield Frame(pixels)
    finally:
        decoder.close()


def _plain(error: BaseException) -> str:
    """The reason without FFmpeg's number, and without the address: that may hold a password."""
    return str(getattr(error, "strerror", None) or type(error).__name__).strip()
