"""From the numbers of an output to scores: softmax, and the calibration that a file may carry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgewright.model import ScoreCalibration, Sigmoid

Scores = npt.NDArray[np.float32]

# Below this a logarithm is taken of this instead.
_LEAST = 1e-16


def softmax(logits: Scores) -> Scores:
    """exp(logit) / sum of all exp, over (n,); the largest is subtracted first, which changes nothing but the range."""
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    probabilities: Scores = (powers / powers.sum()).astype(np.float32)
    return probabilities


def calibrate(scores: Scores, calibration: ScoreCalibration, classes: npt.NDArray[np.int64] | None = None) -> Scores:
    """Scores (n,) made comparable between classes; classes without a sigmoid take the default score.

    `classes` (n,) says of which class each score is; without it they are those of class 0, 1, 2, ….
    Source: `ScoreCalibrationOptions` of TensorFlow Lite Metadata, as the TensorFlow Lite Task Library applies it.
    """
    transformed = _transformed(scores.astype(np.float64), calibration.transformation)
    result = np.full(scores.shape, calibration.default_score, np.float32)
    for place, index in enumerate(range(len(scores)) if classes is None else classes.tolist()):
        sigmoid = calibration.sigmoids[index] if 0 <= index < len(calibration.sigmoids) else None
        if sigmoid is not None and not _too_low(float(scores[place]), sigmoid):
            result[place] = sigmoid.scale / (1 + np.exp(-(sigmoid.slope * transformed[place] + sigmoid.offset)))
    return result


def _too_low(score: float, sigmoid: Sigmoid) -> bool:
    return sigmoid.min_score is not None and score < sigmoid.min_score


def _transformed(scores: npt.NDArray[np.float64], transformation: str) -> npt.NDArray[np.float64]:
    if transformation == "identity":
        return scores
    logarithm: npt.NDArray[np.float64] = np.log(np.maximum(scores, _LEAST))
    if transformation == "log":
        return logarithm
    inverse: npt.NDArray[np.float64] = logarithm - np.log(np.maximum(1 - scores, _LEAST))
    return inverse
