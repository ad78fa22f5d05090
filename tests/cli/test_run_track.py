"""`edgewright run VIDEO --track`: a table, comma-separated values, JSON, and a video with what was followed."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from ..task.tracking.videos import FRAMES, HEIGHT, WIDTH, frames_of, make_video

DETECTOR, ANIMALS = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite", "images/cats_and_dogs.jpg"


@pytest.fixture(scope="module")
def video(shared_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "pets.mp4"
    make_video(shared_file(ANIMALS), path)
    return path


def test_a_table_of_the_tracks_and_a_video(edgewright, shared_file, video, tmp_path):
    said = edgewright("run", shared_file(DETECTOR), video, "--track", "-o", tmp_path)
    assert said.returncode == 0, said.stderr
    title, _, heading, _, *rows = said.stdout.rstrip().splitlines()
    assert title == str(video)
    assert heading.split() == ["track", "label", "from", "to", "frames", "best", "score"]
    assert [row.split()[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert " 0:00.2 " in rows[0]
    (made,) = tmp_path.iterdir()
    assert made.name == "pets.mp4"
    before, after = frames_of(video), frames_of(made)
    assert len(after) == FRAMES
    assert np.allclose([seconds for seconds, _ in before], [seconds for seconds, _ in after], atol=1e-3)
    assert after[0][1].shape == (HEIGHT, WIDTH, 3)
    drawn = [np.abs(one.astype(int) - other).mean() for (_, one), (_, other) in zip(before, after, strict=True)]
    assert drawn[0] < 6 < drawn[-1], "nobody has a number yet in the first frame"


def test_comma_separated_values_and_json_say_the_same(edgewright, shared_file, video):
    rows = list(csv.DictReader(edgewright("run", shared_file(DETECTOR), video, "--track", "--csv").stdout.splitlines()))
    said = json.loads(edgewright("run", shared_file(DETECTOR), video, "--track", "--json").stdout)
    assert (said["kind"], said["input"], len(said["frames"])) == ("tracks", str(video), FRAMES)
    things = [(frame["position"], thing) for frame in said["frames"] for thing in frame["detections"]]
    assert len(rows) == len(things)
    for row, (position, thing) in zip(rows, things, strict=True):
        assert (int(row["frame"]), float(row["seconds"])) == (position["frame"], position["seconds"])
        assert (row["track"], row["label"]) == (str(thing.get("track", "")), thing["label"])
        assert float(row["x0"]) == pytest.approx(thing["box"][0], abs=0.01)
    for track in said["tracks"]:
        own = [(position, thing) for position, thing in things if thing.get("track") == track["track"]]
        assert track["frames"] == len(own)
        assert (track["from"], track["to"]) == (own[0][0]["seconds"], own[-1][0]["seconds"])
        assert track["best"]["score"] == max(thing["score"] for _, thing in own)


def test_a_video_that_is_there_is_replaced_only_when_asked(edgewright, shared_file, video, tmp_path):
    (tmp_path / "pets.mp4").write_bytes(b"mine")
    said = edgewright("run", shared_file(DETECTOR), video, "--track", "-o", tmp_path)
    assert (said.returncode, "pets.mp4: exists already" in said.stderr, "--force" in said.stderr) == (1, True, True)
    assert (tmp_path / "pets.mp4").read_bytes() == b"mine"
    said = edgewright("run", shared_file(DETECTOR), video, "--track", "-o", tmp_path, "--force", "--every", "5")
    assert said.returncode == 0, said.stderr
    assert len(frames_of(tmp_path / "pets.mp4")) == FRAMES / 5
    assert [path.name for path in tmp_path.iterdir()] == ["pets.mp4"]


def test_a_video_is_not_replaced_by_what_was_seen_in_it(edgewright, shared_file, video, tmp_path):
    own = tmp_path / "pets.mp4"
    own.write_bytes(video.read_bytes())
    for force in ((), ("--force",)):
        said = edgewright("run", shared_file(DETECTOR), own, "--track", "-o", tmp_path, *force)
        assert (said.returncode, said.stdout) == (1, "")
        assert said.stderr.count("\n") == 1
        assert "pets.mp4: is an input itself, and nothing is saved over it. Name another folder" in said.stderr
        assert own.read_bytes() == video.read_bytes()


def test_a_low_threshold_follows_what_is_less_sure(edgewright, shared_file, video):
    def tracks(*more):
        said = edgewright("run", shared_file(DETECTOR), video, "--track", "--json", *more)
        return json.loads(said.stdout)["tracks"]

    assert len(tracks("--threshold", "0.35")) > len(tracks("--threshold", "0.6"))


@pytest.mark.parametrize(
    ("arguments", "line", "code"),
    [
        (["{photo}", "--track"], "--track goes with one video file", 2),
        (["{video}", "{video}", "--track"], "--track goes with one video file", 2),
        (["{video}", "--track", "--top", "3"], "--top does not go with --track", 2),
        (["{video}", "--track", "--blur", "-o", "out"], "--track and --blur exclude each other", 2),
    ],
)
def test_what_makes_no_sense_is_one_line(edgewright, shared_file, video, arguments, line, code, tmp_path):
    words = [word.format(photo=shared_file(ANIMALS), video=video) for word in arguments]
    said = edgewright("run", shared_file(DETECTOR), *words, cwd=tmp_path)
    assert said.returncode == code
    assert line in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_classifier_frames_nothing_and_leaves_no_file(edgewright, shared_file, video, tmp_path):
    said = edgewright("run", shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), video, "--track", "-o", tmp_path)
    assert (said.returncode, "nothing can be followed" in said.stderr) == (2, True)
    assert not list(tmp_path.iterdir())
