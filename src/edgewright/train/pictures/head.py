"""The last layer by multinomial logistic regression; how strongly it is held back is found by cross-validation.

Groups of samples that are nearly the same stay on one side of each fold. Needs scikit-learn; for a child process.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Folds = Sequence[tuple[Indices, Indices]]
"""For each fold, which samples are fitted to, and which are left out."""

_FOLDS = 5

# 1 / (C n), from a strong pull to a weak one.
_REGULARIZATIONS = tuple(10.0 ** np.arange(1, -4.1, -0.5))

# Where there are too few groups to find out.
_USUAL = 1e-2

# So many samples show which regularization is good.
_ENOUGH = 2_000

_STEPS = 200

# The logit of a class that was not seen.
_UNLIKELY = 30.0

# A feature that varies less than this share of the mean does not become that much louder.
_QUIET = 0.1


@dataclass(frozen=True, eq=False)
class FittedHead:
    """A fully connected layer: `weights` (features, classes) and `bias` (classes,), float32.

    `accuracy` and `loss`: the share of samples told right by a head fitted without their fold, and its mean cross
    entropy; None where there are too few groups for folds.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    regularization: float
    accuracy: float | None
    loss: float | None


@dataclass(frozen=True, eq=False)
class _Scaled:
    """Features as the regression takes them: each centered and of about the same spread, turned into fewer columns.

    The penalty does not mind the turn: a solution has no part outside of what the samples span.
    """

    samples: Array
    center: Array
    factors: Array
    turn: Array | None

    @classmethod
    def of(cls, features: npt.NDArray[Any]) -> _Scaled:
        center = features.mean(axis=0, dtype=np.float64)
        spread = features.std(axis=0, dtype=np.float64)
        factors = 1 / np.maximum(spread + _QUIET * spread.mean(), np.finfo(np.float64).tiny)
        samples = (features - center) * factors
        if len(samples) >= samples.shape[1]:
            return cls(samples, center, factors, None)
        turn, _ = np.linalg.qr(samples.T)
        return cls(samples @ turn, center, factors, turn)

    def of_others(self, features: npt.NDArray[Any]) -> Array:
        """Other features on the same scale."""
        scaled: Array = (features - self.center) * self.factors
        return scaled if self.turn is None else scaled @ self.turn

    def layer(self, weights: Array, bias: Array) -> tuple[Array, Array]:
        """What is a layer on the scaled features as one on those that were given."""
        turned = weights if self.turn is None else self.turn @ weights
        plain = turned * self.factors[:, None]
        return plain, bias - self.center @ plain


def folds_of(classes: Indices, groups: Indices, seed: int) -> Folds:
    """Split samples of `classes` and `groups` (n,) into folds; none where that cannot be."""
    from sklearn.model_selection import StratifiedGroupKFold

    classes, groups = classes[:_ENOUGH], groups[:_ENOUGH]
    count = min(_FOLDS, len(np.unique(groups)), int(np.bincount(classes).max()))
    if count < 2:
        return []
    with warnings.catch_warnings():  # a class with fewer groups than folds is in fewer of them
        warnings.simplefilter("ignore")
        found = list(
            StratifiedGroupKFold(count, shuffle=True, random_state=seed % 2**32).split(classes, classes, groups)
        )
    return [(train, held_out) for train, held_out in found if len(np.unique(classes[train])) > 1 and len(held_out)]


def fit_head(features: npt.NDArray[Any], classes: Indices, count: int, folds: Folds, *, balanced: bool) -> FittedHead:
    """Fit a head for `count` classes to features (n, width) of samples whose `classes` (n,) are known."""
    scaled = _Scaled.of(features)
    share, validated = _best_regularization(scaled.samples, classes, count, folds, balanced)
    weights, bias = scaled.layer(*_solved(scaled.samples, classes, count, share, balanced))
    loss, accuracy = validated or (None, None)
    return FittedHead(weights.astype(np.float32), bias.astype(np.float32), share, accuracy, loss)


def told(
    features: npt.NDArray[Any],
    asked: Sequence[npt.NDArray[Any]],
    classes: Indices,
    count: int,
    folds: Folds,
    *,
    balanced: bool,
) -> list[float]:
    """The share of samples that heads fitted without their fold tell right, by each of several features of them."""
    scaled = _Scaled.of(features)
    share, _ = _best_regularization(scaled.samples, classes, count, folds, balanced)
    others = [scaled.of_others(one) for one in asked]
    right: list[list[npt.NDArray[np.bool_]]] = [[] for _ in others]
    for train, held_out in folds:
        weights, bias = _solved(scaled.samples[train], classes[train], count, share, balanced)
        for place, samples in enumerate(others):
            right[place].append((samples[held_out] @ weights + bias).argmax(axis=1) == classes[held_out])
    return [float(np.concatenate(one).mean()) if one else 0.0 for one in right]


def _best_regularization(
    samples: Array, classes: Indices, count: int, folds: Folds, balanced: bool
) -> tuple[float, tuple[float, float] | None]:
    """From a strong pull to weaker ones as long as the loss becomes smaller, and what samples left out said then."""
    best: tuple[float, tuple[float, float] | None] = (_USUAL, None)
    for share in _REGULARIZATIONS if folds else ():
        validated = _validated(samples, classes, count, folds, share, balanced)
        if best[1] is not None and validated[0] > best[1][0]:
            break
        best = float(share), validated
    return best


def _validated(
    samples: Array, classes: Indices, count: int, folds: Folds, share: float, balanced: bool
) -> tuple[float, float]:
    """Mean cross entropy and share of right answers of samples that are left out, by a fit to the others."""
    losses, right = [], []
    for train, held_out in folds:
        weights, bias = _solved(samples[train], classes[train], count, share, balanced)
        logits = samples[held_out] @ weights + bias
        right.append(logits.argmax(axis=1) == classes[held_out])
        own = logits[np.arange(len(held_out)), classes[held_out]]
        losses.append(np.logaddexp.reduce(logits, axis=1) - own)
    return float(np.concatenate(losses).mean()), float(np.concatenate(right).mean())


def _solved(samples: Array, classes: Indices, count: int, share: float, balanced: bool) -> tuple[Array, Array]:
    """Weights (columns, classes) and bias (classes,); a class that has no sample is the least likely."""
    from sklearn.linear_model import LogisticRegression

    present = np.unique(classes)
    weights, bias = np.zeros((samples.shape[1], count)), np.full(count, -_UNLIKELY if len(present) < count else 0.0)
    strength = 1 / (share * len(samples))
    solver = LogisticRegression(C=strength, class_weight="balanced" if balanced else None, max_iter=_STEPS, tol=1e-4)
    with warnings.catch_warnings():  # of a solver that would go on: by now it is near enough
        warnings.simplefilter("ignore")
        solver.fit(samples, classes)
    if len(present) == 2:  # one row: that of the second class, where the first has zeros
        weights[:, present[1]], bias[present] = solver.coef_[0], (0.0, float(solver.intercept_[0]))
    else:
        weights[:, present], bias[present] = solver.coef_.T, solver.intercept_
    return weights, bias
