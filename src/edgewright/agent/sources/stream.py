"""A network camera or stream: RTSP, HTTP (MJPEG, MPEG-TS, HLS), RTMP, UDP."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from edgewright.agent.frame import Frame
from edgewright.agent.sources.decoding import Decoder, live_frames, load_av
from edgewright.agent.sources.protocol import SourceError, Taken
from edgewright.errors import UsageError

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "srt", "tcp")

# Over TCP no packets are lost, which a decoder would show as smears; no buffer, since the newest frame counts.
_OPTIONS = {"rtsp_transport": "tcp", "fflags": "nobuffer"}


class StreamSource:
    """A stream by its URL; a password in it appears nowhere else."""

    live = True
    can_stall = True

    def __init__(self, url: str) -> None:
        load_av()
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise UsageError(f"a stream's address begins with one of {', '.join(f'{one}://' for one in SCHEMES)}")
        self.name = f"stream:{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self._url = url
        self._options = _OPTIONS if parts.scheme.startswith("rtsp") else {"fflags": "nobuffer"}
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give frames as they come; raises `SourceError` where the stream is not there or breaks off."""
        yield from live_frames(Decoder(self._url, options=self._options), self._closed)
        if not self._closed.is_set():
            raise SourceError("the stream ended")

    def give_back(self, marks: Iterable[str]) -> None:
        """What a stream showed is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


def open_stream(target: str, *, every_frame: bool, memory: Taken) -> StreamSource:
    """The source of a URL."""
    return StreamSource(str(target))
