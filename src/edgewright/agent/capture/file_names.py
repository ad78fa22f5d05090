"""Names of files as text that can be stored and sent: a file may have one that is no UTF-8."""

from __future__ import annotations

from pathlib import Path


def as_text(name: str | Path) -> str:
    """A file's name or path; what is no UTF-8 in it is escaped."""
    return str(name).encode("utf-8", "backslashreplace").decode()
