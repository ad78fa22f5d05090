"""mAP against cases worked out by hand; against COCO's own program in test_against_pycocotools.py."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.data import BoxesTarget
from edgewright.evaluate import estimate, find_metric, paired_change
from edgewright.evaluate.intervals import Interval
from edgewright.evaluate.metrics.metric import loss, weighted
from edgewright.evaluate.metrics.overlap import overlaps
from edgewright.task import Detections

MAP = find_metric("detection", BoxesTarget)
AT_HALF = find_metric("detection", BoxesTarget, "mAP50")


def found(*rows: tuple[float, ...]) -> Detections:
    """Rows of x0, y0, x1, y1, score, class."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), ("cat", "dog"), (100, 100))


def truth(*rows: tuple[float, ...], crowd: tuple[bool, ...] = ()) -> BoxesTarget:
    table = np.array(rows, np.float64).reshape(-1, 5)
    return BoxesTarget(table[:, :4], table[:, 4].astype(np.int64), np.array(crowd, np.bool_))


def value(metric, *pairs: tuple[Detections, BoxesTarget]) -> float:
    return metric.combine([metric.record(*pair) for pair in pairs])


CAT, DOG = (0, 0, 10, 10), (20, 20, 40, 40)


def test_all_found_exactly_is_one_and_nothing_found_is_zero():
    assert value(MAP, (found((*CAT, 0.9, 0), (*DOG, 0.8, 1)), truth((*CAT, 0), (*DOG, 1)))) == 1
    assert value(MAP, (found(), truth((*CAT, 0)))) == 0
    assert value(MAP, (found((*CAT, 0.9, 1)), truth((*CAT, 0)))) == 0


def test_without_anything_to_find_it_is_no_number():
    assert np.isnan(value(MAP, (found((*CAT, 0.9, 0)), truth())))
    assert np.isnan(value(MAP, (found((*CAT, 0.9, 0)), truth((*CAT, 0), crowd=(True,)))))


def test_half_of_the_things_is_51_of_101_recalls():
    """One of two found: precision 1 at the recalls 0.00 to 0.50."""
    assert value(MAP, (found((*CAT, 0.9, 0)), truth((*CAT, 0), (*DOG, 0)))) == pytest.approx(51 / 101)


def test_a_wrong_detection_before_a_right_one_halves_the_precision():
    assert value(MAP, (found((*DOG, 0.9, 0), (*CAT, 0.8, 0)), truth((*CAT, 0)))) == pytest.approx(0.5)
    assert value(MAP, (found((*DOG, 0.7, 0), (*CAT, 0.8, 0)), truth((*CAT, 0)))) == 1


def test_a_thing_counts_once():
    twice = found((*CAT, 0.9, 0), (*CAT, 0.8, 0), (*DOG, 0.7, 0))
    # Right, wrong, right: precision 1 to recall 0.5, then 2/3.
    assert value(MAP, (twice, truth((*CAT, 0), (*DOG, 0)))) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_an_inexact_box_counts_up_to_its_overlap():
    """IoU 0.8 passes the thresholds 0.50 to 0.80, 7 of 10."""
    inexact = found((0, 0, 10, 8, 0.9, 0))
    assert value(MAP, (inexact, truth((*CAT, 0)))) == pytest.approx(0.7)
    assert value(AT_HALF, (inexact, truth((*CAT, 0)))) == 1


def test_classes_count_alike_however_many_there_are():
    pairs = [(found((*CAT, 0.9, 0)), truth((*CAT, 0)))] * 9 + [(found(), truth((*DOG, 1)))]
    assert value(MAP, *pairs) == pytest.approx(0.5)
    classes = MAP.by_class([MAP.record(*pair) for pair in pairs])
    assert [(one.index, one.value, one.count) for one in classes] == [(0, 1.0, 9), (1, 0.0, 1)]


def test_a_crowd_is_neither_found_nor_missed():
    crowd = truth((*CAT, 0), (20, 20, 80, 80, 0), crowd=(False, True))
    inside = [(30.0, 30.0, 40.0, 40.0, 0.99, 0.0), (50.0, 50.0, 60.0, 60.0, 0.98, 0.0)]
    assert value(MAP, (found((*CAT, 0.9, 0), *inside), crowd)) == 1
    assert value(MAP, (found((*CAT, 0.9, 0), (85, 85, 95, 95, 0.99, 0)), crowd)) == pytest.approx(0.5)


def test_the_hundred_best_of_a_class_count():
    wrong = [(50.0, 50.0, 60.0, 60.0, 0.9, 0.0)] * 100
    assert value(MAP, (found(*wrong[1:], (*CAT, 0.1, 0)), truth((*CAT, 0)))) == pytest.approx(0.01)
    assert value(MAP, (found(*wrong, (*CAT, 0.1, 0)), truth((*CAT, 0)))) == 0


def test_overlap_of_boxes():
    boxes, others = np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 15, 10], [10, 10, 20, 20], [0, 0, 0, 0]])
    assert overlaps(boxes, others, np.zeros(3, np.bool_)).tolist() == [[pytest.approx(1 / 3), 0, 0]]
    assert overlaps(boxes, others, np.ones(3, np.bool_)).tolist() == [[0.5, 0, 0]]
    assert overlaps(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(1, np.bool_)).tolist() == [[0]]


def test_without_labels_the_boxes_that_the_reference_is_sure_of_are_the_truth():
    metric = find_metric("detection", None)
    assert metric.name == "box-agreement"
    reference = found((*CAT, 0.9, 0), (*DOG, 0.2, 0))
    assert metric.combine([metric.record(found((*CAT, 0.4, 0)), reference)]) == 1
    assert metric.combine([metric.record(found((*DOG, 0.4, 0)), reference)]) == 0
    assert metric.combine([metric.record(found((*DOG, 0.5, 0), (*CAT, 0.4, 0)), reference)]) == pytest.approx(0.5)


def random_pictures(count: int, seed: int, noise: float) -> list[tuple[Detections, BoxesTarget]]:
    random = np.random.RandomState(seed)
    pictures = []
    for _ in range(count):
        corners = random.uniform(0, 60, (random.randint(0, 6), 2))
        boxes = np.hstack([corners, corners + random.uniform(5, 40, corners.shape)])
        classes = random.randint(0, 2, len(boxes))
        moved = np.sort(boxes.reshape(-1, 2, 2) + random.normal(0, noise, (len(boxes), 2, 2)), axis=1).reshape(-1, 4)
        rows = [(*box, random.uniform(), index) for box, index in zip(moved, classes, strict=True)]
        pictures.append((found(*rows), BoxesTarget(boxes, classes, random.uniform(size=len(boxes)) < 0.1)))
    return pictures


def test_resampling_by_weights_is_resampling():
    records = [MAP.record(*pair) for pair in random_pictures(40, 1, 2)]
    records = json.loads(json.dumps(records))
    by_weights = weighted(MAP, records)
    for seed in range(5):
        drawn = np.random.RandomState(seed).randint(0, 40, 40)
        expected = MAP.combine([records[index] for index in np.sort(drawn)])
        assert by_weights(np.bincount(drawn, minlength=40)) == pytest.approx(expected)


def test_the_interval_and_the_paired_change_come_from_the_pictures():
    good, bad = ([MAP.record(*pair) for pair in random_pictures(60, 1, noise)] for noise in (1, 3))
    found_good = estimate(MAP, good)
    assert found_good.interval.low < found_good.value < found_good.interval.high
    change = paired_change(MAP, good, bad)
    assert change.value == pytest.approx(MAP.combine(bad) - MAP.combine(good))
    assert change.interval.high < 0
    assert paired_change(MAP, good, good) == (0, Interval(0, 0))


def test_the_interval_lies_around_its_value_also_where_resampling_lifts_the_curve():
    """Noise of all scores: a resample repeats detections, and the interpolated curve takes the luckiest stretch."""
    random, records = np.random.RandomState(3), []
    for _ in range(150):
        there = random.uniform(0, 60, 2)
        rows = [(*corner, *corner + 30, random.uniform(), 0) for corner in [there, *random.uniform(0, 60, (8, 2))]]
        records.append(AT_HALF.record(found(*sorted(rows, key=lambda row: -row[4])), truth((*there, *there + 30, 0))))
    value, (low, high) = estimate(AT_HALF, records)
    assert low < value - 0.3 * (high - low)
    assert high > value + 0.3 * (high - low)


def test_the_worst_pictures_are_those_with_the_lowest_map():
    assert loss(MAP, MAP.record(found((*CAT, 0.9, 0)), truth((*CAT, 0)))) is None
    assert loss(MAP, MAP.record(found(), truth((*CAT, 0)))) == 1
    assert loss(MAP, MAP.record(found((*CAT, 0.9, 0)), truth())) == pytest.approx(0.9)
    assert loss(MAP, MAP.record(found(), truth())) is None
