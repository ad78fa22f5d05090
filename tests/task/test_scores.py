"""Softmax and calibration, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgewright.model import ScoreCalibration, Sigmoid
from edgewright.task.numbers.scores import calibrate, softmax


def test_softmax_of_known_logits():
    assert softmax(np.log(np.array([1, 2, 5], np.float32))) == pytest.approx([0.125, 0.25, 0.625])


def test_softmax_of_large_logits_stays_finite():
    assert softmax(np.array([1000, 1000], np.float32)).tolist() == [0.5, 0.5]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(
    ("transformation", "transformed"),
    [("identity", 0.7), ("log", math.log(0.7)), ("inverse_logistic", math.log(0.7 / 0.3))],
)
def test_each_transformation(transformation: str, transformed: float):
    calibration = ScoreCalibration(sigmoids=(Sigmoid(0.9, 2.0, -0.5),), transformation=transformation)
    (score,) = calibrate(np.array([0.7], np.float32), calibration)
    assert score == pytest.approx(0.9 * sigmoid(2.0 * transformed - 0.5), rel=1e-5)


def test_classes_without_sigmoid_or_below_its_minimum_take_the_default():
    calibration = ScoreCalibration(sigmoids=(None, Sigmoid(1, 1, 0, 0.5), Sigmoid(1, 1, 0, 0.5)), default_score=0.01)
    scores = calibrate(np.array([0.9, 0.4, 0.6, 0.8], np.float32), calibration)
    assert scores == pytest.approx([0.01, 0.01, sigmoid(0.6), 0.01])


def test_a_score_of_zero_has_a_logarithm():
    calibration = ScoreCalibration(sigmoids=(Sigmoid(1, 1, 0),), transformation="log")
    assert calibrate(np.array([0], np.float32), calibration)[0] == pytest.approx(sigmoid(math.log(1e-16)))
