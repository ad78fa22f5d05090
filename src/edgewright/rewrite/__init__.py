"""Model file to equivalent model file, one pass a file."""

from __future__ import annotations

from edgewright.rewrite.apart import last_apart, outputs_apart
from edgewright.rewrite.entry import entered, entries, other_entries
from edgewright.rewrite.float_edges import edges_in_float
from edgewright.rewrite.fold_normalization import FoldNormalization
from edgewright.rewrite.modernize import Modernize
from edgewright.rewrite.pipeline import CLEAN, IN_ORDER, pass_named, pass_names, passes_for, register_pass, rewrite
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten, Step
from edgewright.rewrite.signature import short_name
from edgewright.rewrite.tables import add_constant, add_tensor, new_operator

__all__ = [
    "CLEAN",
    "IN_ORDER",
    "FoldNormalization",
    "LeftAlone",
    "Modernize",
    "Pass",
    "Rewritten",
    "Step",
    "add_constant",
    "add_tensor",
    "edges_in_float",
    "entered",
    "entries",
    "last_apart",
    "new_operator",
    "other_entries",
    "outputs_apart",
    "pass_named",
    "pass_names",
    "passes_for",
    "register_pass",
    "rewrite",
    "short_name",
]
