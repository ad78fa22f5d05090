"""Model file to equivalent model file, one pass a file."""

from __future__ import annotations

from edgewright.rewrite.fold_normalization import FoldNormalization
from edgewright.rewrite.modernize import Modernize
from edgewright.rewrite.pipeline import CLEAN, IN_ORDER, PASSES, passes_for, rewrite
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten, Step
from edgewright.rewrite.signature import short_name

__all__ = [
    "CLEAN",
    "IN_ORDER",
    "PASSES",
    "FoldNormalization",
    "LeftAlone",
    "Modernize",
    "Pass",
    "Rewritten",
    "Step",
    "passes_for",
    "rewrite",
    "short_name",
]
