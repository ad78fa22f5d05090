"""Metrics of windows of series: accuracy, agreement with a reference, silence where nothing happens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgewright.data import ClassTarget, EventsTarget
from edgewright.errors import DataError
from edgewright.evaluate import find_metric
from edgewright.task import SeriesEvents

ACCURACY = find_metric("series", ClassTarget)
AGREEMENT = find_metric("series", None)
QUIET = find_metric("series", EventsTarget, "quiet-windows")


def result(scores: object, threshold: float | None = 0.5, *, anomaly: bool = False) -> SeriesEvents:
    values = np.asarray(scores, np.float32)
    spans = np.stack([np.arange(len(values)), np.arange(len(values)) + 1.0], axis=1)
    labels = ("anomaly",) if anomaly else ("a", "b")
    return SeriesEvents(values, spans, labels, threshold, meaning="anomaly" if anomaly else "classes")


def classes(*best: int) -> SeriesEvents:
    return result([[0.9, 0.1] if index == 0 else [0.4, 0.6] for index in best])


def test_each_metric_is_the_one_for_its_data() -> None:
    assert (ACCURACY.name, AGREEMENT.name) == ("window-top1", "window-agreement")
    assert find_metric("series", EventsTarget).name == "segment-F1"


def test_every_window_counts_whatever_the_length_of_its_series() -> None:
    records = [ACCURACY.record(classes(0, 0, 0, 1), ClassTarget(0)), ACCURACY.record(classes(0), ClassTarget(1))]
    assert ACCURACY.combine(records) == 3 / 5
    assert ACCURACY.confusion(records) == {(0, 0): 3, (0, 1): 1, (1, 0): 1}
    assert [(one.index, one.value, one.count) for one in ACCURACY.by_class(records)] == [(0, 0.75, 4), (1, 0.0, 1)]
    assert ACCURACY.weighted(records)(np.array([1, 3])) == 3 / 7


def test_wrong_windows_are_worse_the_more_there_are_and_the_surer_they_are() -> None:
    all_right, some, more, surer = (
        ACCURACY.loss(ACCURACY.record(said, ClassTarget(0)))
        for said in (classes(0, 0), classes(0, 1), classes(1, 1), result([[0.2, 0.8], [0.2, 0.8]]))
    )
    assert all_right is None
    assert 0 < some < more < surer


def test_agreement_of_classes_is_the_share_of_windows_with_the_same_one() -> None:
    records = [AGREEMENT.record(classes(0, 1, 1), classes(0, 1, 0)), AGREEMENT.record(classes(1), classes(1))]
    assert AGREEMENT.combine(records) == 3 / 4


def test_scores_of_anomalies_are_the_same_to_a_tenth() -> None:
    ours = result([[1.0], [4.0], [0.0], [0.95], [0.0]], anomaly=True)
    theirs = result([[2.0], [1.0], [0.0], [1.0], [0.1]], anomaly=True)
    assert AGREEMENT.combine([AGREEMENT.record(ours, theirs)]) == 2 / 5
    assert AGREEMENT.combine([AGREEMENT.record(theirs, ours)]) == 2 / 5


def test_other_windows_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="cannot be compared"):
        AGREEMENT.record(classes(0, 1), classes(0))


def test_windows_in_which_nothing_happens_are_to_be_silent() -> None:
    said = result([[0.1], [0.6], [0.7], [0.2]], anomaly=True)
    nothing = EventsTarget(np.zeros((0, 2)), np.zeros(0, np.int64))
    assert QUIET.record(said, nothing) == (2, 4)
    during = EventsTarget(np.array([[1.2, 1.4]]), np.array([0]))
    assert QUIET.record(said, during) == (2, 3)
    assert QUIET.combine([(2, 4), (2, 3)]) == 4 / 7
    assert QUIET.record(result([[9.0]], None, anomaly=True), nothing) == (1, 1)
    assert math.isnan(QUIET.combine([(0, 0)]))
