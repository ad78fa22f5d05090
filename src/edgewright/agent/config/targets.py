"""What a person means by a source in a word: a camera's number, an address, a device, a file, a folder, an iterable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from edgewright.agent.capture.sources import source_kinds
from edgewright.agent.config.settings import SourceSpec
from edgewright.errors import UsageError
from edgewright.media import SOUND_SUFFIXES

# Kinds whose pictures wait for the model, so that all of them are looked at unless somebody says otherwise; and kinds
# that do not wait.
_WAITING = ("iterator", "video", "folder", "sound", "pcm", "lines")
_LIVE = ("camera", "stream", "microphone", "serial", "mqtt")

_SERIAL_PORTS = ("/dev/tty", "/dev/serial/", "/dev/cu.", "/dev/rfcomm")


def source_of(source: Any, every_frame: bool | None = None, **options: Any) -> SourceSpec:
    """The source that is meant; all other arguments are those of `source_of_kind`.

    Raises `UsageError` for a path where nothing is, and for arguments beside a `SourceSpec`, which has its own.
    """
    if isinstance(source, SourceSpec):
        told = options if every_frame is None else {"every_frame": every_frame, **options}
        if told:
            raise UsageError(f"{', '.join(told)}: does not go with a SourceSpec, which says it itself")
        return source
    return source_of_kind(_kind(source), source, every_frame, **options)


def source_of_kind(
    kind: str,
    target: Any,
    every_frame: bool | None = None,
    *,
    name: str | None = None,
    rate: float | None = None,
    motion: float | None = None,
    **options: Any,
) -> SourceSpec:
    """A source of a kind that is known; without a word on `every_frame`, files, folders and iterators give every one.

    `name`, `rate` and `motion` are those of `SourceSpec`, and `options` go to the source.

    Raises `UsageError` where every frame is asked of what does not wait.
    """
    if every_frame and kind in _LIVE:
        raise UsageError(f"every frame: a {kind} does not wait for the model. That goes with a video file or a folder")
    every_frame = kind in _WAITING if every_frame is None else every_frame
    return SourceSpec(kind, target, every_frame, options, name=name, rate=rate, motion=motion)


def _kind(source: Any) -> str:
    if isinstance(source, int):
        return "camera"
    if not isinstance(source, str | os.PathLike):
        return "iterator"
    text = os.fspath(source)
    if text.startswith(_SERIAL_PORTS):
        return "serial"
    if text.isdigit() or text.startswith(("/dev/", "libcamera:", "picamera2")):
        return "camera"
    if text.startswith(("mqtt://", "mqtts://")):
        return "mqtt"
    if "://" in text:
        return "stream"
    if Path(text).is_dir():
        return "folder"
    if Path(text).is_file():
        return "sound" if Path(text).suffix.lower() in SOUND_SUFFIXES else "video"
    raise UsageError(f"{text}: no such file or folder. A source is one of: {', '.join(source_kinds())}")
