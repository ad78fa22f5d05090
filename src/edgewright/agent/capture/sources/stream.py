"""A network camera or stream: RTSP, HTTP (MJPEG, MPEG-TS, HLS), RTMP, UDP."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.decoding import Decoder, live_frames, load_av
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.credentials import PASSWORD, USER, Credentials
from edgewright.errors import UsageError

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "srt", "tcp")

STREAM_USER, STREAM_PASSWORD = "EDGEWRIGHT_STREAM_USER", "EDGEWRIGHT_STREAM_PASSWORD"

# Over TCP no packets are lost, which a decoder would show as smears; no buffer, since the newest frame counts.
_OPTIONS = {"rtsp_transport": "tcp", "fflags": "nobuffer"}


class StreamSource:
    """A stream by its URL; a password in it, or one that is put into it, appears nowhere else."""

    live = True
    can_stall = True

    def __init__(self, url: str, credentials: Credentials | None = None) -> None:
        load_av()
        parts = _split(url)
        self.name = f"stream:{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self._url = _with_user(url, parts, credentials or Credentials())
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


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"a stream's address begins with one of {', '.join(f'{one}://' for one in SCHEMES)}")
    return parts


def _with_user(url: str, parts: SplitResult, credentials: Credentials) -> str:
    """The address with user and password, unless it has them."""
    if parts.username is not None or not credentials.user:
        return url
    login = f"{quote(credentials.user, safe='')}:{quote(credentials.password or '', safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def open_stream(target: str, *, every_frame: bool, memory: Taken, credentials: Path | None = None) -> StreamSource:
    """The source of a URL; user and password from a file of `credentials` or EDGEWRIGHT_STREAM_USER and _PASSWORD."""
    environment = {USER: os.environ.get(STREAM_USER, ""), PASSWORD: os.environ.get(STREAM_PASSWORD, "")}
    return StreamSource(str(target), Credentials.read(credentials, environment))
