"""OKS against cases worked out by hand, and against COCO's own program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import KeypointsTarget
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import find_metric
from edgewright.evaluate.metrics.keypoint_similarity import SIGMAS, similarities
from edgewright.task import Poses
from edgewright.task.poses.skeletons import BODY, COCO

OKS = find_metric("pose", KeypointsTarget)
CASES = 20


def target(*figures: np.ndarray, area: float = 1000.0, names: tuple[str, ...] = COCO.names) -> KeypointsTarget:
    """Figures (17, 3) of x, y and visibility."""
    return KeypointsTarget(np.array(figures).reshape(-1, len(names), 3), names, np.full(len(figures), area))


def found(*figures: np.ndarray, scores: tuple[float, ...] = (0.9, 0.8, 0.7)) -> Poses:
    xy = np.array([figure[:, :2] for figure in figures], np.float32).reshape(-1, 17, 2)
    return Poses(xy, np.ones(xy.shape[:2], np.float32), np.array(scores[: len(xy)], np.float32), (200, 200))


def figure(x: float = 0.0) -> np.ndarray:
    rows = np.arange(17)[:, None] * np.array([[3.0, 5.0, 0.0]])
    return rows + np.array([x, 10, 2])


def value(*pairs: tuple[Poses, KeypointsTarget]) -> float:
    return OKS.combine([OKS.record(*pair) for pair in pairs])


def test_poses_with_keypoints_have_this_metric() -> None:
    assert (OKS.name, OKS.title) == ("OKS", "AP@OKS[.50:.95]")
    with pytest.raises(UsageError, match="the metric 'OKS' is for landmarks, pose"):
        find_metric("detection", KeypointsTarget, "OKS")


def test_all_points_right_is_one_and_nobody_found_is_zero() -> None:
    assert value((found(figure()), target(figure()))) == 1
    assert value((found(), target(figure()))) == 0
    assert np.isnan(value((found(), target())))


def test_a_point_that_is_off_by_its_own_deviation_counts_as_its_definition_says() -> None:
    """The distance is 2 sigma times the root of the area: exp(-1/2) for that point, 1 for the other sixteen."""
    off = figure()
    off[9, 0] += 2 * SIGMAS["left_wrist"] * np.sqrt(1000)
    like = similarities(found(off).observations(), target(figure()))
    assert like == pytest.approx((16 + np.exp(-0.5)) / 17, abs=1e-5)


def test_points_that_nobody_labeled_do_not_count() -> None:
    seen, off = figure(), figure()
    seen[3:, 2] = 0
    off[3:, :2] += 500
    assert similarities(found(off).observations(), target(seen)) == pytest.approx(1)


def test_a_figure_without_labels_is_neither_right_nor_wrong() -> None:
    blank = figure(100)
    blank[:, 2] = 0
    assert value((found(figure()), target(figure(), blank))) == 1
    assert np.isnan(value((found(), target(blank))))


def test_of_two_people_one_is_found() -> None:
    """Precision 1 at the recalls 0.00 to 0.50."""
    assert value((found(figure()), target(figure(), figure(100)))) == pytest.approx(51 / 101)


def test_a_wrong_figure_before_a_right_one_halves_the_precision() -> None:
    assert value((found(figure(100), figure()), target(figure()))) == pytest.approx(0.5)


def test_a_model_with_more_points_is_scored_by_the_same_names() -> None:
    xy = np.zeros((1, 33, 2), np.float32)
    for place, name in enumerate(COCO.names):
        xy[0, BODY.names.index(name)] = figure()[place, :2]
    poses = Poses(xy, np.ones((1, 33), np.float32), np.ones(1, np.float32), (200, 200), skeleton=BODY)
    assert value((poses, target(figure()))) == 1


def test_a_model_that_lacks_a_point_is_wrong_there() -> None:
    few = target(figure()[:2, :], names=("nose", "left_eye"))
    xy = figure()[None, :1, :2].astype(np.float32)
    from edgewright.task.poses.skeletons import Skeleton

    nose = Poses(xy, np.ones((1, 1), np.float32), np.ones(1, np.float32), (9, 9), skeleton=Skeleton(("nose",), ()))
    assert similarities(nose.observations(), few) == pytest.approx(0.5)


def test_points_of_another_kind_are_refused() -> None:
    with pytest.raises(DataError, match="COCO's 17 points, and the data have 'tail'"):
        OKS.record(found(), target(np.ones((1, 3)), names=("tail",)))


def test_poses_agree_with_those_of_a_reference_where_it_is_sure() -> None:
    same = find_metric("pose", None)
    assert same.name == "pose-agreement"
    reference = found(figure(), figure(100), scores=(0.9, 0.1))
    assert same.combine([same.record(found(figure()), reference)]) == 1
    assert same.combine([same.record(found(figure(60)), reference)]) == 0
    assert np.isnan(same.combine([same.record(found(figure()), found())]))


def case(random: np.random.RandomState) -> tuple[Poses, KeypointsTarget]:
    there = random.uniform(0, 100, (random.randint(0, 5), 17, 3))
    there[:, :, 2] = random.randint(0, 3, there.shape[:2])
    there[:, 0, 2] = 2
    near = there[:, :, :2] + random.normal(0, random.choice([1, 4, 9]), there[:, :, :2].shape)
    xy = np.concatenate([near, random.uniform(0, 100, (random.randint(0, 25), 17, 2))]).astype(np.float32)
    scores = -np.sort(-random.uniform(0, 1, len(xy)).astype(np.float32))
    xy = xy[random.permutation(len(xy))]
    areas = random.uniform(500, 5000, len(there))
    return Poses(xy, np.ones(xy.shape[:2], np.float32), scores, (100, 100)), KeypointsTarget(there, COCO.names, areas)


def document(pictures: list[tuple[Poses, KeypointsTarget]]) -> dict[str, Any]:
    annotations, detections = [], []
    for image, (poses, truth) in enumerate(pictures, 1):
        for points, area in zip(truth.points, truth.areas.tolist(), strict=True):
            one = {"id": len(annotations) + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": area}
            labeled = int((points[:, 2] > 0).sum())
            annotations.append(
                one | {"keypoints": points.ravel().tolist(), "num_keypoints": labeled, "bbox": [0, 0, 9, 9]}
            )
        for pose in poses:
            points = pose.keypoints.points.astype(float).ravel().tolist()
            detections.append({"image_id": image, "category_id": 1, "keypoints": points, "score": pose.score})
    images = [{"id": image, "width": 100, "height": 100} for image in range(1, len(pictures) + 1)]
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO.names)}]
    return {
        "truth": {"images": images, "annotations": annotations, "categories": categories, "info": {}},
        "detections": detections,
        "kind": "keypoints",
    }


@pytest.mark.extras
def test_random_figures_have_the_value_of_cocos_program(tmp_path: Path) -> None:
    randoms = [np.random.RandomState(seed) for seed in range(CASES)]
    cases = [[case(random) for _ in range(random.randint(2, 12))] for random in randoms]
    (tmp_path / "cases.json").write_text(json.dumps([document(pictures) for pictures in cases]))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "coco"], check=True)
    python = tmp_path / "coco/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "pycocotools==2.0.*"], check=True)
    script = Path(__file__).with_name("coco_says.py")
    done = subprocess.run([python, script, tmp_path / "cases.json"], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert len(said) == CASES
    for pictures, (value_of_coco, _) in zip(cases, said, strict=True):
        assert value(*pictures) == pytest.approx(value_of_coco, abs=1e-9)
