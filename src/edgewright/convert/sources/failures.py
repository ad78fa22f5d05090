"""The words for a source that fails by itself."""

from __future__ import annotations

from edgewright.errors import ConversionError


def failed(name: str, error: BaseException) -> ConversionError:
    """The error for a source that cannot be run; `name` stands for it."""
    return ConversionError(f"the source itself fails when it is run: {first_line(error)}", where=name)


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says something, at most 300 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
