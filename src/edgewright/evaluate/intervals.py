"""How sure a figure is: intervals of values and of paired differences, for all metrics.

A share has an interval in closed form (Wilson; Tango for the paired difference). For all others the samples are drawn
again and again, with replacement, and the metric is combined anew: the percentile bootstrap (B. Efron, "Bootstrap
methods: another look at the jackknife", Annals of Statistics 7 (1979)). mAP is no mean of its samples, so nothing less
will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.evaluate.metrics.metric import Metric, Weights, weighted
from edgewright.evaluate.paired_shares import PairedShares
from edgewright.machine import Progress, silent

ROUNDS = 1000
"""Resamples of a bootstrap: the ends of a 95% interval are then the 25th of each side."""


class Interval(NamedTuple):
    """A closed interval."""

    low: float
    high: float


class Estimate(NamedTuple):
    """A figure with its interval."""

    value: float
    interval: Interval


def estimate(
    metric: Metric,
    records: Sequence[Any],
    *,
    groups: npt.NDArray[np.int64] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> Estimate:
    """The metric over samples, with its interval: the same for the same records and seed.

    `groups` (n,): samples with the same number say the same thing again, as frames of one video do. Groups are drawn
    then in the place of samples, and the wider interval counts.

    Raises `UsageError` where there are no records or the confidence is none.
    """
    _check(records, confidence)
    value, total = metric.combine(records), len(records)
    _, group_of = np.unique(np.arange(total) if groups is None else groups, return_inverse=True)
    count = int(group_of.max()) + 1
    alone = wilson(round(value * total), total, confidence) if metric.share else Interval(value, value)
    if metric.share and count == total:
        return Estimate(value, alone)
    combine = weighted(metric, records)
    values = _resampled(count, lambda weights: combine(weights[group_of]), seed, progress)
    drawn = _within(metric, _percentiles(values, value, confidence))
    return Estimate(value, Interval(min(alone.low, drawn.low), max(alone.high, drawn.high)))


def paired_change(
    metric: Metric,
    before: Sequence[Any],
    after: Sequence[Any],
    *,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> Estimate:
    """How much more the metric is over `after` than over `before`, records of the same samples in the same order.

    Each resample draws the same samples for both, so that what makes a sample hard for both does not widen the
    interval. Raises `UsageError` where the numbers of records differ, or there are none.
    """
    _check(before, confidence)
    if len(before) != len(after):
        raise UsageError(f"{len(before)} and {len(after)} records are no pairs")
    value = metric.combine(after) - metric.combine(before)
    if metric.share:
        return Estimate(value, _paired_shares(metric, before, after, confidence))
    old, new = weighted(metric, before), weighted(metric, after)
    changes = _resampled(len(before), lambda weights: new(weights) - old(weights), seed, progress)
    return Estimate(value, _percentiles(changes, value, confidence))


def wilson(correct: int, total: int, confidence: float = 0.95) -> Interval:
    """The Wilson score interval of the proportion `correct` of `total`, both ends between 0 and 1.

    Unlike the textbook's normal approximation it stays inside [0, 1] and holds for shares near 0 and 1.
    Raises `UsageError` unless 0 <= correct <= total, total > 0 and 0 < confidence < 1.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if not 0 <= correct <= total or total < 1:
        raise UsageError(f"{correct} correct of {total} is no proportion")
    _check_confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / total
    center = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Interval(0.0 if correct == 0 else center - half, 1.0 if correct == total else center + half)


def _paired_shares(metric: Metric, before: Sequence[Any], after: Sequence[Any], confidence: float) -> Interval:
    right = np.array([[round(metric.combine([record])) for record in records] for records in (before, after)])
    lost, won = int((right[0] > right[1]).sum()), int((right[0] < right[1]).sum())
    counts, one_sided = PairedShares(len(before), lost, won), (1 + confidence) / 2
    return Interval(-counts.upper(one_sided), -counts.lower(one_sided))


def _resampled(n: int, combine: Callable[[Weights], float], seed: int, progress: Progress) -> list[float]:
    # RandomState and not Generator: its stream is frozen (NEP 19), so that an interval is the same next year.
    random = np.random.RandomState(seed)
    values = []
    for done in range(ROUNDS):
        progress("interval", done, ROUNDS)
        values.append(combine(np.bincount(random.randint(0, n, n), minlength=n)))
    return values


def _percentiles(values: Sequence[float], value: float, confidence: float) -> Interval:
    """The middle part of the resampled values, moved so that their mean is the value.

    A resample repeats some pictures, which lifts an interpolated curve such as that of mAP: unmoved, the interval could
    lie above its own value. Resamples that say nothing do not count.
    """
    known = np.array([one for one in values if not math.isnan(one)])
    if not len(known):
        return Interval(value, value)
    low, high = np.percentile(known - known.mean(), [50 * (1 - confidence), 50 * (1 + confidence)])
    return Interval(value + min(float(low), 0.0), value + max(float(high), 0.0))


def _within(metric: Metric, interval: Interval) -> Interval:
    """No fraction is below 0 or above 1."""
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0)) if metric.unit == "%" else interval


def _check(records: Sequence[Any], confidence: float) -> None:
    if not len(records):
        raise UsageError("no records: there is nothing to estimate")
    _check_confidence(confidence)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; it lies between 0 and 1")
