"""The last layer of a classifier in closed form: ridge regression on classes, proven by leaving out one at a time.

A few pictures of each class and a thousand features have no unique solution. Ridge regression takes the one with the
smallest weights; how small they have to be (lambda) is chosen by how well each sample is told from all others. What a
fit without a sample would say of it follows from the fit with it, so that a thousand fits cost as much as one.

Sources: Hoerl and Kennard, "Ridge Regression", Technometrics 12 (1970). Residuals of leave-one-out: Allen, "The
Relationship between Variable Selection and Data Augmentation", Technometrics 16 (1974), e_i / (1 - h_ii).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Of the mean square of a sample's features: from "fit them all" to "the mean of each class".
_LAMBDAS = 10.0 ** np.arange(-4, 2.25, 0.25)

# Factors from scores, which are near 0 or 1, to logits.
_FACTORS = 2.0 ** np.arange(0, 5.25, 0.25)

# A feature that varies less than this share of the mean does not become that much louder.
_QUIET = 0.1


@dataclass(frozen=True, eq=False)
class Head:
    """A fully connected layer and a softmax: `weights` (classes, features) and `bias` (classes,), float32."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def __call__(self, features: npt.NDArray[Any]) -> Array:
        """Probabilities (n, classes) of features (n, features)."""
        return softmax(features @ self.weights.T.astype(np.float64) + self.bias)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A head, and what it says of each of its own samples when that is left out.

    `left_out` (n, classes): probabilities. `regularization` is lambda, as a share of the mean square of the centered
    features; `factor` leads from scores to logits.
    """

    head: Head
    left_out: Array
    regularization: float
    factor: float


def fit(features: npt.NDArray[Any], classes: npt.NDArray[np.int64], count: int) -> Fitted:
    """Fit a head for `count` classes to features (n, features) of unit length, of which `classes` (n,) says the class.

    Every class weighs the same, however many samples it has; each needs two. Features that vary little are made louder,
    by the square root of their deviation: on small sets that was half a point better than as they are.
    """
    loudness = _loudness(features)
    weights = (len(classes) / (count * np.bincount(classes, minlength=count)))[classes]
    problem = _Problem.of(features * loudness, np.eye(count)[classes], weights)
    regularization, scores = problem.best()
    factor = _factor(scores, classes, weights)
    solved = problem.weights(regularization) * factor
    bias = problem.target * factor - problem.center @ solved
    head = Head((solved * loudness[:, None]).T.astype(np.float32), bias.astype(np.float32))
    return Fitted(head, softmax(scores * factor), regularization, factor)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Weighted, centered samples, taken apart: `u` (n, r) and `squares` (r,) are those of the singular values.

    `samples` (n, features) and `wanted` (n, classes) are centered at `center` and `target` and multiplied by the root
    of the weights.
    """

    samples: Array
    wanted: Array
    center: Array
    target: Array
    weights_of: Array
    u: Array
    squares: Array

    @classmethod
    def of(cls, features: Array, wanted: Array, weights: Array) -> _Problem:
        root, total = np.sqrt(weights)[:, None], weights.sum()
        center, target = weights @ features / total, weights @ wanted / total
        samples = root * (features - center)
        u, squares = _taken_apart(samples)
        return cls(samples, root * (wanted - target), center, target, weights, u, squares)

    def best(self) -> tuple[float, Array]:
        """The regularization whose left-out samples are nearest to their classes, and the scores of these."""
        tried = [(share, self._left_out(share)) for share in _LAMBDAS.tolist()]
        errors = [float((self.weights_of[:, None] * (scores - self._truth) ** 2).sum()) for _, scores in tried]
        return tried[int(np.argmin(errors))]

    def weights(self, share: float) -> Array:
        """The solution (features, classes): A' U (S + lambda)^-1 U' T."""
        solved: Array = self.samples.T @ (
            self.u @ ((self.u.T @ self.wanted) / (self.squares + self._lam(share))[:, None])
        )
        return solved

    @property
    def _truth(self) -> Array:
        truth: Array = self.wanted / np.sqrt(self.weights_of)[:, None] + self.target
        return truth

    def _left_out(self, share: float) -> Array:
        """What fits without it say of each sample (n, classes). The diagonal of the hat matrix has the mean in it."""
        kept = self.squares / (self.squares + self._lam(share))
        fitted = self.u @ (kept[:, None] * (self.u.T @ self.wanted))
        leverage = self.u**2 @ kept + self.weights_of / self.weights_of.sum()
        residual = (self.wanted - fitted) / np.sqrt(self.weights_of)[:, None]
        left_out: Array = self._truth - residual / np.maximum(1 - leverage, 1e-9)[:, None]
        return left_out

    def _lam(self, share: float) -> float:
        return share * max(float(self.squares.sum()) / len(self.samples), np.finfo(np.float64).tiny)


def softmax(logits: npt.NDArray[Any]) -> Array:
    """exp(logit) / sum of all exp, of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _taken_apart(samples: Array) -> tuple[Array, Array]:
    """Left singular vectors (n, r) and squares of the singular values (r,), by the smaller of the two Gram matrices."""
    if len(samples) <= samples.shape[1]:
        squares, u = np.linalg.eigh(samples @ samples.T)
        return u, np.maximum(squares, 0)
    squares, v = np.linalg.eigh(samples.T @ samples)
    known = squares > squares[-1] * 1e-12
    return samples @ v[:, known] / np.sqrt(squares[known]), squares[known]


def _loudness(features: npt.NDArray[Any]) -> Array:
    deviation = features.std(axis=0, dtype=np.float64)
    usual = float(deviation.mean())
    loudness: Array = 1 / np.sqrt(deviation + _QUIET * usual) if usual else np.ones_like(deviation)
    return loudness


def _factor(scores: Array, classes: npt.NDArray[np.int64], weights: Array) -> float:
    """The factor under which left-out samples are the least surprising: probabilities that mean what they say.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (temperature scaling).
    """
    own = np.arange(len(classes)), classes
    likely = [float(weights @ np.log(np.maximum(softmax(scores * factor)[own], 1e-12))) for factor in _FACTORS]
    return float(_FACTORS[int(np.argmax(likely))])
