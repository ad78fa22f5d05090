"""Where pictures come from, one file each."""

from __future__ import annotations

from edgewright.agent.sources.protocol import (
    NoMemory,
    Source,
    SourceError,
    Taken,
    open_source,
    register_source,
    source_kinds,
)

__all__ = ["NoMemory", "Source", "SourceError", "Taken", "open_source", "register_source", "source_kinds"]
