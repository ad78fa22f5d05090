"""Metrics: what they keep of a sample, what they make of many, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from edgewright.data import BoxesTarget, ClassTarget
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import estimate, find_metric, metric_names, paired_change, wilson
from edgewright.evaluate.metrics.metric import loss, weighted
from edgewright.task import Classification

LABELS = ("cat", "dog", "owl")


def said(*scores: float) -> Classification:
    return Classification(np.array(scores, np.float32), LABELS)


@dataclass(frozen=True)
class MeanScore:
    """A metric of another package, with nothing but what the protocol asks for."""

    name: str = "mean-score"
    title: str = "Mean score"
    kinds: frozenset[str] | None = None
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: Any) -> float:
        return float(result)

    def combine(self, records: Sequence[float]) -> float:
        return sum(records) / len(records)


def test_top1_counts_the_best_answer_and_top5_the_five_best():
    top1, top5 = find_metric("classification", ClassTarget), find_metric("classification", ClassTarget, "top5")
    records = [top1.record(said(0.7, 0.2, 0.1), ClassTarget(0)), top1.record(said(0.7, 0.2, 0.1), ClassTarget(1))]
    assert top1.combine(records) == 0.5
    assert top5.combine([top5.record(said(0.7, 0.2, 0.1), ClassTarget(2))]) == 1
    assert loss(top1, records[0]) is None
    assert loss(top1, records[1]) == pytest.approx(0.7)


def test_records_survive_a_cache_of_json():
    for name in ("top1", "agreement", "cosine"):
        metric = find_metric("classification", None if name != "top1" else ClassTarget, name)
        target = ClassTarget(1) if name == "top1" else said(0.1, 0.8, 0.1)
        records = [metric.record(said(0.7, 0.2, 0.1), target), metric.record(said(0.1, 0.8, 0.1), target)]
        again = json.loads(json.dumps(records))
        assert metric.combine(again) == metric.combine(records)
        assert weighted(metric, again)(np.array([2, 1])) == pytest.approx(metric.combine([*again, again[0]]))


def test_agreement_and_cosine_compare_with_a_reference():
    agreement, cosine = (find_metric("classification", None, name) for name in ("agreement", "cosine"))
    assert agreement.combine([agreement.record(said(0.7, 0.2, 0.1), said(0.6, 0.4, 0))]) == 1
    assert agreement.combine([agreement.record(said(0.1, 0.2, 0.1), said(0.6, 0.4, 0))]) == 0
    assert cosine.record(said(1, 0, 0), said(2, 0, 0)) == pytest.approx(1)
    assert cosine.record(said(1, 0, 0), said(0, 2, 0)) == 0
    with pytest.raises(DataError, match="2 values cannot be compared with the 3"):
        cosine.record(said(1, 0), said(0, 2, 0))


def test_the_metric_of_a_task_is_found_by_its_targets():
    assert find_metric("classification", ClassTarget).name == "top1"
    assert find_metric("classification", None).name == "agreement"
    assert find_metric("anything", None).name == "agreement"
    assert {"top1", "top5", "agreement", "cosine"} <= set(metric_names())


@pytest.mark.parametrize(
    ("kind", "target", "name", "says"),
    [
        ("classification", BoxesTarget, "top1", "needs data with ClassTarget; these have BoxesTarget"),
        ("classification", None, "top1", "needs data with ClassTarget; these have no labels"),
        ("detection", ClassTarget, "top1", r"is for classification.*, and the model's task is detection"),
        ("classification", BoxesTarget, None, "no metric scores the results of classification against data with Boxes"),
        ("classification", ClassTarget, "top-1", "no metric 'top-1'. Did you mean 'top1'"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused(kind: str, target: type, name: str | None, says: str):
    with pytest.raises(UsageError, match=says):
        find_metric(kind, target, name)


def test_a_share_has_the_interval_of_wilson():
    top1 = find_metric("classification", ClassTarget)
    records = [(0, 0, 0.9, place < 90) for place in range(100)]
    found = estimate(top1, records)
    assert found.value == 0.9
    assert found.interval == wilson(90, 100)


def test_what_is_no_share_is_resampled():
    random = np.random.RandomState(1)
    values = random.normal(5, 2, 400).tolist()
    found = estimate(MeanScore(), values)
    textbook = 1.96 * np.std(values) / np.sqrt(400)
    assert found.value == pytest.approx(np.mean(values))
    assert found.interval.high - found.value == pytest.approx(textbook, rel=0.15)
    assert found.value - found.interval.low == pytest.approx(textbook, rel=0.15)
    assert estimate(MeanScore(), values) == found
    assert estimate(MeanScore(), values, confidence=0.5).interval.high < found.interval.high


def test_a_paired_change_is_surer_than_two_values():
    random = np.random.RandomState(1)
    before = random.normal(5, 2, 300)
    after = before + random.normal(0.2, 0.1, 300)
    change = paired_change(MeanScore(), before.tolist(), after.tolist())
    assert change.value == pytest.approx(np.mean(after - before))
    assert change.interval.low > 0.15
    assert change.interval.high < 0.25


def test_no_difference_among_few_samples_is_no_proof_of_none():
    top1 = find_metric("classification", ClassTarget)
    right = [(0, 0, 0.9, True)] * 20
    change = paired_change(top1, right, right)
    assert change.value == 0
    assert change.interval.low < -0.1 < 0.1 < change.interval.high
    worse = [(0, 1, 0.9, False)] * 10 + [(0, 0, 0.9, True)] * 10
    assert paired_change(top1, right, worse).interval.high < 0


def test_records_that_are_no_pairs_are_refused():
    with pytest.raises(UsageError, match="2 and 1 records are no pairs"):
        paired_change(MeanScore(), [1.0, 2.0], [1.0])
    with pytest.raises(UsageError, match="nothing to estimate"):
        estimate(MeanScore(), [])
