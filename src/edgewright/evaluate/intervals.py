"""Confidence intervals of proportions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from edgewright.errors import UsageError


class Interval(NamedTuple):
    """A closed interval."""

    low: float
    high: float


def wilson(correct: int, total: int, confidence: float = 0.95) -> Interval:
    """The Wilson score interval of the proportion `correct` of `total`, both ends between 0 and 1.

    Unlike the textbook's normal approximation it stays inside [0, 1] and holds for shares near 0 and 1.
    Raises `UsageError` unless 0 <= correct <= total, total > 0 and 0 < confidence < 1.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if not 0 <= correct <= total or total < 1:
        raise UsageError(f"{correct} correct of {total} is no proportion")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; it lies between 0 and 1")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / total
    center = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Interval(0.0 if correct == 0 else center - half, 1.0 if correct == total else center + half)
