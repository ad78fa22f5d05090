"""What a tracker promises, whatever it is shown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.task import Tracker


def _walk(tracker, *, pictures, start=0.0, gap=0.1, x=100.0, speed=60.0):
    """One person who walks to the right; the ids that came."""
    ids = []
    for number in range(pictures):
        seconds = start + number * gap
        left = x + speed * seconds
        ids += tracker.update([[left, 100, left + 40, 200]], [0.9], seconds).tolist()
    return ids


def test_a_thing_is_confirmed_with_its_third_box_and_keeps_its_id():
    assert _walk(Tracker(), pictures=6) == [-1, -1, 1, 1, 1, 1]


def test_with_one_hit_the_first_box_has_an_id():
    assert _walk(Tracker(hits=1, first=7), pictures=3) == [7, 7, 7]


def test_it_survives_being_lost_for_less_than_it_may():
    tracker = Tracker(lost=2.0)
    _walk(tracker, pictures=10)
    for seconds in (1.2, 1.8, 2.4):
        assert tracker.update(np.zeros((0, 4)), [], seconds).shape == (0,)
        assert tracker.ended == ()
    assert _walk(tracker, pictures=2, start=2.6) == [1, 1]


def test_it_ends_once_and_its_id_is_not_used_again():
    tracker = Tracker(lost=1.0)
    _walk(tracker, pictures=5)
    tracker.update([], [], 1.3)
    assert tracker.ended == ()
    tracker.update([], [], 1.5)
    assert tracker.ended == (1,)
    tracker.update([], [], 1.6)
    assert tracker.ended == ()
    assert _walk(tracker, pictures=4, start=1.7) == [-1, -1, 2, 2]


def test_resumed_tracks_go_on_under_their_ids():
    tracker = Tracker(hits=3)
    tracker.resume([[100, 100, 140, 200], [600, 100, 640, 200]], [12, 40], 50.0)
    assert tracker.update([[110, 100, 150, 200], [900, 400, 950, 500]], [0.9, 0.9], 50.5).tolist() == [12, -1]
    tracker.update([[112, 100, 152, 200], [900, 400, 950, 500]], [0.9, 0.9], 50.6)
    assert tracker.update([[114, 100, 154, 200], [900, 400, 950, 500]], [0.9, 0.9], 50.7).tolist() == [12, 41]
    tracker.update([], [], 52.1)
    assert tracker.ended == (40,)


def test_things_of_different_classes_are_followed_apart():
    tracker = Tracker(hits=1)
    person, bicycle = [100, 100, 140, 200], [95, 140, 145, 210]
    assert tracker.update([person, bicycle], [0.9, 0.9], 0.0, [0, 1]).tolist() == [1, 2]
    assert tracker.update([bicycle], [0.9], 0.1, [1]).tolist() == [2]
    assert tracker.update([bicycle, person], [0.9, 0.9], 0.2, [1, 0]).tolist() == [2, 1]


def test_who_is_called_cat_and_then_dog_in_one_place_is_one_where_tracks_may_be_mixed():
    tracker = Tracker(hits=1, mixed=True)
    for number, kind in enumerate([16, 17, 16, 17, 17, 17]):
        box = [100 + number, 100, 180 + number, 160]
        assert tracker.update([box], [0.9], number / 10, [kind]).tolist() == [1]
    assert tracker.update([[500, 100, 580, 160]], [0.9], 0.6, [16]).tolist() == [2]


def test_of_two_in_one_place_each_keeps_the_track_of_its_class():
    tracker, box = Tracker(hits=1, mixed=True), [100, 100, 180, 160]
    assert tracker.update([box, box], [0.9, 0.8], 0.0, [16, 17]).tolist() == [1, 2]
    assert tracker.update([box, box], [0.9, 0.8], 0.1, [17, 16]).tolist() == [2, 1]


def test_a_low_score_goes_on_with_a_track_and_begins_none():
    tracker = Tracker(hits=2)
    _walk(tracker, pictures=3)
    assert tracker.update([[118, 100, 158, 200], [500, 100, 540, 200]], [0.2, 0.2], 0.3).tolist() == [1, -1]
    assert tracker.update([[124, 100, 164, 200], [500, 100, 540, 200]], [0.2, 0.2], 0.4).tolist() == [1, -1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_box_that_is_not_finite_is_nobody_and_disturbs_nobody(bad):
    tracker = Tracker()
    _walk(tracker, pictures=3)
    boxes = [[bad, 100, 158, 200], [118, 100, 158, 200], [bad] * 4]
    assert tracker.update(boxes, [0.9, 0.9, 0.9], 0.3).tolist() == [-1, 1, -1]
    assert tracker.update([[124, 100, 164, 200]] * 2, [bad, 0.9], 0.4).tolist() == [-1, 1]


def test_time_that_stands_still_or_runs_backwards_loses_nobody():
    tracker = Tracker()
    _walk(tracker, pictures=5, start=100.0)
    box = [[6124, 100, 6164, 200]]
    for seconds in (100.4, 100.4, 3.0, 3.1, 3.2):
        assert tracker.update(box, [0.9], seconds).tolist() == [1], seconds


def test_after_a_gap_longer_than_a_track_lives_all_is_new():
    tracker = Tracker()
    _walk(tracker, pictures=5)
    assert tracker.update([[124, 100, 164, 200]], [0.9], 1e9).tolist() == [-1]
    assert tracker.ended == (1,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hits": 0}, {"hits": 2.5}, {"hits": True}, {"first": -1}, {"lost": -1}, {"lost": math.nan}, {"high": 1.5},
        {"low": -0.1}, {"low": 0.6, "high": 0.5}, {"high": math.nan},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Tracker(**wrong)


@pytest.mark.parametrize(
    ("boxes", "scores", "more"),
    [
        ([[0, 0, 1]], [0.5], {}),
        ([0, 0, 1, 1], [0.5], {}),
        ([[0, 0, 1, 1]], [0.5, 0.6], {}),
        ([[0, 0, 1, 1]], [0.5], {"classes": [1, 2]}),
        ([[0, 0, 1, 1]], [0.5], {"time": math.nan}),
    ],
)
def test_what_does_not_fit_together_is_refused(boxes, scores, more):
    with pytest.raises(UsageError, match="expected"):
        Tracker().update(boxes, scores, **more)


@pytest.mark.parametrize("ids", [[1], [1, 1], [-1, 2]])
def test_ids_to_resume_with_are_checked(ids):
    with pytest.raises(UsageError, match="ids"):
        Tracker().resume([[0, 0, 5, 5], [9, 9, 15, 15]], ids)


_sides = st.one_of(st.floats(-50, 700), st.sampled_from([math.nan, math.inf, 0.0, 1e12]))
_box = st.tuples(_sides, _sides, _sides, _sides, st.floats(0, 1), st.integers(0, 2))
_picture = st.tuples(st.one_of(st.floats(-1, 5), st.just(1e9)), st.lists(_box, max_size=12))


@settings(max_examples=60, deadline=None)
@given(st.lists(_picture, max_size=12), st.integers(1, 3), st.floats(0, 3))
def test_whatever_comes_each_box_has_at_most_one_living_id_of_its_own(pictures, hits, lost):
    tracker, seconds = Tracker(hits=hits, lost=lost), 0.0
    highest, ended = 0, set()
    for gap, rows in pictures:
        seconds += gap
        table = np.array(rows, np.float64).reshape(-1, 6)
        ids = tracker.update(table[:, :4], table[:, 4], seconds, table[:, 5].astype(int))
        assert ids.shape == (len(table),)
        assert ids.dtype == np.int64
        real = ids[ids >= 0].tolist()
        assert len(real) == len(set(real))
        assert not ended & set(real)
        fresh = sorted(number for number in real if number > highest)
        assert fresh == list(range(highest + 1, highest + 1 + len(fresh)))
        highest += len(fresh)
        assert not ended & set(tracker.ended)
        assert not set(tracker.ended) & set(real)
        ended |= set(tracker.ended)


@pytest.mark.parametrize("step_s", [0.04, 0.2, 1.0, 2.0])
def test_who_walks_by_keeps_the_number_however_seldom_there_is_a_picture(step_s):
    tracker = Tracker(hits=1, lost=5.0)
    walker = np.array([[240.0, 130.0, 300.0, 300.0]])
    ids = [
        tracker.update(walker + 30.0 * time * np.array([1, 0, 1, 0]), [0.9], time=time)[0]
        for time in step_s * np.arange(8)
    ]
    assert ids == [1] * 8
