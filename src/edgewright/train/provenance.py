"""What the files that are made here say of their maker."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """The version of Edgewright, "unknown" where it is not installed."""
    try:
        return version("edgewright")
    except PackageNotFoundError:
        return "unknown"
