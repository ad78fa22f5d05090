"""A detector over a video: its results have tracks, in every form in which they are handed on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import DataError, UsageError
from edgewright.task import Tracker, tracker_of, with_tracks

from .peers import python_with_trackers
from .videos import make_video

DETECTOR, ANIMALS = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite", "images/cats_and_dogs.jpg"


@pytest.fixture(scope="module")
def detect(shared_file):
    with ew.load(shared_file(DETECTOR), threshold=0.5) as task:
        yield task


@pytest.fixture(scope="module")
def results(detect, shared_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "pets.mp4"
    make_video(shared_file(ANIMALS), path, frames=10)
    return list(ew.track(detect, path))


def test_one_result_a_frame_with_tracks_from_the_third_on(results):
    assert len(results) == 10
    assert [thing.track for thing in results[1]] == [None] * len(results[1])
    assert {thing.track for thing in results[2].observations()} >= {1}


def test_who_moves_keeps_the_number(results):
    middles = {}
    for things in results[2:]:
        for thing in things:
            if thing.track is not None:
                middles.setdefault(thing.track, []).append(thing.box.center[0])
    longest = max(middles.values(), key=len)
    assert len(longest) >= 7
    assert 5 <= (longest[-1] - longest[0]) / (len(longest) - 1) <= 11


def test_arrays_documents_tables_and_drawings_have_the_numbers(results, shared_file):
    things = results[-1]
    assert things.tracker_id.dtype == np.int64
    assert [thing.track if thing.track is not None else -1 for thing in things] == things.tracker_id.tolist()
    plain = things.to_dict()["detections"]
    assert [one.get("track", -1) for one in plain] == things.tracker_id.tolist()
    sheet = things.table().to_sheet()
    assert sheet.header[-1] == "track"
    assert [row[-1] for row in sheet.rows] == [thing.track for thing in things]
    assert things.table().columns[-1].heading == "track"
    same = np.asarray(with_tracks(things, Tracker(hits=9)).draw(shared_file(ANIMALS)))
    assert (np.asarray(things.draw(shared_file(ANIMALS))) != same).any()


def test_a_result_that_is_not_followed_says_nothing_of_tracks(detect, shared_file):
    things = detect(shared_file(ANIMALS))
    assert things.tracker_id is None
    assert "track" not in things.to_dict()["detections"][0]
    assert "track" not in things.table().to_sheet().header


def test_pairs_with_seconds_go_by_these(detect, shared_file):
    photo = shared_file(ANIMALS)
    tracker = Tracker(lost=1.0)
    seen = [things[0].track for things in ew.track(detect, [(photo, 0), (photo, 0.3), (photo, 0.6)], tracker=tracker)]
    assert seen == [None, None, 1]
    (late,) = ew.track(detect, [(photo, 5.0)], tracker=tracker)
    assert late[0].track is None
    assert 1 in tracker.ended


def test_frames_without_times_are_a_thirtieth_of_a_second_apart(detect, shared_file):
    found = list(ew.track(detect, [shared_file(ANIMALS)] * 3, hits=2))
    assert [things[0].track for things in found] == [None, 1, 1]


@pytest.mark.parametrize(
    ("threshold", "settings", "confirmed"), [(0.3, {}, True), (0.3, {"high": 0.5}, False), (None, {}, False)]
)
def test_what_was_asked_for_may_begin_a_track(shared_file, threshold, settings, confirmed):
    with ew.load(shared_file(DETECTOR), threshold=threshold) as task, task.sibling() as other:
        assert other.threshold == threshold
        tracker = tracker_of(task, **settings)
    seen = [tracker.update([[0, 0, 9, 9]], [0.4]) for _ in range(3)]
    assert (seen[-1][0] == 1) == confirmed


@pytest.mark.parametrize(("threshold", "low"), [(0.05, 0.05), (0.8, 0.1)])
def test_no_threshold_is_too_low_or_too_high_for_a_tracker(shared_file, threshold, low):
    with ew.load(shared_file(DETECTOR), threshold=threshold) as task:
        tracker = tracker_of(task, hits=1)
    assert tracker.update([[0, 0, 9, 9]], [min(threshold, 0.5)]).tolist() == [1]
    assert tracker.update([[0, 0, 9, 9]], [low]).tolist() == [1]


@pytest.mark.parametrize(
    ("model", "picture"),
    [
        ("models/face_detection_short_range.tflite", "images/grace_hopper.bmp"),
        ("models/movenet_single_pose_lightning_ptq.tflite", "images/squat.bmp"),
    ],
)
def test_faces_and_figures_are_followed_too(model, picture, shared_file):
    with ew.load(shared_file(model)) as task:
        found = list(ew.track(task, [shared_file(picture)] * 2, hits=2))
    assert [result.observations()[0].track for result in found] == [None, 1]
    assert found[1].tracker_id[0] == 1
    assert [result[0].track for result in found] == [None, 1]


def test_a_chain_is_followed_by_what_the_first_finds(shared_file):
    with ew.chain(shared_file(DETECTOR), shared_file("models/mobilenet_v1_0.25_128_quant.tflite")) as task:
        found = list(ew.track(task, [shared_file(ANIMALS)] * 2, hits=2))
    tracks = [link.found.track for link in found[1]]
    assert tracks[0] == 1
    assert {thing.track for thing in found[1].observations()} == set(tracks)
    assert found[1].to_dict()["found"][0]["track"] == 1


def test_what_frames_nothing_cannot_be_followed(shared_file):
    with (
        ew.load(shared_file("models/mobilenet_v1_0.25_128_quant.tflite")) as task,
        pytest.raises(UsageError, match="nothing can be followed"),
    ):
        next(ew.track(task, [shared_file(ANIMALS)]))


def test_a_tracker_and_settings_for_another_one_exclude_each_other(detect):
    with pytest.raises(UsageError, match="has its settings"):
        ew.track(detect, [], tracker=Tracker(), hits=2)


def test_what_is_no_video_is_one_line(detect, tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"no video" * 99)
    with pytest.raises(DataError, match=r"no\.mp4: the video cannot be read"):
        next(ew.track(detect, tmp_path / "no.mp4"))


SUPERVISION = """
import numpy as np, supervision
from edgewright.task import Detections
things = Detections(
    np.array([[0, 0, 9, 9], [5, 5, 20, 30]], np.float32), np.array([0.9, 0.4], np.float32), np.array([0, 1]),
    ("cat", "dog"), (40, 40),
)
assert things.to_supervision().tracker_id is None
handed = things.with_tracks(np.array([7, -1])).to_supervision()
assert isinstance(handed, supervision.Detections)
print(handed.tracker_id.tolist(), handed.data["class_name"].tolist())
"""


@pytest.mark.extras
@pytest.mark.xdist_group("trackers")
def test_supervision_gets_the_numbers():
    done = subprocess.run(
        [python_with_trackers(), "-c", SUPERVISION],
        env=os.environ | {"PYTHONPATH": str(Path(ew.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[7, -1] ['cat', 'dog']", done.stderr
