"""What the frames of FFmpeg are to the agent: those of a source that goes on by itself, and why it broke off."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.protocol import SourceError
from edgewright.media import Decoder, VideoError, load_av


@contextmanager
def may_pass() -> Iterator[None]:
    """What FFmpeg says there is a `SourceError`, with the same cause: the source is opened again later."""
    try:
        yield
    except VideoError as error:
        raise SourceError(str(error)) from error.__cause__


def live_frames(
    address: str,
    closed: threading.Event,
    *,
    container_format: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[Frame]:
    """The frames of something that goes on by itself, as they come. Raises `SourceError`."""
    with may_pass(), closing(Decoder(address, container_format=container_format, options=options)) as decoder:
        for decoded in decoder:
            if closed.is_set():
                return
            yield Frame(b"", damaged=True) if decoded.pixels is None else Frame(decoded.pixels)


def is_end(error: SourceError) -> bool:
    """Whether what was read just ended: so FFmpeg says it of an answer over HTTP that does not name its length."""
    return isinstance(error.__cause__, load_av().error.OSError)


def is_unreadable(error: SourceError) -> bool:
    """Whether an address answered, and FFmpeg found no pictures in it."""
    kinds = load_av().error
    return isinstance(error.__cause__, (kinds.InvalidDataError, kinds.EOFError, kinds.OSError))
