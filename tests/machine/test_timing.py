"""Side-by-side timing, on a clock and counters of its own: no test here depends on how fast this machine is."""

from __future__ import annotations

import gc
import json
import statistics
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.machine import Timing, interleave
from edgewright.machine._load import Probe, Usage

US = 1_000
MS = 1_000_000


MEDIANS = st.lists(st.floats(1e-9, 10), min_size=4, max_size=12)


class Bench:
    """A clock that candidates move, and counters that a test writes to."""

    def __init__(self, cores: int = 2) -> None:
        self.time = 0
        self.cpu = 0
        self.waited = 0
        self.log: list[str] = []
        self.probe = Probe(now=lambda: self.time, usage=self._usage, cores=cores)

    def _usage(self) -> Usage:
        self.log.append("|")
        return Usage(cpu_ns=self.cpu, waited_ns={1: self.waited}, switches=0, stolen_ns=0)

    def candidate(self, name: str, *durations: int, waits: Callable[[int], int] = lambda call: 0) -> Callable[[], None]:
        """Take these durations (ns), call by call, again and again; and wait for the processor on top."""
        calls = 0

        def call() -> None:
            nonlocal calls
            duration, wait = durations[calls % len(durations)], waits(calls)
            calls += 1
            self.time += duration + wait
            self.cpu += duration
            self.waited += wait
            self.log.append(name)

        return call

    def turns(self) -> list[str]:
        """Who had a turn, in order, without the warm-up."""
        parts = "".join(self.log).split("|")[1::2]
        return [part[0] for part in parts]


def timing(*medians: float) -> Timing:
    middle = statistics.median(medians)
    return Timing(
        median_s=middle,
        p95_s=max(medians),
        round_medians=medians,
        spread=(max(medians) - min(medians)) / middle,
        rounds=len(medians),
        calls=len(medians),
        batch=1,
        disturbed=0,
        noisy=0,
    )


class TestMeasurement:
    def test_time_per_call_is_found(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 3 * MS)}, probe=bench.probe)["a"]
        assert found.median_s == pytest.approx(0.003)
        assert found.p95_s == pytest.approx(0.003)
        assert (found.rounds, found.calls, found.batch, found.spread) == (7, 49, 1, 0.0)

    def test_short_calls_are_measured_in_batches(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 5 * US)}, probe=bench.probe)["a"]
        assert found.median_s == pytest.approx(5e-6)
        assert found.batch == 40
        assert found.calls == 7 * 100 * 40

    def test_a_slow_first_call_is_excluded_and_does_not_shape_the_turns(self) -> None:
        bench = Bench()
        first = iter([500 * MS])

        def call() -> None:
            bench.time += next(first, 5 * US)

        found = interleave({"a": call}, probe=bench.probe)["a"]
        assert found.batch == 40
        assert found.p95_s == pytest.approx(5e-6)

    def test_a_disturbed_end_of_the_warm_up_does_not_shape_the_turns(self) -> None:
        bench = Bench()
        call = bench.candidate("a", 5 * MS, waits=lambda call: 95 * MS * (call == 10))
        assert interleave({"a": call}, probe=bench.probe)["a"].calls == 7 * 4

    def test_a_long_call_has_one_call_a_turn(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 900 * MS)}, rounds=3, probe=bench.probe)["a"]
        assert (found.calls, found.rounds) == (3, 3)

    def test_median_and_95th_percentile_of_single_calls(self) -> None:
        bench = Bench()
        durations = [1 * MS] * 18 + [9 * MS] * 2
        found = interleave({"a": bench.candidate("a", *durations)}, turn_s=0.02, rounds=40, probe=bench.probe)["a"]
        assert found.median_s == pytest.approx(0.001)
        assert found.p95_s == pytest.approx(0.009)

    def test_spread_is_the_range_of_the_rounds_over_their_median(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 90 * MS, 100 * MS, 120 * MS)}, rounds=3, probe=bench.probe)["a"]
        assert sorted(found.round_medians) == pytest.approx([0.09, 0.1, 0.12])
        assert found.spread == pytest.approx(0.3)

    def test_candidates_take_turns_in_changing_order_and_direction(self) -> None:
        bench = Bench()
        interleave({name: bench.candidate(name, 50 * MS) for name in "abc"}, rounds=6, probe=bench.probe)
        assert "".join(bench.turns()) == "abc" + "bca" + "cab" + "cba" + "acb" + "bac"

    def test_two_candidates_are_first_equally_often(self) -> None:
        bench = Bench()
        interleave({name: bench.candidate(name, 50 * MS) for name in "ab"}, rounds=4, probe=bench.probe)
        assert "".join(bench.turns()) == "ab" + "ba" + "ba" + "ab"

    def test_garbage_collector_rests_during_turns_and_returns(self) -> None:
        states: list[bool] = []
        bench = Bench()

        def call() -> None:
            bench.time += 50 * MS
            states.append(gc.isenabled())

        interleave({"a": call}, rounds=2, probe=bench.probe)
        assert states[-2:] == [False, False]
        assert gc.isenabled()

    def test_real_clock_measures_something(self) -> None:
        found = interleave({"a": int, "b": lambda: sum(range(1000))}, rounds=2, turn_s=0.001, warmup_s=0.001)
        assert all(one.median_s > 0 and one.rounds == 2 for one in found.values())
        assert found["b"].ratio(found["a"]) > 1

    def test_progress_counts_the_rounds(self) -> None:
        bench = Bench()
        seen: list[tuple[str, int, int]] = []
        interleave(
            {"a": bench.candidate("a", MS)}, rounds=2, probe=bench.probe, progress=lambda *step: seen.append(step)
        )
        assert seen == [("timing", 0, 2), ("timing", 1, 2), ("timing", 2, 2)]

    def test_error_of_a_candidate_is_passed_on(self) -> None:
        with pytest.raises(ZeroDivisionError):
            interleave({"a": lambda: 1 / 0})

    @pytest.mark.parametrize("wrong", [{"rounds": 0}, {"turn_s": 0.0}, {"turn_s": float("nan")}])
    def test_senseless_request_is_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(UsageError):
            interleave({"a": int}, **wrong)  # type: ignore[arg-type]

    def test_no_candidates_are_refused(self) -> None:
        with pytest.raises(UsageError, match="no candidates"):
            interleave({})


class TestDisturbance:
    def test_disturbed_rounds_are_measured_again_for_all(self) -> None:
        bench = Bench()
        calm, hit = (
            bench.candidate("a", 50 * MS),
            bench.candidate("b", 50 * MS, waits=lambda call: 9 * MS * (call in (3, 5))),
        )
        found = interleave({"a": calm, "b": hit}, rounds=5, probe=bench.probe)
        assert [(one.rounds, one.disturbed, one.noisy) for one in found.values()] == [(5, 2, 0)] * 2
        assert found["b"].p95_s == pytest.approx(0.05)

    def test_repeats_end_and_the_quietest_rounds_are_kept(self) -> None:
        bench = Bench()
        always_hit = bench.candidate("a", 50 * MS, waits=lambda call: (10 + call % 4) * MS)
        found = interleave({"a": always_hit}, rounds=2, repeats=2, probe=bench.probe)["a"]
        assert (found.rounds, found.disturbed, found.noisy) == (2, 2, 2)
        assert sorted(found.round_medians) == pytest.approx([0.06, 0.061])

    def test_no_repeats_when_none_are_wanted(self) -> None:
        bench = Bench()
        hit = bench.candidate("a", 50 * MS, waits=lambda call: 10 * MS)
        found = interleave({"a": hit}, rounds=2, repeats=0, probe=bench.probe)["a"]
        assert (found.rounds, found.disturbed, found.noisy) == (2, 0, 2)

    def test_a_call_that_sleeps_is_not_disturbed(self) -> None:
        bench = Bench()

        def sleep() -> None:
            bench.time += 50 * MS

        found = interleave({"a": sleep}, probe=bench.probe)["a"]
        assert (found.disturbed, found.noisy) == (0, 0)


class TestBudget:
    def test_rounds_end_before_the_budget_does(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 100 * MS)}, rounds=50, budget_s=1.0, probe=bench.probe)["a"]
        assert found.rounds == 8  # 0.2 s went into the warm-up
        assert bench.time <= 1000 * MS

    def test_one_round_is_measured_even_without_a_budget_for_it(self) -> None:
        bench = Bench()
        found = interleave({"a": bench.candidate("a", 100 * MS)}, budget_s=0.01, probe=bench.probe)["a"]
        assert found.rounds == 1


class TestComparison:
    def test_disjoint_ranges_differ_both_ways(self) -> None:
        slow, fast = timing(5, 6, 7, 8), timing(1, 2, 3, 4)
        assert slow.differs_from(fast)
        assert fast.differs_from(slow)

    def test_touching_ranges_do_not_differ(self) -> None:
        assert not timing(4, 5, 6, 7).differs_from(timing(1, 2, 3, 4))

    def test_three_rounds_are_too_few_to_differ(self) -> None:
        assert not timing(5, 6, 7).differs_from(timing(1, 2, 3))

    def test_ratio_pairs_the_rounds(self) -> None:
        drifting = timing(1.0, 2.0, 4.0)
        assert timing(2.0, 4.0, 8.0).ratios(drifting) == (2.0, 2.0, 2.0)
        assert timing(2.0, 4.0, 80.0).ratio(drifting) == 2.0

    def test_ratio_of_unpaired_rounds_is_refused(self) -> None:
        with pytest.raises(UsageError, match="side by side"):
            timing(1, 2).ratio(timing(1, 2, 3))

    @given(
        st.lists(st.floats(1e-9, 10), min_size=4, max_size=12), st.lists(st.floats(1e-9, 10), min_size=4, max_size=12)
    )
    def test_differing_is_symmetric_and_never_from_itself(self, a: list[float], b: list[float]) -> None:
        one, other = timing(*a), timing(*b)
        assert one.differs_from(other) == other.differs_from(one)
        assert not one.differs_from(one)

    def test_to_dict_is_json_of_all_fields(self) -> None:
        found = json.loads(json.dumps(timing(1.0, 2.0).to_dict()))
        assert Timing(**{**found, "round_medians": tuple(found["round_medians"])}) == timing(1.0, 2.0)

    def test_rounds_must_fit_the_medians(self) -> None:
        with pytest.raises(ValueError, match="rounds: 3"):
            replace(timing(1.0, 2.0), rounds=3)
