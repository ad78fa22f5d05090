"""A film and a table of what is followed, by one call of the library."""

from __future__ import annotations

import json

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import DataError, OutputError

from .videos import FRAMES, HEIGHT, WIDTH, frames_of, make_video

DETECTOR, ANIMALS = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite", "images/cats_and_dogs.jpg"


@pytest.fixture(scope="module")
def video(shared_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "pets.mp4"
    make_video(shared_file(ANIMALS), path)
    return path


@pytest.fixture(scope="module")
def detect(shared_file):
    with ew.load(shared_file(DETECTOR), threshold=0.5) as task:
        yield task


@pytest.fixture(scope="module")
def film(detect, video, tmp_path_factory):
    path = tmp_path_factory.mktemp("followed") / "pets.mp4"
    return path, ew.track(detect, video).film(path)


def test_a_film_has_all_frames_at_their_times_with_what_is_followed_on_them(film, video):
    made, _ = film
    before, after = frames_of(video), frames_of(made)
    assert len(after) == FRAMES
    assert after[0][1].shape == (HEIGHT, WIDTH, 3)
    assert np.allclose([seconds for seconds, _ in before], [seconds for seconds, _ in after], atol=1e-3)
    drawn = [np.abs(one.astype(int) - other).mean() for (_, one), (_, other) in zip(before, after, strict=True)]
    assert drawn[0] < 6 < drawn[-1], "nobody has a number yet in the first frame"
    assert list(made.parent.iterdir()) == [made]


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_the_tracks_are_those_of_the_command(edgewright, shared_file, video, threshold):
    said = edgewright("run", shared_file(DETECTOR), video, "--track", "--json", "--threshold", threshold)
    with ew.load(shared_file(DETECTOR), threshold=threshold) as task:
        found = ew.track(task, video).tracks()
    assert len(found) > 0
    assert json.loads(json.dumps(found.to_list())) == json.loads(said.stdout)["tracks"]


def test_the_table_is_that_of_the_command(edgewright, shared_file, video, film):
    said = edgewright("run", shared_file(DETECTOR), video, "--track", "--threshold", 0.5)
    assert film[1].table(str(video)).to_text().split() == said.stdout.split()


def test_each_track_has_its_label_and_its_times(film):
    for track, plain in zip(film[1], film[1].to_list(), strict=True):
        assert (track.number, track.label, track.begin, track.end) == tuple(
            plain[name] for name in ("track", "label", "from", "to")
        )
        assert track.frames == plain["frames"] >= 1


def test_pictures_with_their_seconds_make_one_too(detect, shared_file, tmp_path):
    photo = shared_file(ANIMALS)
    table = ew.track(detect, [(photo, 10.0), (photo, 10.5), (photo, 11.0)], hits=2).film(tmp_path / "three.mp4")
    assert [seconds for seconds, _ in frames_of(tmp_path / "three.mp4")] == pytest.approx([10.0, 10.5, 11.0])
    assert (table.to_list()[0]["from"], table.to_list()[0]["to"]) == (10.5, 11.0)


def test_no_frames_make_no_film_and_an_empty_table(detect, tmp_path):
    table = ew.track(detect, []).film(tmp_path / "none.mp4")
    assert (len(table), list(tmp_path.iterdir())) == (0, [])
    assert "Nothing was seen" in table.table().note


def test_a_film_that_is_there_is_replaced_only_when_asked(detect, shared_file, tmp_path):
    path = tmp_path / "one.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        ew.track(detect, [shared_file(ANIMALS)]).film(path)
    assert path.read_bytes() == b"mine"
    ew.track(detect, [shared_file(ANIMALS)]).film(path, overwrite=True)
    assert len(frames_of(path)) == 1


def test_a_frame_that_cannot_be_read_leaves_no_file_and_nothing_open(detect, shared_file, tmp_path):
    with pytest.raises(DataError, match=r"gone\.jpg"):
        ew.track(detect, [shared_file(ANIMALS)] * 3 + [tmp_path / "gone.jpg"]).film(tmp_path / "broken.mp4")
    assert list(tmp_path.iterdir()) == []
