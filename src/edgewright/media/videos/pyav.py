"""PyAV, which binds FFmpeg; the extra "video" brings it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from edgewright.errors import MissingExtraError


def load_av() -> Any:
    """PyAV, with its log switched off; raises `MissingExtraError` where it is not installed."""
    try:
        import av
        import av.logging
    except ImportError:
        raise MissingExtraError("Reading cameras, streams and video files", "video") from None
    av.logging.set_level(None)
    return av


def packets_of(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of one stream of an opened container, the one that flushes its decoder last."""
    # Behind that PyAV 18.1 looks for streams that began later, as where a channel changed, in a list that has them not.
    with contextlib.suppress(IndexError):
        yield from container.demux(stream)
