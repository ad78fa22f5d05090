"""Model file to equivalent model file, one pass a file."""

from __future__ import annotations

from edgewright.rewrite.pipeline import IN_ORDER, PASSES, rewrite
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten
from edgewright.rewrite.signature import short_name

__all__ = ["IN_ORDER", "PASSES", "LeftAlone", "Pass", "Rewritten", "rewrite", "short_name"]
