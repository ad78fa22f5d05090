"""What follows from a few measured figures for any number of inputs and machines, and how it is told."""

from __future__ import annotations

import dataclasses
import json

import pytest

from edgewright.machine import describe
from edgewright.report import Table
from edgewright.scale.forecasting.figures import STAGES, Forecast, Sampled, Spread, Workers
from edgewright.scale.forecasting.wording import forecast_tables, long_duration
from edgewright.scale.manifest import piece_for


def each(seconds: float) -> Spread:
    return Spread(seconds, seconds / 2, 2 * seconds, seconds)


@pytest.fixture
def foretold() -> Forecast:
    """A machine of two workers that does 100 inputs a second, of 50 kB each; what is listed is not all."""
    return Forecast(
        model="models/small.tflite",
        sha256="0" * 64,
        inputs=("photos",),
        plural="pictures",
        form="jsonl",
        piece=1000,
        sampled=Sampled(20_000, False, 100_000.0, 20.0, 300, 0, 300, each(50_000.0)),
        stages=dict(zip(STAGES, map(each, (0.002, 0.006, 0.010, 0.001, 0.001)), strict=True)),
        warm_s=0.001,
        row_bytes=250.0,
        workers=Workers(2, 60.0, 2 / 0.018, 1.5, 70_000_000),
        machine=describe(),
    )


def test_a_machine_reads_from_where_inputs_lie_and_writes(foretold):
    """Its workers found all in memory, in 18 ms an input: a millisecond more of reading, and one of writing."""
    assert foretold.rate == pytest.approx(100.0)
    without = dataclasses.replace(foretold, warm_s=None)
    assert without.rate == pytest.approx(2 / 0.019)


def test_the_bottleneck_is_what_takes_most(foretold):
    assert foretold.bottleneck == "model"
    assert foretold.share("model") == pytest.approx(0.5)


def test_time_and_bytes_of_many(foretold):
    load = foretold.at(1_000_000, 1)
    assert load.listing_s == pytest.approx(10.0)
    assert load.seconds == pytest.approx(10.0 + 1.5 + 10_000)
    assert (load.read_bytes, load.written_bytes, load.listing_bytes) == (50_000_000_000, 250_000_000, 20_000_000)
    assert load.storage_bytes_per_s == pytest.approx(5_000_000)
    assert foretold.memory_bytes == 140_000_000


def test_machines_share_whole_pieces(foretold):
    """A thousand pieces for 64 machines are 16 for some of them; of 3 inputs one machine has all."""
    assert foretold.at(1_000_000, 64).seconds == pytest.approx(10.0 + 1.5 + 160)
    assert foretold.at(3, 64).seconds == pytest.approx(1.5 + 0.03, rel=1e-3)


def test_where_nobody_says_how_large_pieces_are_they_are_cut_as_a_run_cuts_them(foretold):
    """Of 4,000 inputs 64 machines get pieces of 16: four each, and none of them does a whole thousand."""
    told = dataclasses.replace(foretold, piece=None)
    assert piece_for(4000, 64) == 16
    assert told.at(4000, 64).seconds == pytest.approx(0.04 + 1.5 + 0.64)
    assert told.at(1_000_000, 64).seconds == foretold.at(1_000_000, 64).seconds
    assert [piece_for(3, 1), piece_for(3, 2), piece_for(10**6, 2)] == [1000, 10, 1000]


def test_inputs_that_were_all_listed_are_told_of_too(foretold):
    assert foretold.counts == (10**6, 10**8)
    sampled = dataclasses.replace(foretold.sampled, listed=4321, complete=True)
    assert dataclasses.replace(foretold, sampled=sampled).counts == (4321, 10**6, 10**8)


def test_it_is_plain_json(foretold):
    said = json.loads(json.dumps(foretold.to_dict()))
    assert said["bottleneck"] == "model"
    assert [(load["inputs"], load["machines"]) for load in said["loads"]] == [
        (count, machines) for count in (10**6, 10**8) for machines in (1, 4, 16, 64)
    ]
    assert said["stages"]["reading"]["median"] == 0.002


def text_of(tables: list[Table], width: int) -> str:
    return "\n".join(table.to_text(width) for table in tables)


@pytest.mark.parametrize("width", [80, 120])
def test_the_tables_fit_a_terminal(foretold, width):
    told = dataclasses.replace(foretold, wins=("A win " + "with many words " * 12,), warnings=("A warning.",))
    text = text_of(forecast_tables(told), width)
    assert max(map(len, text.splitlines())) <= width
    assert "small.tflite, one thread: 300 of the first 20,000 pictures" in text
    assert "2 h 47 min" in text
    assert "11.6 days" in text
    assert "! A warning." in text
    assert "-----\nreading, 50.0 kB" in text, "a table became a list of lines"


def test_texts_are_read_by_nobody(foretold):
    stages = {name: spread for name, spread in foretold.stages.items() if name != "reading"}
    sampled = dataclasses.replace(foretold.sampled, size=None, cold=0)
    told = dataclasses.replace(foretold, stages=stages, warm_s=None, sampled=sampled, plural="texts")
    assert told.at(1000, 1).read_bytes == 0
    assert "reading" not in text_of(forecast_tables(told), 80)


def test_long_times_are_days():
    assert [long_duration(seconds) for seconds in (90, 172_799, 172_800)] == ["1 min 30 s", "48 h 0 min", "2.0 days"]


def test_of_few_names_no_time_of_listing_is_told(foretold):
    told = dataclasses.replace(foretold, sampled=dataclasses.replace(foretold.sampled, names_per_s=None))
    assert told.at(1_000_000, 1).listing_s is None
    assert "too few to tell" in text_of(forecast_tables(told), 80)
