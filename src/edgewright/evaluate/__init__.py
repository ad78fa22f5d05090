"""Accuracy with intervals, and agreement between two models."""

from __future__ import annotations

from edgewright.evaluate.accuracy import Accuracy, accuracy
from edgewright.evaluate.agreement import Agreement, OutputAgreement, agreement, compare
from edgewright.evaluate.choosing import EngineCandidate, EngineChoice, choose_engine
from edgewright.evaluate.engine_agreement import EngineTolerance
from edgewright.evaluate.intervals import Interval, wilson
from edgewright.evaluate.rewriting import Difference, Moved, RewritingProof, rewriting_proof
from edgewright.evaluate.runner import Runner, Sample

__all__ = [
    "Accuracy",
    "Agreement",
    "Difference",
    "EngineCandidate",
    "EngineChoice",
    "EngineTolerance",
    "Interval",
    "Moved",
    "OutputAgreement",
    "RewritingProof",
    "Runner",
    "Sample",
    "accuracy",
    "agreement",
    "choose_engine",
    "compare",
    "rewriting_proof",
    "wilson",
]
