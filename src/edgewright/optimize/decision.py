"""Is the drop of a metric within the budget? Statistics of two models that answered the same samples.

Where the metric is a share, the bound comes from Tango's score test for paired proportions (`evaluate.PairedShares`),
elsewhere from a bootstrap of the pairs (`evaluate.paired_change`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import DataError, UsageError
from edgewright.evaluate import Metric, PairedShares, paired_change, quantile
from edgewright.spelling import argument

if TYPE_CHECKING:
    import numpy.typing as npt

Verdict = Literal["accepted", "over budget", "too few to tell"]

# A bootstrap of fewer samples than this says little: none of few may change where one of many would.
_FEWEST = 30

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
        check_share(max_drop)
        if self.drop > max_drop:
            return "over budget"
        proven = point_estimate or self._proves(max_drop, confidence)
        return "accepted" if proven else "too few to tell"

    def hopeless(self, max_drop: float, *, confidence: float = _HOPELESS) -> bool:
        """Whether even the lower bound is above the budget, so that looking at more samples is a waste.

        For samples in random order, as the splits are. The confidence is high because it is asked again and again.
        """
        check_share(max_drop)
        return self.drop > max_drop and self._shares.mirrored().score(-max_drop) <= -quantile(confidence)

    def samples_needed(self, max_drop: float, confidence: float = 0.95) -> int | None:
        """How many samples would prove the budget if lost and won ones came on at these rates.

        None where no number would, because the measured drop is not below the budget. The score at k times the samples
        is the square root of k times the score.
        """
        check_share(max_drop)
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


@dataclass(frozen=True)
class MetricDrop:
    """By how much a metric that is no share got worse over `n` samples, in the metric's own unit.

    `drop`: the measured one, negative where the candidate is the better one. `worst`: its one-sided 95% upper bound.
    """

    n: int
    drop: float
    worst: float

    def upper(self) -> float:
        """One-sided 95% upper confidence bound of the drop."""
        return self.worst

    def verdict(self, max_drop: float, *, point_estimate: bool = False) -> Verdict:
        """Decide as `PairedDrop.verdict` does; fewer than 30 samples prove nothing, nor does what is no number."""
        if not self.drop <= max_drop:
            return "over budget"
        proven = point_estimate or (self.worst <= max_drop and self.n >= _FEWEST)
        return "accepted" if proven else "too few to tell"

    def samples_needed(self, max_drop: float) -> int | None:
        """How many samples would prove the budget; None where no number would.

        The bound comes nearer to the drop with the square root of the number of samples.
        """
        if self.worst <= max_drop:
            return max(self.n, _FEWEST)
        if not self.drop < max_drop:
            return None
        more = ((self.worst - self.drop) / (max_drop - self.drop)) ** 2
        return max(math.ceil(self.n * more), self.n + 1, _FEWEST)


Drop = PairedDrop | MetricDrop


def drop_between(metric: Metric, before: Sequence[Any], after: Sequence[Any]) -> Drop:
    """Compare records of the float model and of a candidate, of the same samples in the same order."""
    if metric.share:
        right = [[round(metric.combine([record])) for record in records] for records in (before, after)]
        pairs = list(zip(*right, strict=True))
        return PairedDrop(len(pairs), pairs.count((1, 0)), pairs.count((0, 1)))
    # The lower end of a two-sided 90% interval is the bound that 95% stay above.
    low, high = _worsening(metric, before, after, 0.90)
    return MetricDrop(len(before), _direction(metric, metric.combine(before), metric.combine(after)), max(low, high))


def hopeless(metric: Metric, before: Sequence[Any], after: Sequence[Any], max_drop: float) -> bool:
    """Whether even the lower bound of the drop is above the budget, see `PairedDrop.hopeless`."""
    if metric.share:
        drop = drop_between(metric, before, after)
        return isinstance(drop, PairedDrop) and drop.hopeless(max_drop)
    if not _direction(metric, metric.combine(before), metric.combine(after)) > max_drop:
        return False
    return min(_worsening(metric, before, after, 2 * _HOPELESS - 1)) > max_drop


def worse(metric: Metric, before: Any, after: Any) -> float:
    """By how much one sample got worse by its records; NaN where that says nothing."""
    return _direction(metric, metric.combine([before]), metric.combine([after]))


def _worsening(metric: Metric, before: Sequence[Any], after: Sequence[Any], confidence: float) -> tuple[float, float]:
    """The interval of the drop; a drop is a rise where less is better."""
    low, high = paired_change(metric, before, after, confidence=confidence).interval
    return (-low, -high) if metric.higher_is_better else (low, high)


def _direction(metric: Metric, before: float, after: float) -> float:
    return before - after if metric.higher_is_better else after - before


def smallest_provable(n: int, confidence: float = 0.95) -> float:
    """The smallest share that `n` samples can prove at all: the upper bound where none of them is lost or won."""
    return PairedDrop(n, 0, 0).upper(confidence)


def smallest_budget(metric: Metric, n: int) -> float:
    """The smallest budget that `n` samples can prove at all, in the metric's unit."""
    if metric.share:
        return smallest_provable(n)
    return 0.0 if n >= _FEWEST else math.inf


def samples_for(max_drop: float, confidence: float = 0.95) -> int | None:
    """The least number of samples that can prove a budget, if none of them is lost or won; None for a budget of 0."""
    return PairedDrop(1, 0, 0).samples_needed(max_drop, confidence)


def check_budget(metric: Metric, max_drop: float) -> None:
    """Raise `UsageError` for a budget that is none: negative, not finite, or all of a fraction."""
    if metric.share or metric.unit == "%":
        check_share(max_drop)
    elif not 0 <= max_drop < math.inf:
        raise UsageError(f"{argument('max_drop')} is {max_drop}; it is a drop of {metric.title}, at least 0")


def check_share(max_drop: float) -> None:
    """Raise `UsageError` for what is no share of the answers that may go."""
    if not 0 <= max_drop < 1:
        raise UsageError(
            f"{argument('max_drop')} is {max_drop}; it is a share of the answers, at least 0 and below 1: 0.01 is 1%"
        )
