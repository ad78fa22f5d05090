"""Is the drop in accuracy within the budget? Statistics of two models that answered the same samples.

The bound comes from Tango's score test for paired proportions, see `evaluate.PairedShares`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgewright.errors import DataError, UsageError
from edgewright.evaluate import PairedShares, quantile

if TYPE_CHECKING:
    import numpy.typing as npt

Verdict = Literal["accepted", "over budget", "too few to tell"]

# A search looks at a candidate many times on its way: the bound that ends it early is stricter than the verdict's.
_HOPELESS = 0.999


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
        return self._shares.upper(confidence)

    def lower(self, confidence: float = 0.95) -> float:
        """One-sided lower confidence bound of the drop."""
        return self._shares.lower(confidence)

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
        return self.drop > max_drop and self._shares.mirrored().score(-max_drop) <= -quantile(confidence)

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
        score = self._shares.score(max_drop)
        return max(math.ceil(self.n * (quantile(confidence) / score) ** 2), self.n + 1)

    @property
    def _shares(self) -> PairedShares:
        return PairedShares(self.n, self.float_only_right, self.candidate_only_right)

    def _proves(self, max_drop: float, confidence: float) -> bool:
        return self._shares.score(max_drop) <= -quantile(confidence)


def smallest_provable(n: int, confidence: float = 0.95) -> float:
    """The smallest budget that `n` samples can prove at all: the upper bound where none of them is lost or won."""
    return PairedDrop(n, 0, 0).upper(confidence)


def samples_for(max_drop: float, confidence: float = 0.95) -> int | None:
    """The least number of samples that can prove a budget, if none of them is lost or won; None for a budget of 0."""
    return PairedDrop(1, 0, 0).samples_needed(max_drop, confidence)


def _check_budget(max_drop: float) -> None:
    if not 0 <= max_drop < 1:
        raise UsageError(f"max_drop is {max_drop}; it is a share of the answers, at least 0 and below 1: 0.01 is 1%")
