"""F1 of events: counted by hand in segments and in whole events, and over a real model."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.data import EventsTarget, open_dataset
from edgewright.errors import UsageError
from edgewright.evaluate import evaluate, report_page
from edgewright.evaluate.metrics.event_f1 import BY_EVENT, METRIC, count_events, count_segments
from edgewright.evaluate.metrics.metric import weighted
from edgewright.task import Observation

YAMNET = "models/yamnet.tflite"


@dataclass
class Heard:
    """A result with these events."""

    events: list[tuple[int, float, float]]

    def observations(self) -> list[Observation]:
        return [Observation(str(index), 0.9, index, span=(start, end)) for index, start, end in self.events]


def target(*events: tuple[int, float, float]) -> EventsTarget:
    spans = np.array([span for _, *span in events], np.float64).reshape(-1, 2)
    return EventsTarget(spans, np.array([index for index, *_ in events], np.int64))


def record(metric: Any, found: list[tuple[int, float, float]], *there: tuple[int, float, float]) -> Any:
    return metric.record(Heard(found), target(*there))


@pytest.mark.parametrize(
    ("found", "there", "counts"),
    [
        ([(0.0, 2.0)], [(0.0, 2.0)], (2, 2, 2)),
        ([(0.5, 1.5)], [(0.0, 2.0)], (2, 2, 2)),
        ([(1.5, 3.5)], [(0.0, 2.0)], (1, 3, 2)),
        ([(0.0, 1.0), (0.5, 1.0)], [(0.0, 1.0)], (1, 1, 1)),
        ([(3.0, 3.0)], [(3.2, 3.2)], (1, 1, 1)),
        ([], [(0.0, 1.0)], (0, 0, 1)),
        ([(0.0, 1.0)], [], (0, 1, 0)),
        ([(5.0, 6.0), (0.0, 2.0), (1.0, 3.0)], [(2.5, 5.5)], (2, 4, 4)),
        ([(0.0, 2.0)], [(1.0, 1e12)], (1, 2, 10**12 - 1)),
    ],
)
def test_segments_of_one_second(found: Any, there: Any, counts: tuple[int, int, int]) -> None:
    assert count_segments(found, there) == counts


@pytest.mark.parametrize(
    ("found", "there", "right"),
    [
        ([(1.0, 2.0)], [(1.2, 2.2)], 1),
        ([(1.0, 2.0)], [(1.21, 2.0)], 0),
        ([(1.0, 2.0)], [(1.0, 2.25)], 1),  # a fifth of 1.25 s
        ([(1.0, 2.0)], [(1.0, 2.26)], 0),
        ([(1.0, 9.0)], [(1.0, 10.9)], 1),  # a fifth of 9.9 s
        ([(1.0, 2.0), (1.1, 2.1)], [(1.0, 2.0)], 1),
        ([(1.1, 2.1), (1.0, 2.0)], [(1.0, 2.0), (1.1, 2.1)], 2),
    ],
)
def test_whole_events_within_their_collars(found: Any, there: Any, right: int) -> None:
    assert count_events(found, there) == (right, len(found), len(there))


def test_all_classes_are_counted_together_and_each_for_itself() -> None:
    records = [record(METRIC, [(0, 0, 4), (1, 0, 1)], (0, 0, 2)), record(METRIC, [], (1, 0, 1))]
    # class 0: 2 right of 4 found and 2 there; class 1: none right of 1 and 1
    assert METRIC.combine(records) == pytest.approx(2 * 2 / (4 + 1 + 2 + 1))
    assert [(one.index, one.value, one.count) for one in METRIC.by_class(records)] == [(0, 4 / 6, 2), (1, 0, 1)]


def test_classes_that_nobody_listened_for_are_left_out() -> None:
    records = [record(METRIC, [(0, 0, 2), (7, 0, 9)], (0, 0, 2))]
    assert METRIC.combine(records) == 1
    assert [one.index for one in METRIC.by_class(records)] == [0]
    assert METRIC.loss(records[0]) is None
    assert math.isnan(METRIC.combine([record(METRIC, [(7, 0, 9)])]))


def test_what_went_worse_weighs_more() -> None:
    losses = [METRIC.loss(record(METRIC, [(0, 0, end)], (0, 0, 4))) for end in (4, 3, 1)]
    assert losses[0] is None
    assert losses[1] < losses[2]  # type: ignore[operator]
    assert METRIC.loss(record(METRIC, [(0, 0, 9)])) is None


SPANS = st.lists(st.tuples(st.integers(0, 2), st.floats(0, 9), st.floats(0, 3)), max_size=5)
EVENTS = SPANS.map(lambda spans: [(index, start, start + length) for index, start, length in spans])


@given(samples=st.lists(st.tuples(EVENTS, EVENTS), min_size=1, max_size=5), data=st.data())
def test_weights_are_resamples_and_the_value_is_a_share(samples: Any, data: Any) -> None:
    for metric in (METRIC, BY_EVENT):
        records = [record(metric, found, *there) for found, there in samples]
        weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(records), max_size=len(records))))
        repeated = [one for one, times in zip(records, weights.tolist(), strict=True) for _ in range(times)]
        value = weighted(metric, records)(weights)
        known = {index for one in records for index, _, _, there in one if there}
        only = [[row for row in one if row[0] in known] for one in repeated]
        right, found, there = (sum(row[place] for one in only for row in one) for place in (1, 2, 3))
        assert value == pytest.approx(2 * right / (found + there), nan_ok=True) if found + there else np.isnan(value)
        assert np.isnan(value) or 0 <= value <= 1
        perfect = [record(metric, there, *there) for _, there in samples]
        assert np.isnan(metric.combine(perfect)) or metric.combine(perfect) == 1


# ----- a real model


@pytest.fixture
def sounds(shared_file: Any, tmp_path: Path) -> Path:
    """The recording and silence, in class folders."""
    speech, silence = tmp_path / "sounds/Speech", tmp_path / "sounds/Silence"
    for folder in (speech, silence):
        folder.mkdir(parents=True)
    content = shared_file("images/speech.wav").read_bytes()
    (speech / "speech.wav").write_bytes(content)
    (silence / "silence.wav").write_bytes(content[:40] + struct.pack("<I", 64000) + bytes(64000))
    return tmp_path / "sounds"


def test_sounds_in_class_folders_are_scored_by_their_surest_class(shared_file: Any, sounds: Path) -> None:
    found = evaluate(shared_file(YAMNET), sounds)
    assert (found.metric.name, found.value, found.total) == ("sound-top1", 1.0, 2)
    assert {found.label(one.index) for one in found.by_class} == {"Speech", "Silence"}


def test_events_of_a_table_are_scored_in_segments(shared_file: Any, sounds: Path) -> None:
    table = sounds / "events.csv"
    table.write_text("path,start,end,label\nSpeech/speech.wav,0.6,4.2,Speech\nSilence/silence.wav,0,2,Silence\n")
    found = evaluate(shared_file(YAMNET), table)
    assert (found.metric.name, found.value) == ("segment-F1", 1.0)
    whole = evaluate(shared_file(YAMNET), table, metric="event-F1")
    assert whole.value == 0.5  # the speech is heard from the start of its window on, 0.6 s too early
    assert whole.worst[0].expected == "1 Speech"
    assert "data:image/jpeg" in report_page(whole).to_html()


def test_a_classifier_of_pictures_has_no_events(shared_file: Any, sounds: Path) -> None:
    data = open_dataset([(str(sounds / "Speech/speech.wav"), target((0, 0, 1)))])
    with pytest.raises(
        UsageError, match="no metric scores the results of classification against data with EventsTarget"
    ):
        evaluate(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), data)
