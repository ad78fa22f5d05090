"""The paired bound: against published values, its own definition, the likelihood, and its true error rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgewright.data import ClassTarget
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import find_metric, wilson
from edgewright.evaluate.paired_shares import PairedShares, likeliest_won
from edgewright.optimize.decision import (
    MetricDrop,
    PairedDrop,
    check_budget,
    drop_between,
    hopeless,
    samples_for,
    smallest_budget,
    smallest_provable,
)

from . import gauges

Z95 = 1.6448536269514722

budgets = st.floats(0.0001, 0.9)


@st.composite
def drops(draw: st.DrawFn, largest: int = 5000) -> PairedDrop:
    n = draw(st.integers(1, largest))
    lost = draw(st.integers(0, n))
    return PairedDrop(n, lost, draw(st.integers(0, n - lost)))


@pytest.mark.parametrize(
    ("n", "lost", "won", "confidence", "low", "high", "places"),
    [
        # Fagerland, Lydersen, Laake, "Recommended tests and confidence intervals for paired binomial proportions",
        # Statistics in Medicine 33 (2014): airway hyper-responsiveness (Bentur et al. 2009).
        (21, 1, 7, 0.95, -0.517, -0.026, 3),
        # The same authors, "Statistical analysis of contingency tables" (2017), chapter 8: complete response (Cavo et
        # al. 2012).
        (161, 6, 16, 0.95, -0.1240, -0.0054, 4),
        # R package PropCIs, scoreci.mp(25, 28, 618) at 90%.
        (618, 28, 25, 0.90, -0.0148, 0.0247, 4),
    ],
)
def test_published_intervals(n: int, lost: int, won: int, confidence: float, low: float, high: float, places: int):
    found = PairedDrop(n, lost, won).interval(confidence)
    assert tuple(round(end, places) for end in found) == (low, high)


@given(drops())
def test_without_won_samples_it_is_the_wilson_bound(drop: PairedDrop):
    alone = PairedDrop(drop.n, drop.float_only_right, 0)
    assert alone.upper() == pytest.approx(wilson(drop.float_only_right, drop.n, 0.90).high, abs=1e-9)


@given(drops())
def test_the_bounds_hold_the_measured_drop_and_mirror(drop: PairedDrop):
    mirrored = PairedDrop(drop.n, drop.candidate_only_right, drop.float_only_right)
    assert -1 <= drop.lower() <= drop.drop <= drop.upper() <= 1
    assert drop.lower() == -mirrored.upper()


@given(drops())
def test_the_bound_is_where_the_score_test_begins_to_reject(drop: PairedDrop):
    shares = PairedShares(drop.n, drop.float_only_right, drop.candidate_only_right)
    bound = drop.upper()
    assume(bound < 0.999)
    assert shares.score(bound) == pytest.approx(-Z95, rel=1e-5)
    assert shares.score(bound + 1e-6) < -Z95 < shares.score(bound - 1e-6)


@given(drops(200), st.floats(0.001, 0.9))
def test_the_nuisance_probability_is_the_most_likely_one(drop: PairedDrop, true_drop: float):
    n, lost, won = drop.n, drop.float_only_right, drop.candidate_only_right
    q = likeliest_won(PairedShares(n, lost, won), true_drop)
    assert 0 <= q <= (1 - true_drop) / 2 + 1e-12

    def likelihood(q: float) -> float:
        shares = ((lost, q + true_drop), (won, q), (n - lost - won, 1 - 2 * q - true_drop))
        return sum(count * (math.log(share) if share > 0 else -math.inf) for count, share in shares if count)

    grid = np.linspace(0, (1 - true_drop) / 2, 201)[1:-1]
    assert likelihood(q) >= max(likelihood(float(other)) for other in grid) - 1e-7 * n


@given(drops())
def test_a_lost_sample_raises_the_bound_and_a_won_one_lowers_it(drop: PairedDrop):
    n, lost, won = drop.n, drop.float_only_right, drop.candidate_only_right
    assume(lost + won < n)
    assert PairedDrop(n, lost + 1, won).upper() > drop.upper() - 1e-12
    assert PairedDrop(n, lost, won + 1).upper() < drop.upper() + 1e-12


@given(drops(), budgets)
def test_the_verdict_follows_the_bound(drop: PairedDrop, budget: float):
    verdict = drop.verdict(budget)
    assert (verdict == "over budget") == (drop.drop > budget)
    if abs(drop.upper() - budget) > 1e-9:
        assert (verdict == "accepted") == (drop.upper() <= budget)
    assert drop.verdict(budget, point_estimate=True) == ("over budget" if drop.drop > budget else "accepted")


@given(drops(500), budgets)
def test_the_needed_samples_are_enough_and_fewer_are_not(drop: PairedDrop, budget: float):
    needed = drop.samples_needed(budget)
    if drop.drop >= budget:
        assert needed is None
        return
    assert needed is not None
    if needed == drop.n:
        assert drop.verdict(budget) == "accepted"
        return
    assume(needed < 10**9)
    # Whole multiples have exactly the same rates.
    times = -(-needed // drop.n)
    assert scaled(drop, times).verdict(budget) == "accepted"
    if (times - 1) * drop.n < needed - 1:
        assert scaled(drop, times - 1).verdict(budget) == "too few to tell"


def scaled(drop: PairedDrop, times: int) -> PairedDrop:
    return PairedDrop(drop.n * times, drop.float_only_right * times, drop.candidate_only_right * times)


@given(drops(), budgets)
def test_hopeless_is_never_what_could_be_accepted(drop: PairedDrop, budget: float):
    if drop.hopeless(budget):
        assert drop.verdict(budget) == "over budget"
        assert drop.lower(0.999) > budget - 1e-9


def test_hopeless_after_few_samples_when_most_are_lost():
    assert PairedDrop(14, 11, 0).hopeless(0.01)
    assert not PairedDrop(14, 2, 0).hopeless(0.01)


def test_what_no_lost_sample_can_prove():
    assert samples_for(0.01) == 268
    assert smallest_provable(268) <= 0.01 < smallest_provable(267)
    assert samples_for(0.0) is None


def test_a_budget_that_is_used_up_is_never_proven():
    used_up = PairedDrop(1000, 10, 0)
    assert used_up.samples_needed(0.01) is None
    assert used_up.verdict(0.01) == "too few to tell"
    assert used_up.verdict(0.01, point_estimate=True) == "accepted"


def test_a_better_candidate_keeps_a_budget_of_nothing():
    assert PairedDrop(1000, 5, 30).verdict(0.0) == "accepted"


@pytest.mark.parametrize("won_share", [0.0, 0.003, 0.02])
@pytest.mark.parametrize("true_drop", [0.01, 0.02, 0.05])
@pytest.mark.parametrize("n", [100, 268, 350, 1000])
def test_a_candidate_just_over_the_budget_is_accepted_about_one_time_in_twenty(
    n: int, true_drop: float, won_share: float
):
    """The exact error rate at the edge of the budget, summed over the trinomial distribution.

    Worst where no sample is ever won and zero lost ones are just enough: 0.99^268 = 6.8%.
    """
    rate = sum(
        probability(n, lost, won, true_drop + won_share, won_share)
        for lost in range(int(n * true_drop) + 40)
        for won in range(60 if won_share else 1)
        if lost + won <= n and PairedDrop(n, lost, won).verdict(true_drop) == "accepted"
    )
    assert rate < 0.07


def probability(n: int, lost: int, won: int, lost_share: float, won_share: float) -> float:
    neither = n - lost - won
    ways = math.lgamma(n + 1) - math.lgamma(lost + 1) - math.lgamma(won + 1) - math.lgamma(neither + 1)
    return math.exp(
        ways + lost * math.log(lost_share) + (won * math.log(won_share) if won else 0)
        + neither * math.log(1 - lost_share - won_share)
    )  # fmt: skip


def test_the_bound_covers_the_true_drop_in_a_simulation():
    random = np.random.RandomState(4)
    n, lost_share, won_share = 400, 0.03, 0.015
    counts = random.multinomial(n, [lost_share, won_share, 1 - lost_share - won_share], size=4000)
    covered = np.mean([PairedDrop(n, int(b), int(c)).upper() >= lost_share - won_share for b, c, _ in counts])
    assert 0.94 <= covered <= 0.965


def test_counting_with_labels():
    truth, before, after = [0, 1, 2, 3, 4], [0, 1, 2, 0, 0], [0, 2, 2, 3, 1]
    assert PairedDrop.of(before, after, truth) == PairedDrop(5, 1, 1)


def test_counting_without_labels_takes_the_float_model_for_the_truth():
    assert PairedDrop.of([0, 1, 2, 0], [0, 2, 2, 1]) == PairedDrop(4, 2, 0)


@pytest.mark.parametrize(("before", "after", "truth"), [([0], [0, 1], None), ([], [], None), ([0], [0], [0, 1])])
def test_answers_that_do_not_belong_together_are_refused(before: list[int], after: list[int], truth: list[int] | None):
    with pytest.raises(DataError, match="answers of shapes"):
        PairedDrop.of(before, after, truth)


@pytest.mark.parametrize("counts", [(0, 0, 0), (5, 4, 2), (5, -1, 0)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int]):
    with pytest.raises(UsageError, match="no comparison"):
        PairedDrop(*counts)


@pytest.mark.parametrize("budget", [-0.01, 1.0, 5, float("nan")])
def test_a_budget_in_percent_points_is_refused(budget: float):
    with pytest.raises(UsageError, match=r"0\.01 is 1%"):
        PairedDrop(10, 0, 0).verdict(budget)


@pytest.mark.parametrize("confidence", [0.5, 1.0, 95])
def test_an_impossible_confidence_is_refused(confidence: float):
    with pytest.raises(UsageError, match="confidence"):
        PairedDrop(10, 0, 0).upper(confidence)


TOP1 = find_metric("classification", ClassTarget)
ERROR = gauges.METRIC  # less is better
COSINE = find_metric("classification", None, "cosine")  # more is better


def test_a_share_is_compared_by_counts():
    before, after = [(0, 0, 1.0, True)] * 9 + [(0, 1, 1.0, False)], [(0, 0, 1.0, True)] * 7 + [(0, 1, 1.0, False)] * 3
    assert drop_between(TOP1, before, after) == PairedDrop(10, 2, 0)


@pytest.mark.parametrize(("metric", "sign"), [(ERROR, 1), (COSINE, -1)])
def test_worse_is_a_drop_whichever_way_is_up(metric, sign: int):
    random = np.random.RandomState(0)
    before = random.random_sample(200)
    after = before + sign * random.normal(0.05, 0.1, 200)
    drop = drop_between(metric, before.tolist(), after.tolist())
    assert drop.drop == pytest.approx(sign * (after.mean() - before.mean()))
    better = drop_between(metric, after.tolist(), before.tolist())
    assert better.drop == pytest.approx(-drop.drop)
    assert better.drop < better.worst < 0 < drop.drop < drop.worst


@pytest.mark.parametrize("metric", [ERROR, COSINE])
def test_the_bound_of_a_bootstrap_is_that_of_the_mean(metric):
    """Of many samples the mean is normal: the bound is 1.645 standard errors above it."""
    change = np.random.RandomState(1).normal(0.02, 0.3, 2000)
    drop = drop_between(metric, [0.0] * 2000, (change * (1 if metric is ERROR else -1)).tolist())
    error = change.std() / np.sqrt(2000)
    assert drop.worst == pytest.approx(change.mean() + Z95 * error, abs=0.15 * error)


def test_a_metric_drop_is_judged_by_its_bound():
    drop = MetricDrop(100, 0.2, 0.5)
    assert [drop.verdict(budget) for budget in (0.1, 0.3, 0.5)] == ["over budget", "too few to tell", "accepted"]
    assert drop.verdict(0.3, point_estimate=True) == "accepted"
    assert drop.samples_needed(0.1) is None
    assert drop.samples_needed(0.3) == pytest.approx(900, abs=1)  # a third of the distance needs nine times as many
    assert drop.samples_needed(0.5) == 100


def test_few_samples_without_any_change_prove_nothing():
    """Drawn again and again they are always the same: the bootstrap's bound is 0."""
    drop = drop_between(ERROR, [0.5] * 12, [0.5] * 12)
    assert (drop.worst, drop.verdict(0.1), drop.samples_needed(0.1)) == (0.0, "too few to tell", 30)
    assert smallest_budget(ERROR, 12) == math.inf
    assert smallest_budget(ERROR, 30) == 0
    assert smallest_budget(TOP1, 268) == smallest_provable(268)


def test_what_is_hopeless_is_far_over_the_budget():
    random = np.random.RandomState(2)
    before = random.random_sample(50)
    far, near = (before + random.normal(by, 0.1, 50) for by in (0.5, 0.11))
    assert hopeless(ERROR, before.tolist(), far.tolist(), 0.1)
    assert not hopeless(ERROR, before.tolist(), near.tolist(), 0.1)
    assert not hopeless(ERROR, far.tolist(), before.tolist(), 0.1)


@pytest.mark.parametrize(("metric", "budget"), [(TOP1, 1.0), (TOP1, -0.1), (ERROR, -1.0), (ERROR, math.nan)])
def test_a_budget_is_in_the_unit_of_the_metric(metric, budget: float):
    check_budget(ERROR, 1.5)
    with pytest.raises(UsageError, match="max_drop is"):
        check_budget(metric, budget)
