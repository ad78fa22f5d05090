"""What a source is, and how one is made by its kind.

A source is added from outside by an entry point in the group `edgewright.frame_sources`: the name of its kind, and a
callable like `FrameSourceFactory`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from edgewright.agent.capture.frame import Frame
from edgewright.errors import EdgewrightError
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.frame_sources"


class SourceError(EdgewrightError):
    """A source gives no pictures, for a reason that can pass: it is opened again later."""


class Taken(Protocol):
    """What of a source has been taken, across restarts: marks whose results are stored."""

    def taken(self, source: str) -> set[str]:
        """The marks of a source."""

    def forget(self, source: str, marks: Iterable[str]) -> None:
        """Forget marks of what will never be offered again."""


class NoMemory:
    """A memory for sources that need none."""

    def taken(self, source: str) -> set[str]:
        """Nothing."""
        return set()

    def forget(self, source: str, marks: Iterable[str]) -> None:
        """Nothing is to be forgotten."""


class FrameSource(Protocol):
    """Gives pictures, or parts of a sound or series. One thread iterates; `close` may be called from another.

    `name` is what events call it. `live`: it goes on whether or not somebody looks, so the newest picture wins unless
    every frame is asked for. `can_stall`: silence means that something is wrong.
    """

    name: str
    live: bool
    can_stall: bool

    def frames(self) -> Iterator[Frame]:
        """Open it and give pictures as they come; return where there will be no more of them.

        Raises `SourceError` where it cannot be opened or breaks off; calling again opens it again. Raises `UsageError`
        or `DataError` where there never will be any.
        """

    def give_back(self, marks: Iterable[str]) -> None:
        """Offer pictures again whose results could not be stored, if it can."""

    def close(self) -> None:
        """Make `frames` end soon, and free what it holds."""


FrameSourceFactory = Callable[..., FrameSource]

_sources: Registry[FrameSourceFactory] = Registry(
    "kind of source",
    ENTRY_POINTS,
    {
        "camera": "edgewright.agent.capture.sources.camera:open_camera",
        "stream": "edgewright.agent.capture.sources.stream:open_stream",
        "video": "edgewright.agent.capture.sources.video:open_video",
        "folder": "edgewright.agent.capture.sources.folder:open_folder",
        "iterator": "edgewright.agent.capture.sources.iterator:open_iterator",
        "microphone": "edgewright.agent.capture.sources.signals.microphone:open_microphone",
        "sound": "edgewright.agent.capture.sources.signals.sound_file:open_sound_file",
        "pcm": "edgewright.agent.capture.sources.signals.pcm:open_pcm",
        "serial": "edgewright.agent.capture.sources.signals.serial_port:open_serial",
        "mqtt": "edgewright.agent.capture.sources.signals.mqtt_topic:open_topic",
        "lines": "edgewright.agent.capture.sources.signals.lines:open_lines",
    },
    protocol="collections.abc:Callable",
)

register_source = _sources.register
source_kinds = _sources.names


def open_source(kind: str, target: Any, *, every_frame: bool, memory: Taken, **options: Any) -> FrameSource:
    """Make a source of a kind ("camera", "stream", "video", "folder", "iterator", …); nothing is opened yet.

    `options` are the kind's own. Raises `UsageError` for a target that makes no sense.
    """
    return _sources.get(kind)(target, every_frame=every_frame, memory=memory, **options)
