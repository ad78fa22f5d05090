"""A source that suits a model: pictures for one of pictures, windows for one of sounds or series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.agent.capture.sources.protocol import FrameSource, Taken, open_source
from edgewright.agent.capture.taking import Takes
from edgewright.errors import UsageError

# What the kinds of ours give; one of another package, and an iterator, may give anything.
_GIVEN: Mapping[str, str] = {
    "camera": "pictures",
    "stream": "pictures",
    "video": "pictures",
    "folder": "pictures",
    "microphone": "sound",
    "sound": "sound",
    "pcm": "sound",
    "serial": "series",
    "mqtt": "series",
    "lines": "series",
}

_TAKES = {"sound": "sounds", "series": "series of readings", "picture": "pictures"}
_CALLED = {"sound": "sounds", "series": "readings", "pictures": "pictures"}
_SUITABLE = {
    "sound": "a microphone, a sound file, pcm, or the sound of a stream or video",
    "series": "a serial port, an MQTT topic, or lines on standard input",
    "picture": "a camera, a stream, a video or a folder",
}


def open_for(takes: Takes, kind: str, target: Any, *, every_frame: bool, memory: Taken, **options: Any) -> FrameSource:
    """Make a source of what a model takes; nothing is opened yet. `options` are the kind's own.

    Raises `UsageError` where the kind gives something else, and for a target that makes no sense.
    """
    if takes.prepare is None:
        _refuse_other(takes, kind, "pictures")
        return open_source(kind, target, every_frame=every_frame, memory=memory, **options)
    from edgewright.agent.capture.sources.signals.sound_track import SOUND_TRACKS
    from edgewright.agent.capture.windows import Windowed

    if takes.kind == "sound" and kind in SOUND_TRACKS:
        source: FrameSource = SOUND_TRACKS[kind](
            target, every_frame=True, memory=memory, takes=takes.prepare, **options
        )
    else:
        _refuse_other(takes, kind, takes.kind)
        own = {"takes": takes.prepare} if kind in _GIVEN else {}
        source = open_source(kind, target, every_frame=every_frame, memory=memory, **own, **options)
    return Windowed(source, takes.prepare, memory)


def _refuse_other(takes: Takes, kind: str, wanted: str) -> None:
    given = _GIVEN.get(kind, wanted)
    if given == wanted:
        return
    taken = _TAKES.get(takes.kind, takes.kind)
    suitable = f". What suits it: {_SUITABLE[takes.kind]}" if takes.kind in _SUITABLE else ""
    raise UsageError(f"{takes.model} takes {taken}, and from {_article(kind)} come {_CALLED[given]}{suitable}")


def _article(kind: str) -> str:
    return {"mqtt": "an MQTT topic", "lines": "lines", "pcm": "pcm", "serial": "a serial port"}.get(kind, f"a {kind}")
