"""What a person means by a source in a word: a camera's number, an address, a file, a folder, an iterable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from edgewright.agent.settings import SourceSpec
from edgewright.agent.sources import source_kinds
from edgewright.errors import UsageError


def source_of(source: Any, every_frame: bool | None = None, **options: Any) -> SourceSpec:
    """The source that is meant; without a word on `every_frame`, files and Python's iterators give every frame.

    Raises `UsageError` for a path where nothing is.
    """
    if isinstance(source, SourceSpec):
        return source
    kind = _kind(source)
    by_default = kind in ("iterator", "video", "folder")
    return SourceSpec(kind, source, by_default if every_frame is None else every_frame, options)


def _kind(source: Any) -> str:
    if isinstance(source, int):
        return "camera"
    if not isinstance(source, str | os.PathLike):
        return "iterator"
    text = os.fspath(source)
    if text.isdigit() or text.startswith("/dev/"):
        return "camera"
    if "://" in text:
        return "stream"
    if Path(text).is_dir():
        return "folder"
    if Path(text).is_file():
        return "video"
    raise UsageError(f"{text}: no such file or folder. A source is one of: {', '.join(source_kinds())}")
