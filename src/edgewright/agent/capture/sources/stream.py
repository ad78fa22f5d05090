"""A network camera or stream: RTSP, HTTP (MJPEG, MPEG-TS, HLS), RTMP, UDP."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.answers import explained
from edgewright.agent.capture.sources.decoding import is_end, is_unreadable, live_frames
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.credentials import PASSWORD, USER, Credentials, without_password
from edgewright.errors import UsageError
from edgewright.media import load_av

log = logging.getLogger(__name__)

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "srt", "tcp")

STREAM_USER, STREAM_PASSWORD = "EDGEWRIGHT_STREAM_USER", "EDGEWRIGHT_STREAM_PASSWORD"

# The rate is of no interest, and to learn it takes FFmpeg a second or more. What it has read by then is kept: it has a
# key frame, and the next may be seconds away. Over TCP no packets are lost, which a decoder would show as smears.
_OTHER = {"fpsprobesize": "0"}
_RTSP = {"rtsp_transport": "tcp"} | _OTHER

# Formats of a web address with their options, to be tried in turn. FFmpeg's own choice, with a buffer, as the first
# picture may be the only one; then whatever stands between them, pictures that begin and end as JPEGs do: cheap cameras
# leave out the first boundary, or write lengths and types that are wrong. More than one need not be seen to know that.
_WEB_FORMATS: tuple[tuple[str | None, Mapping[str, str]], ...] = ((None, {}), ("mjpeg", {"probesize": "32"}))

# How often an address that gives one picture is asked for it.
_PICTURE_S = 1.0


class StreamSource:
    """A stream by its URL; a password in it, or one that is put into it, appears nowhere else.

    A web address that gives one picture, as cameras have it for snapshots, is asked for it again each second.
    """

    live = True
    can_stall = True

    def __init__(self, url: str, credentials: Credentials | None = None) -> None:
        load_av()
        parts = _split(url)
        self.name = _named(parts)
        self._url = _with_user(url, parts, credentials or Credentials())
        self._is_web = parts.scheme in ("http", "https")
        self._formats = deque(_WEB_FORMATS if self._is_web else ((None, _options(parts)),))
        self._is_picture = False
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give frames as they come; raises `SourceError` where the stream is not there or breaks off."""
        yield from self._opened()
        while self._is_picture and not self._closed.wait(_PICTURE_S):
            yield from self._opened()
        if not self._closed.is_set():
            raise SourceError("the stream ended")

    def _opened(self) -> Iterator[Frame]:
        """The frames of one opening, in the first format that has any."""
        for _ in range(len(self._formats)):
            opening = _Opening()
            yield from opening.frames(self._read)
            if self._closed.is_set():
                return
            if opening.has_just_ended:
                self._note_picture(is_picture=opening.given == 1 and self._is_web)
                return
            if not opening.has_no_pictures:
                break
            self._formats.rotate(-1)
        raise opening.explained(self._url, ask=self._is_web and not opening.given)

    def _read(self) -> Iterator[Frame]:
        container_format, options = self._formats[0]
        return live_frames(self._url, self._closed, container_format=container_format, options=options)

    def _note_picture(self, *, is_picture: bool) -> None:
        if is_picture and not self._is_picture:
            log.info("%s: one picture and no stream; it is fetched each second", self.name)
        self._is_picture = is_picture

    def give_back(self, marks: Iterable[str]) -> None:
        """What a stream showed is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


@dataclass
class _Opening:
    """How one opening of a stream went: the frames that were given, those of them that are whole, and what broke it."""

    given: int = 0
    whole: int = 0
    failure: SourceError | None = None

    def frames(self, read: Callable[[], Iterator[Frame]]) -> Iterator[Frame]:
        """Those that `read` gives, as long as it gives any."""
        try:
            for frame in read():
                self.given += 1
                self.whole += not frame.damaged
                yield frame
        except SourceError as error:
            self.failure = error

    @property
    def has_just_ended(self) -> bool:
        """Whether there is nothing wrong with it."""
        return self.given > 0 and (self.failure is None or is_end(self.failure))

    @property
    def has_no_pictures(self) -> bool:
        """Whether none, or one by chance, is found in what is there: it may be in another format."""
        return self.whole <= 1 and (self.failure is None or is_unreadable(self.failure))

    def explained(self, url: str, *, ask: bool) -> SourceError:
        """Why it broke off, in words that say what to do; `ask`: the address may be asked once more for that."""
        if self.failure is not None and self.failure.__cause__ is None:  # in our own words
            return self.failure
        reason = str(self.failure or "it ended without a picture")
        return SourceError(explained(reason, urlsplit(url), ask=ask))


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


def _named(parts: SplitResult) -> str:
    port = f":{parts.port}" if parts.port else ""
    return f"stream:{parts.scheme}://{parts.hostname}{port}{without_password(parts.path)}"


def address_of(target: str, credentials: Path | None) -> tuple[str, str, dict[str, str]]:
    """What events call a stream, its address with user and password in it, and how FFmpeg is to read it."""
    parts = _split(target)
    return _named(parts), _with_user(target, parts, _credentials(credentials)), dict(_options(parts))


def _options(parts: SplitResult) -> Mapping[str, str]:
    return _RTSP if parts.scheme.startswith("rtsp") else _OTHER


def open_stream(target: str, *, every_frame: bool, memory: Taken, credentials: Path | None = None) -> StreamSource:
    """The source of a URL; user and password from a file of `credentials` or EDGEWRIGHT_STREAM_USER and _PASSWORD."""
    return StreamSource(str(target), _credentials(credentials))


def _credentials(path: Path | None) -> Credentials:
    environment = {USER: os.environ.get(STREAM_USER, ""), PASSWORD: os.environ.get(STREAM_PASSWORD, "")}
    return Credentials.read(path, environment)
