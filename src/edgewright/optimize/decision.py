"""Is the drop in accuracy within the budget? Statistics of two models that answered the same samples.

Only the samples that exactly one of the two gets right say anything about the difference. The bound comes from Tango's
score test for paired proportions (T. Tango, "Equivalence test and confidence interval for the difference in proportions
for the paired-sample design", Statistics in Medicine 17 (1998), 891-908), which holds for small counts too, also when
there is no such sample at all, where the textbook's standard error is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

Verdict = Literal["accepted", "over budget", "too few to tell"]

# A search looks at a candidate many times on its way: the bound that ends it early is stricter than the verdict's.
_HOPELESS = 0.999

# Halvings of an interval 2 wide, down to the spacing of floats.
_HALVINGS = 60


@dataclass(frozen=True)
class PairedDrop:
    """How `n` samples went: `float_only_right` lost by the candidate, `candidate_only_right` won by it.

    All others were answered rightly by both or wrongly by both. Without labels the float model's answer counts as
    right (`PairedDrop.of`): then nothing can be won, and the drop is the share of disagreements.
    Raises UsageError where the counts cannot be.
    """

    n: int
    float_only_right: int
    candidate_only_right: int

    def __post_init__(self) -> None:
        lost, won = self.float_only_right, self.candidate_only_right
        if self.n < 1 or min(lost, won) < 0 or lost + won > self.n:
            raise UsageError(f"{lost} samples lost and {won} won of {self.n} is no comparison")

    @classmethod
    def of(
        cls, float_answers: npt.ArrayLike, candidate_answers: npt.ArrayLike, truth: npt.ArrayLike | None = None
    ) -> PairedDrop:
        """Count: answers and `truth` (n,) class indices, in the same order; without `truth` the float model is right.

        Raises DataError where the lengths differ or there are no answers.
        """
        import numpy as np

        before, after = np.asarray(float_answers), np.asarray(candidate_answers)
        right = before if truth is None else np.asarray(truth)
        if before.ndim != 1 or not len(before) or not before.shape == after.shape == right.shape:
            raise DataError(f"answers of shapes {before.shape} and {after.shape} for labels of shape {right.shape}")
        lost, won = (before == right) & (after != right), (before != right) & (after == right)
        return cls(len(before), int(lost.sum()), int(won.sum()))

    @property
    def drop(self) -> float:
        """The measured drop as a share of the samples, -1 to 1; negative where the candidate is the better one."""
        return (self.float_only_right - self.candidate_only_right) / self.n

    def upper(self, confidence: float = 0.95) -> float:
        """One-sided upper confidence bound of the drop: the largest one that the score test does not reject."""
        z = _quantile(confidence)
        low, high = self.drop, 1.0
        if self._score(high) > -z:  # all of them lost
            return high
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._score(middle) <= -z else (middle, high)
        return high

    def lower(self, confidence: float = 0.95) -> float:
        """One-sided lower confidence bound of the drop."""
        return -self._mirrored().upper(confidence)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the two-sided confidence interval of the drop, (low, high)."""
        one_sided = (1 + confidence) / 2
        return self.lower(one_sided), self.upper(one_sided)

    def verdict(self, max_drop: float, *, confidence: float = 0.95, point_estimate: bool = False) -> Verdict:
        """Decide: accepted where the upper bound is at most `max_drop`, a share of 0 or more and below 1.

        "over budget" where already the measured drop is above it, "too few to tell" in between. With `point_estimate`
        the measured drop alone decides.
        """
        _check_budget(max_drop)
        if self.drop > max_drop:
            return "over budget"
        proven = point_estimate or self._proves(max_drop, confidence)
        return "accepted" if proven else "too few to tell"

    def hopeless(self, max_drop: float, *, confidence: float = _HOPELESS) -> bool:
        """Whether even the lower bound is above the budget, so that looking at more samples is a waste.

        For samples in random order, as the splits are. The confidence is high because it is asked again and again.
        """
        _check_budget(max_drop)
        return self.drop > max_drop and self._mirrored()._proves(-max_drop, confidence)

    def samples_needed(self, max_drop: float, confidence: float = 0.95) -> int | None:
        """How many samples would prove the budget if lost and won ones came on at these rates.

        None where no number would, because the measured drop is not below the budget. The score at k times the samples
        is the square root of k times the score.
        """
        _check_budget(max_drop)
        if self.drop >= max_drop:
            return None
        if self._proves(max_drop, confidence):
            return self.n
        score = self._score(max_drop)
        return max(math.ceil(self.n * (_quantile(confidence) / score) ** 2), self.n + 1)

    def _proves(self, max_drop: float, confidence: float) -> bool:
        return self._score(max_drop) <= -_quantile(confidence)

    def _mirrored(self) -> PairedDrop:
        return PairedDrop(self.n, self.candidate_only_right, self.float_only_right)

    def _score(self, drop: float) -> float:
        """Tango's test statistic for a true drop, standard normal there: (lost - won - n drop) / standard error."""
        if drop < 0:
            return -self._mirrored()._score(-drop)
        difference = self.float_only_right - self.candidate_only_right - self.n * drop
        won_share = _likeliest(self.n, self.float_only_right, self.candidate_only_right, drop)
        variance = self.n * (2 * won_share + drop * (1 - drop))
        if variance <= 0:
            return 0.0 if difference == 0 else math.copysign(math.inf, difference)
        return difference / math.sqrt(variance)


def smallest_provable(n: int, confidence: float = 0.95) -> float:
    """The smallest budget that `n` samples can prove at all: the upper bound where none of them is lost or won."""
    return PairedDrop(n, 0, 0).upper(confidence)


def samples_for(max_drop: float, confidence: float = 0.95) -> int | None:
    """The least number of samples that can prove a budget, if none of them is lost or won; None for a budget of 0."""
    return PairedDrop(1, 0, 0).samples_needed(max_drop, confidence)


def _likeliest(n: int, lost: int, won: int, drop: float) -> float:
    """The maximum-likelihood probability of a sample being won, where that of a lost one is larger by `drop` >= 0.

    The positive root of 2n q^2 + B q + C (Tango 1998, section 3), in the form that does not cancel.
    """
    b = (2 * n - lost + won) * drop - lost - won
    c = -won * drop * (1 - drop)
    root = math.sqrt(b * b - 8 * n * c)
    if b > 0:
        return -2 * c / (b + root)
    return (root - b) / (4 * n)


def _quantile(confidence: Any) -> float:
    if not 0.5 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; it lies between 0.5 and 1")
    return NormalDist().inv_cdf(confidence)


def _check_budget(max_drop: float) -> None:
    if not 0 <= max_drop < 1:
        raise UsageError(f"max_drop is {max_drop}; it is a share of the answers, at least 0 and below 1: 0.01 is 1%")
