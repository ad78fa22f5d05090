"""COCO's JSON with keypoints: figures as targets, and what is no such file in one line."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.data import KeypointsTarget, open_dataset
from edgewright.errors import DataError
from edgewright.task.poses.skeletons import COCO


def written(folder: Path, **changes: Any) -> Path:
    """One picture of 40 x 30 with one figure of two points; `changes` are those of its annotation."""
    Image.new("RGB", (40, 30)).save(folder / "a.png")
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [3, 4, 2, 0, 0, 0], "area": 50.0} | changes
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
        "categories": [{"id": 1, "name": "person", "keypoints": ["nose", "tail"]}],
        "annotations": [annotation],
    }
    path = folder / "person_keypoints.json"
    path.write_text(json.dumps(document))
    return path


def test_figures_are_targets(tmp_path: Path) -> None:
    data = open_dataset(written(tmp_path))
    (target,) = data.targets
    assert isinstance(target, KeypointsTarget)
    assert target.names == ("nose", "tail")
    np.testing.assert_array_equal(target.points, [[[3, 4, 2], [0, 0, 0]]])
    assert target.areas.tolist() == [50]
    assert data.inputs == (tmp_path / "a.png",)


def test_without_an_area_it_is_the_boxs(tmp_path: Path) -> None:
    (target,) = open_dataset(written(tmp_path, area=None, bbox=[1, 1, 5, 4])).targets
    assert target.areas.tolist() == [20]


def test_a_crowd_has_no_points_of_its_own(tmp_path: Path) -> None:
    (target,) = open_dataset(written(tmp_path, iscrowd=1)).targets
    assert not target.points[:, :, 2].any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keypoints": [1, 2]}, r"annotation 1: keypoints: \[1, 2\]\. Expected 6 numbers"),
        ({"keypoints": [1, 2, 3, 4, 5, "x"]}, "Expected 6 numbers"),
        ({"keypoints": [1, 2, 3, 4, 5, float("nan")]}, "Expected numbers of pixels"),
        ({"keypoints": [1, 2, 3, 4, 5, 10**400]}, "Expected numbers of pixels"),
        ({"keypoints": None}, "1 picture, and no keypoints in any of them"),
        ({"area": "large"}, r"area: \['large'\]\. Expected 1 numbers"),
        ({"area": -1}, "no area is negative"),
        ({"area": None}, "without an area, bbox: None"),
        ({"image_id": 7}, "there is no image with the id 7"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        open_dataset(written(tmp_path, **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keypoints", "words"),
    [
        ("nose", "the keypoints of a category are 'nose'; a list of names is"),
        ([1, 2], "a list of names is"),
        (["nose", "nose"], "a keypoint that is there twice"),
        (["a"] * 2000, "a list of names is"),
    ],
)
def test_names_that_are_none_are_one_line(tmp_path: Path, keypoints: Any, words: str) -> None:
    path = written(tmp_path)
    document = json.loads(path.read_text())
    document["categories"][0]["keypoints"] = keypoints
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=words):
        open_dataset(path)


def test_a_missing_picture_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match=r"no such file .*a\.png; 1 are missing"):
        open_dataset(path)


def test_movenet_is_evaluated_on_the_published_points(edgewright: Any, shared_file: Any, tmp_path: Path) -> None:
    """The published points of the squat as COCO's JSON: exact enough at most of the thresholds."""
    shutil.copy(shared_file("images/squat.bmp"), tmp_path)
    with shared_file("models/movenet_squat_reference.csv").open() as lines:
        points = [[float(row["keypoint_x"]) * 500, float(row["keypoint_y"]) * 610, 2] for row in csv.DictReader(lines)]
    flat = [number for point in points for number in point]
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": flat, "bbox": [129, 190, 223, 357]}
    document = {
        "images": [{"id": 1, "file_name": "squat.bmp", "width": 500, "height": 610}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO.names)}],
        "annotations": [annotation],
    }
    (tmp_path / "squat.json").write_text(json.dumps(document))
    model = shared_file("models/movenet_single_pose_lightning_ptq.tflite")
    done = edgewright("evaluate", model, tmp_path / "squat.json", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["metric"] == "OKS"
    assert told["value"] >= 0.8
