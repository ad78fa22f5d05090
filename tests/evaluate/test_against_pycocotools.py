"""Our mAP is that of COCO's own program, on random boxes with crowds, ties, and pictures without anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import BoxesTarget
from edgewright.evaluate import find_metric
from edgewright.task import Detections

CASES = 40


def boxes(random: np.random.RandomState, count: int) -> np.ndarray:
    corners = random.randint(0, 80, (count, 2))
    return np.hstack([corners, corners + random.randint(1, 40, (count, 2))]).astype(np.float64)


def picture(random: np.random.RandomState, classes: int) -> tuple[Detections, BoxesTarget]:
    there = boxes(random, random.randint(0, 8))
    class_id = random.randint(0, classes, len(there))
    target = BoxesTarget(there, class_id, random.uniform(size=len(there)) < 0.15)
    near = there + random.randint(-3, 4, there.shape) if len(there) else there
    near = np.hstack([np.minimum(near[:, :2], near[:, 2:] - 1), near[:, 2:]])
    more = boxes(random, random.choice([0, 3, 8, 140], p=[0.3, 0.4, 0.25, 0.05]))
    found = np.vstack([near, more]).astype(np.float32)
    said = np.hstack([class_id, random.randint(0, classes, len(more))]).astype(np.int64)
    # Few different scores, so that many are equal within a picture; between pictures they differ.
    scores = (random.randint(1, 10, len(found)) / 10 + random.uniform(0, 0.05)).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return Detections(found[order], scores[order], said[order], (), (120, 120)), target


def xywh(box: list[float]) -> list[float]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def document(pictures: list[tuple[Detections, BoxesTarget]], classes: int) -> dict[str, Any]:
    annotations, detections = [], []
    for image, (found, target) in enumerate(pictures, 1):
        for box, index, crowd in zip(target.xyxy.tolist(), target.class_id.tolist(), target.crowd, strict=True):
            one = {"id": len(annotations) + 1, "image_id": image, "category_id": index + 1, "iscrowd": int(crowd)}
            annotations.append(one | {"bbox": xywh(box), "area": float(np.prod(xywh(box)[2:]))})
        for box, score, index in zip(found.xyxy.tolist(), found.confidence.tolist(), found.class_id, strict=True):
            one = {"image_id": image, "category_id": int(index) + 1}
            detections.append(one | {"bbox": xywh(box), "score": score})
    images = [{"id": image, "width": 120, "height": 120} for image in range(1, len(pictures) + 1)]
    categories = [{"id": index + 1, "name": str(index)} for index in range(classes)]
    return {"truth": {"images": images, "annotations": annotations, "categories": categories}, "detections": detections}


@pytest.mark.extras
def test_random_boxes_have_the_map_of_cocos_program(tmp_path: Path):
    cases, documents = [], []
    for seed in range(CASES):
        random = np.random.RandomState(seed)
        classes = random.randint(1, 5)
        cases.append([picture(random, classes) for _ in range(random.randint(1, 30))])
        documents.append(document(cases[-1], classes))
    (tmp_path / "cases.json").write_text(json.dumps(documents))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "coco"], check=True)
    python = tmp_path / "coco/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "pycocotools==2.0.*"], check=True)
    script = Path(__file__).with_name("coco_says.py")
    done = subprocess.run([python, script, tmp_path / "cases.json"], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert len(said) == CASES
    for pictures, values in zip(cases, said, strict=True):
        for name, value in zip(("mAP", "mAP50"), values, strict=True):
            metric = find_metric("detection", BoxesTarget, name)
            ours = metric.combine([metric.record(*pair) for pair in pictures])
            assert (value == -1 and np.isnan(ours)) or ours == pytest.approx(value, abs=1e-12)
