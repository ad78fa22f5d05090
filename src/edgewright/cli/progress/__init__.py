"""Progress on a terminal."""

from __future__ import annotations

from edgewright.cli.progress.bars import ProgressBars

__all__ = ["ProgressBars"]
