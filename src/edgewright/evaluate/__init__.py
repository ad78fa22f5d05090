"""Metrics over data sets with intervals, and agreement between two models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.evaluate.accuracy import Accuracy, accuracy
from edgewright.evaluate.agreement import Agreement, OutputAgreement, agreement, compare
from edgewright.evaluate.choosing import EngineCandidate, EngineChoice, choose_engine
from edgewright.evaluate.class_names import Outputs, Places, kind_for, match_classes
from edgewright.evaluate.engine_agreement import EngineTolerance
from edgewright.evaluate.intervals import Estimate, Interval, estimate, paired_change, wilson
from edgewright.evaluate.metrics import Confusing, Metric, find_metric, metric_names, register_metric
from edgewright.evaluate.paired_shares import PairedShares, quantile
from edgewright.evaluate.part_agreement import PartAgreement
from edgewright.evaluate.parts import Part, parts_of
from edgewright.evaluate.rewriting import Difference, Moved, RewritingProof, rewriting_proof
from edgewright.evaluate.runner import Runner, Sample
from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.evaluate.evaluating import evaluate as evaluate
    from edgewright.evaluate.evaluation import Comparison as Comparison
    from edgewright.evaluate.evaluation import Evaluation as Evaluation
    from edgewright.evaluate.evaluation import Failure as Failure
    from edgewright.evaluate.evaluation import Scored as Scored
    from edgewright.evaluate.evaluation import change as change
    from edgewright.evaluate.evaluation import figure as figure
    from edgewright.evaluate.evaluation import with_interval as with_interval
    from edgewright.evaluate.page import class_blocks as class_blocks
    from edgewright.evaluate.page import report_page as report_page
    from edgewright.evaluate.page import worst_blocks as worst_blocks
    from edgewright.evaluate.probes import Feed as Feed
    from edgewright.evaluate.probes import Probes as Probes
    from edgewright.evaluate.wording import classes_table as classes_table
    from edgewright.evaluate.wording import evaluation_tables as evaluation_tables

# What draws an evaluation is not there for those who only want to choose an engine.
__getattr__, _, _lazy = exports(
    __name__,
    {
        "evaluating": "evaluate",
        "evaluation": "Comparison Evaluation Failure Scored change figure with_interval",
        "page": "class_blocks report_page worst_blocks",
        "probes": "Feed Probes",
        "wording": "classes_table evaluation_tables",
    },
)

__all__ = [
    *_lazy,
    "Accuracy",
    "Agreement",
    "Confusing",
    "Difference",
    "EngineCandidate",
    "EngineChoice",
    "EngineTolerance",
    "Estimate",
    "Interval",
    "Metric",
    "Moved",
    "OutputAgreement",
    "Outputs",
    "PairedShares",
    "Part",
    "PartAgreement",
    "Places",
    "RewritingProof",
    "Runner",
    "Sample",
    "accuracy",
    "agreement",
    "choose_engine",
    "compare",
    "estimate",
    "find_metric",
    "kind_for",
    "match_classes",
    "metric_names",
    "paired_change",
    "parts_of",
    "quantile",
    "register_metric",
    "rewriting_proof",
    "wilson",
]
