"""When a difference is called real, what is per second, and the median of cold starts."""

from __future__ import annotations

import json

import pytest

from edgewright.bench import Candidate, ColdStart, Comparison, Rate
from edgewright.bench.measuring import per_item
from edgewright.errors import UsageError

from .conftest import FAST, FASTER, SLOW, timing


def test_rounds_that_do_not_overlap_are_a_real_difference():
    assert Comparison.of(FAST, SLOW).verdict == "real"
    assert Comparison.of(SLOW, FAST).verdict == "real"
    assert Comparison.of(FAST, SLOW).ratio == pytest.approx(0.5)


def test_rounds_that_overlap_are_noise():
    comparison = Comparison.of(FASTER, FAST)
    assert comparison.verdict == "within the noise"
    assert comparison.ratio < 1


def test_three_rounds_are_too_few_for_a_verdict():
    assert Comparison.of(timing(1, 1, 1), timing(9, 9, 9)).verdict == "within the noise"


def test_a_rate_is_items_over_time_and_its_range_is_that_of_the_rounds():
    rate = Rate(per_item(timing(10, 20, 20, 40), 5), 2)
    assert rate.per_second == pytest.approx(250)
    assert rate.range == pytest.approx((125, 500))
    assert rate.timing.calls == 5 * 40


def test_the_median_of_cold_starts_is_by_stage():
    runs = [
        ColdStart(0.3, 0.1, 0.2, 0.1, 10, 5),
        ColdStart(0.1, 0.3, 0.2, 0.1, 30, 5),
        ColdStart(0.2, 0.2, 0.2, 0.1, 20, 5),
    ]
    middle = ColdStart.median(runs)
    assert middle == ColdStart(0.2, 0.2, 0.2, 0.1, 20, 5)
    assert (middle.total_s, middle.model_bytes) == (pytest.approx(0.7), 15)


def test_memory_that_is_not_told_stays_unknown():
    middle = ColdStart.median([ColdStart(0.1, 0.1, 0.1, 0.1, None, None)] * 3)
    assert (middle.peak_bytes, middle.base_bytes, middle.model_bytes) == (None, None, None)


def test_threads_start_at_one():
    with pytest.raises(UsageError, match=r"threads is 0; it is 1 to 256"):
        Candidate("model.tflite", "litert", 0)


def test_json_holds_every_figure_with_the_machine(make):
    document = json.loads(json.dumps(make(pictures=3).to_dict()))
    assert document["machine"]["device"] == "Raspberry Pi 4 Model B"
    assert document["operators"] is None
    assert document["throughput_unit"] == "pictures per second"
    first, second = document["measured"]
    assert (first["model"], first["engine"], first["threads"]) == ("small.tflite", "litert", 1)
    assert first["compared"] == {"ratio": pytest.approx(0.5), "verdict": "real"}
    assert second["compared"] is None
    assert first["latency"]["round_medians"] == [0.01, 0.011, 0.012, 0.013]
    assert first["cold_start"]["total_s"] == pytest.approx(0.245)
    assert len(first["cold_start"]["runs"]) == 3
