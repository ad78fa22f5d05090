"""The difference between two shares over the same samples, and how sure it is: Tango's score test.

Only the samples that exactly one of the two gets right say anything about the difference. T. Tango, "Equivalence test
and confidence interval for the difference in proportions for the paired-sample design", Statistics in Medicine 17
(1998), 891-908: it holds for small counts too, also when there is no such sample at all, where the textbook's standard
error is 0.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

from edgewright.errors import UsageError

# Halvings of an interval 2 wide, down to the spacing of floats.
_HALVINGS = 60


class PairedShares(NamedTuple):
    """How `n` samples went: `lost` were right before and are wrong now, `won` the other way round."""

    n: int
    lost: int
    won: int

    @property
    def drop(self) -> float:
        """The measured drop as a share of the samples, -1 to 1; negative where more were won."""
        return (self.lost - self.won) / self.n

    def upper(self, confidence: float = 0.95) -> float:
        """One-sided upper confidence bound of the drop: the largest one that the score test does not reject."""
        z = quantile(confidence)
        low, high = self.drop, 1.0
        if self.score(high) > -z:  # all of them lost
            return high
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.score(middle) <= -z else (middle, high)
        return high

    def lower(self, confidence: float = 0.95) -> float:
        """One-sided lower confidence bound of the drop."""
        return -self.mirrored().upper(confidence)

    def mirrored(self) -> PairedShares:
        """The same from the other side."""
        return PairedShares(self.n, self.won, self.lost)

    def score(self, drop: float) -> float:
        """The test statistic for a true drop, standard normal there: (lost - won - n drop) / standard error."""
        if drop < 0:
            return -self.mirrored().score(-drop)
        difference = self.lost - self.won - self.n * drop
        variance = self.n * (2 * likeliest_won(self, drop) + drop * (1 - drop))
        if variance <= 0:
            return 0.0 if difference == 0 else math.copysign(math.inf, difference)
        return difference / math.sqrt(variance)


def quantile(confidence: Any) -> float:
    """The point that a standard normal number stays below with this probability. Raises UsageError below a half."""
    if not 0.5 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; it lies between 0.5 and 1")
    return NormalDist().inv_cdf(confidence)


def likeliest_won(counts: PairedShares, drop: float) -> float:
    """The maximum-likelihood probability of a sample being won, where that of a lost one is larger by `drop` >= 0.

    The positive root of 2n q^2 + B q + C (Tango 1998, section 3), in the form that does not cancel.
    """
    n, lost, won = counts
    b = (2 * n - lost + won) * drop - lost - won
    c = -won * drop * (1 - drop)
    root = math.sqrt(b * b - 8 * n * c)
    if b > 0:
        return -2 * c / (b + root)
    return (root - b) / (4 * n)
