"""Metrics over data sets with intervals, and agreement between two models."""

from __future__ import annotations

from edgewright.evaluate.accuracy import Accuracy, accuracy
from edgewright.evaluate.agreement import Agreement, OutputAgreement, agreement, compare
from edgewright.evaluate.choosing import EngineCandidate, EngineChoice, choose_engine
from edgewright.evaluate.class_names import Outputs, Places, match_classes
from edgewright.evaluate.engine_agreement import EngineTolerance
from edgewright.evaluate.evaluating import evaluate
from edgewright.evaluate.evaluation import Comparison, Evaluation, Failure, Scored
from edgewright.evaluate.intervals import Estimate, Interval, estimate, paired_change, wilson
from edgewright.evaluate.metrics import Metric, find_metric, metric_names, register_metric
from edgewright.evaluate.page import report_page
from edgewright.evaluate.paired_shares import PairedShares, quantile
from edgewright.evaluate.rewriting import Difference, Moved, RewritingProof, rewriting_proof
from edgewright.evaluate.runner import Runner, Sample
from edgewright.evaluate.wording import evaluation_tables

__all__ = [
    "Accuracy",
    "Agreement",
    "Comparison",
    "Difference",
    "EngineCandidate",
    "EngineChoice",
    "EngineTolerance",
    "Estimate",
    "Evaluation",
    "Failure",
    "Interval",
    "Metric",
    "Moved",
    "OutputAgreement",
    "Outputs",
    "PairedShares",
    "Places",
    "RewritingProof",
    "Runner",
    "Sample",
    "Scored",
    "accuracy",
    "agreement",
    "choose_engine",
    "compare",
    "estimate",
    "evaluate",
    "evaluation_tables",
    "find_metric",
    "match_classes",
    "metric_names",
    "paired_change",
    "quantile",
    "register_metric",
    "report_page",
    "rewriting_proof",
    "wilson",
]
