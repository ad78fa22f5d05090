"""From the numbers of an output to scores: softmax, and the calibration that a file may carry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import ScoreCalibration, Sigmoid
from edgewright.spelling import argument
from edgewright.task.numbers.limits import share

Scores = npt.NDArray[np.float32]

ScoreRange = tuple[float, float]
"""The lowest and the highest score that a model can say."""

SHARES: ScoreRange = (0.0, 1.0)
"""Of probabilities, shares of a picture, and all scores that a sigmoid or softmax makes."""

_NEVER = Sigmoid(0.0, 0.0, 0.0, np.inf)

# Below this a logarithm is taken of this instead.
_LEAST = 1e-16


def threshold_of(given: Any, of_file: float | None, usual: float) -> float:
    """The threshold of scores from 0 to 1: the caller's, else the file's, else the usual one.

    Raises `UsageError` for one that no score, or every score, reaches.
    """
    if given is None and of_file is not None:
        if not 0 <= of_file <= 1:
            instead = argument("threshold")
            raise UsageError(f"the file's own threshold is {of_file:g}; scores go from 0 to 1. Give another: {instead}")
        return of_file
    return share(usual if given is None else given, argument("threshold"))


def softmax(logits: Scores) -> Scores:
    """exp(logit) / sum of all exp, over (n,); the largest is subtracted first, which changes nothing but the range.

    Raises `DataError` where all are -infinity, the logarithm of 0.
    """
    largest = float(logits.max())
    if largest == -math.inf:
        raise DataError("the model returned -infinity for every class: that is no answer")
    powers = np.exp(logits.astype(np.float64) - largest)
    probabilities: Scores = (powers / powers.sum()).astype(np.float32)
    return probabilities


class Calibrator:
    """Makes scores comparable between classes; classes without a sigmoid, and scores too low for it, take the default.

    Source: `ScoreCalibrationOptions` of TensorFlow Lite Metadata, as the TensorFlow Lite Task Library applies it.
    """

    def __init__(self, calibration: ScoreCalibration) -> None:
        # One more, for classes of which nothing is said: no score reaches it.
        sigmoids = [one or _NEVER for one in (*calibration.sigmoids, None)]
        self._scale, self._slope, self._offset = (np.array([one[place] for one in sigmoids]) for place in range(3))
        self._least = np.array([-np.inf if one.min_score is None else one.min_score for one in sigmoids])
        self._transformation = calibration.transformation
        self._default = np.float32(calibration.default_score)

    def __call__(self, scores: Scores, classes: npt.NDArray[np.int64] | None = None) -> Scores:
        """Scores (n,) of these classes (n,); without those of class 0, 1, 2, …."""
        last = len(self._least) - 1
        of = np.arange(len(scores)) if classes is None else classes
        of = np.where((of < 0) | (of > last), last, of)
        exact = scores.astype(np.float64)
        logits = self._slope[of] * _transformed(exact, self._transformation) + self._offset[of]
        with np.errstate(over="ignore"):  # The power is infinite then, and the score 0.
            calibrated = (self._scale[of] / (1 + np.exp(-logits))).astype(np.float32)
        return np.where(exact >= self._least[of], calibrated, self._default)


def calibrate(scores: Scores, calibration: ScoreCalibration, classes: npt.NDArray[np.int64] | None = None) -> Scores:
    """Calibrate scores (n,) once; see `Calibrator`."""
    return Calibrator(calibration)(scores, classes)


def _transformed(scores: npt.NDArray[np.float64], transformation: str) -> npt.NDArray[np.float64]:
    if transformation == "identity":
        return scores
    logarithm: npt.NDArray[np.float64] = np.log(np.maximum(scores, _LEAST))
    if transformation == "log":
        return logarithm
    inverse: npt.NDArray[np.float64] = logarithm - np.log(np.maximum(1 - scores, _LEAST))
    return inverse
