"""The smallest or fastest file that keeps its accuracy, with the proof."""

from __future__ import annotations

from edgewright.optimize.candidates import CANDIDATES
from edgewright.optimize.decision import MetricDrop, PairedDrop, check_share, samples_for, smallest_provable
from edgewright.optimize.inputs.preparing import Preparer, values_of
from edgewright.optimize.methods import Trainable, TrainedFile, Trains
from edgewright.optimize.page import report_page
from edgewright.optimize.results import Candidate, Optimization
from edgewright.optimize.scoring import match_targets, scoring_for
from edgewright.optimize.search import optimize
from edgewright.optimize.wording import brief_table, reasons_table, verdict
from edgewright.quantization import Recipe

__all__ = [
    "CANDIDATES",
    "Candidate",
    "MetricDrop",
    "Optimization",
    "PairedDrop",
    "Preparer",
    "Recipe",
    "Trainable",
    "TrainedFile",
    "Trains",
    "brief_table",
    "check_share",
    "match_targets",
    "optimize",
    "reasons_table",
    "report_page",
    "samples_for",
    "scoring_for",
    "smallest_provable",
    "values_of",
    "verdict",
]
