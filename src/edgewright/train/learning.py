"""What more samples would bring: learning on parts of those that are there, and the law that this follows.

Errors of classifiers fall with the number of samples by a power law, down to what no number of samples helps against:
error(n) = a + b n^-c. Sources: Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017 (arXiv
1712.00409), section 2; fitted to a learning curve with weights by Figueroa et al., "Predicting sample size required for
classification performance", BMC Medical Informatics and Decision Making 12 (2012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from edgewright.evaluate import wilson
from edgewright.train.teaching.ridge import fit
from edgewright.train.trainer import CurvePoint

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Right = npt.NDArray[np.bool_]
Folds = Sequence[tuple[Indices, Indices]]
Split = Callable[[int], Folds]

TWICE, TENFOLD = 2, 10

# Parts of the samples that are learned from.
_PARTS = (1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1)

# Fewer samples, or points, follow no law that could be seen.
_LEAST, _LEAST_POINTS = 40, 4

# Exponents c, from the slowest that Hestness et al. found to 1, and a as shares of the smallest error.
_EXPONENTS = np.arange(0.1, 1.01, 0.05)
_FLOORS = np.arange(0, 1, 0.05)

# A part of a few samples is a matter of luck: up to so many orders of them are learned from, and drawn anew too. Of
# more samples fewer are, and not all are told.
_ORDERS, _MANY, _TOLD = 4, 1_500, 1_000

_ROUNDS = 400

# Samples told wrong that are added, so that none that is wrong does not mean that there never will be one (Jeffreys).
_PRIOR = 0.5


def learning_curve(
    features: npt.NDArray[np.floating], classes: Indices, groups: Indices, split: Split, *, seed: int
) -> tuple[CurvePoint, ...]:
    """Learn from parts of the samples, tell others, and predict what twice and ten times as many would bring.

    `features` (n, width) of samples whose `classes` and `groups` (n,) are known. `split` makes folds from a seed, pairs
    of places to learn from and to tell that share no group. Each point is the share of others told right by a head in
    closed form (`ridge.fit`) on frozen features; its interval, and that of what is predicted, comes from drawing groups
    anew. Empty where there are too few samples or folds to say anything.
    """
    orders = max(min(_ORDERS, _MANY // max(len(classes), 1)), 1)
    foldings = [_enough(split(seed + order)) for order in range(orders)] if len(classes) >= _LEAST else []
    random = np.random.RandomState(seed)
    sizes = _sizes(classes, foldings)
    if len(sizes) < _LEAST_POINTS:
        return ()
    right = [_told(_unit(features), classes, groups, folds, sizes, random) for folds in foldings]
    shares = np.mean([one.mean(axis=0) for _, one in right], axis=0)
    drawn = _drawn_errors(right, np.unique(groups, return_inverse=True)[1].reshape(-1), random)
    measured = [
        _measured(size, share, len(right[0][0]), 1 - errors)
        for size, share, errors in zip(sizes.tolist(), shares.tolist(), drawn.T, strict=True)
    ]
    return (*measured, *_predicted(sizes, drawn, len(classes)))


def _enough(folds: Folds) -> Folds:
    """As many of the folds as tell a thousand samples."""
    told = np.cumsum([len(others) for _, others in folds])
    return folds[: int(np.searchsorted(told, _TOLD)) + 1]


def _sizes(classes: Indices, foldings: Sequence[Folds]) -> Indices:
    """The sizes (k,) of the parts: no more than every fold has, and two of each class."""
    least = min((len(train) for folds in foldings for train, _ in folds), default=0)
    sizes = np.unique([max(round(part * least), 2 * len(np.unique(classes))) for part in _PARTS])
    return sizes[sizes <= least].astype(np.int64)


def _unit(features: npt.NDArray[np.floating]) -> Array:
    """The features at length 1, as the head takes them."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: Array = features / np.maximum(lengths, np.finfo(np.float64).tiny)
    return unit


def _told(
    features: Array, classes: Indices, groups: Indices, folds: Folds, sizes: Indices, random: np.random.RandomState
) -> tuple[Indices, Right]:
    """The places (m,) of all that is told, and whether it is told right when so many (k,) were learned from (m, k)."""
    right = []
    for train, others in folds:
        order = train[_in_turn(classes[train], groups[train], random)]
        answers = [_answers(features, classes, order[:size], others) for size in sizes]
        right.append(np.stack(answers, axis=1) == classes[others, None])
    return np.concatenate([others for _, others in folds]), np.concatenate(right)


def _in_turn(classes: Indices, groups: Indices, random: np.random.RandomState) -> Indices:
    """An order of which any first part has each class in proportion, one of each before all, and groups in a row."""
    number = np.unique(groups, return_inverse=True)[1].reshape(-1)
    rank = random.permutation(number.max() + 1)[number]
    turn = np.empty(len(classes))
    for label in np.unique(classes):
        mine = np.flatnonzero(classes == label)
        mine = mine[np.argsort(rank[mine], kind="stable")]
        turn[mine] = (np.arange(len(mine)) + random.random_sample()) / len(mine)
        turn[mine[0]] -= 1
    order: Indices = np.argsort(turn, kind="stable")
    return order


def _answers(features: Array, classes: Indices, learned: Indices, others: Indices) -> Indices:
    """The classes that a head says of others; it knows those that it has seen only."""
    seen, inner = np.unique(classes[learned], return_inverse=True)
    if len(seen) < 2:
        return np.full(len(others), seen[0])
    head = fit(features[learned], inner.reshape(-1), len(seen)).head
    answers: Indices = seen[head(features[others]).argmax(axis=1)]
    return answers


def _drawn_errors(told: Sequence[tuple[Indices, Right]], groups: Indices, random: np.random.RandomState) -> Array:
    """Shares of wrong answers (rounds, k), as they would be of other groups and orders of the same kind.

    Each round weighs both anew (Rubin, "The Bayesian bootstrap", Annals of Statistics 9, 1981).
    """
    weights = random.standard_exponential((_ROUNDS, int(groups.max()) + 1))
    orders = random.dirichlet(np.ones(len(told)), _ROUNDS)
    prior = random.standard_gamma(_PRIOR, (_ROUNDS, 1))
    errors = np.zeros((_ROUNDS, told[0][1].shape[1]))
    for share, (places, right) in zip(orders.T, told, strict=True):
        of_sample = weights[:, groups[places]]
        errors += share[:, None] * (of_sample @ ~right + prior) / (of_sample.sum(axis=1, keepdims=True) + prior)
    return errors


def _measured(size: int, share: float, told: int, drawn: Array) -> CurvePoint:
    """The share told right, with the wider of two intervals: that of drawing groups anew, and Wilson's."""
    low, high = np.percentile(drawn, [2.5, 97.5])
    alone = wilson(round(share * told), told)
    return CurvePoint(size, share, min(float(low), alone.low), max(float(high), alone.high))


def _predicted(sizes: Indices, drawn: Array, total: int) -> list[CurvePoint]:
    """What the law says of more samples: the mean, and the middle 95%, of laws fitted to what was drawn anew."""
    wanted = np.array([TWICE * total, TENFOLD * total])
    weights = 1 / np.maximum(drawn.var(axis=0), 1e-12)
    reached = 1 - _extrapolated(sizes, drawn, weights, wanted)
    low, high = np.percentile(reached, [2.5, 97.5], axis=0)
    bounded = np.clip(np.stack([reached.mean(axis=0), low, high], axis=1), 0, 1)
    return [
        CurvePoint(n, value, below, above, True)
        for n, (value, below, above) in zip(wanted.tolist(), bounded.tolist(), strict=True)
    ]


def _extrapolated(sizes: Indices, errors: Array, weights: Array, wanted: Indices) -> Array:
    """Errors (rounds, wanted) by the law that is nearest to each row of errors (rounds, sizes), in weighted squares.

    a and c are tried, all pairs of them; b, at least 0, follows from them.
    """
    falling = sizes[None, :].astype(np.float64) ** -_EXPONENTS[:, None]
    floors = errors.min(axis=1)[:, None] * _FLOORS
    above = errors[:, None, :] - floors[:, :, None]
    slopes = np.maximum((weights * above) @ falling.T / (weights * falling**2).sum(axis=1), 0)
    residuals = above[:, :, None, :] - slopes[..., None] * falling
    best = (weights * residuals**2).sum(axis=-1).reshape(len(errors), -1).argmin(axis=1)
    floor, exponent = np.unravel_index(best, slopes.shape[1:])
    rounds = np.arange(len(errors))
    reached = floors[rounds, floor, None] + slopes[rounds, floor, exponent, None] * (
        wanted[None, :] ** -_EXPONENTS[exponent, None]
    )
    extrapolated: Array = reached
    return extrapolated
