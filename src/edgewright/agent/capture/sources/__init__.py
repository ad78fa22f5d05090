"""Where pictures come from, one file each."""

from __future__ import annotations

from edgewright.agent.capture.sources.protocol import (
    FrameSource,
    NoMemory,
    SourceError,
    Taken,
    open_source,
    register_source,
    source_kinds,
)

# Its name in the days when there was no other source.
Source = FrameSource

__all__ = [
    "FrameSource",
    "NoMemory",
    "Source",
    "SourceError",
    "Taken",
    "open_source",
    "register_source",
    "source_kinds",
]
