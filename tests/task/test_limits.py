"""The limits that a caller sets, which every kind that has them takes and refuses alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task import open_task
from task.constants import constant_model

from .detector_files import LABELS, THINGS, described, finished, raw
from .series_models import autoencoder
from .yolo_files import LAYOUTS, Thing, arrays_of, file_of, said_of


def _yolo() -> ModelFile:
    said = said_of(LAYOUTS[0], [Thing((30, 40, 230, 300), 0, 0.92)], (480, 960), len(LABELS))
    return file_of(LAYOUTS[0], arrays_of(LAYOUTS[0], said, False), labels=list(LABELS))


def _anchored(size: int, anchors: int, values: int) -> ModelFile:
    shapes = [(1, anchors, values), (1, anchors, 1)]
    return constant_model([1, size, size, 3], [np.zeros(shape, np.float32) for shape in shapes], dtype="float32")


RAW, ANCHORS = raw()
DETECTORS = {"finished": described(finished()), "raw": RAW, "yolo": _yolo()}
FIGURES = {
    "pose": constant_model([1, 192, 192, 3], [np.zeros((1, 1, 17, 3), np.float32)]),
    "hands": _anchored(192, 2016, 18),
    "faces": _anchored(128, 896, 16),
}
SERIES = {"series": autoencoder(4, 2, columns=("x", "y"), rate=10.0)}
MODELS = DETECTORS | FIGURES | SERIES

THRESHOLDS = [(name, "threshold") for name in MODELS] + [("pose", "keypoint_threshold")]
MOST = [(name, "most") for name in DETECTORS | FIGURES]
OVERLAPS = [("raw", "iou"), ("yolo", "iou")]


def opened(name: str, limits: dict[str, Any]) -> None:
    more = {"anchors": ANCHORS, "labels": LABELS} if name == "raw" else {}
    open_task(MODELS[name], **more, **limits).close()


@pytest.mark.parametrize("given", ["0.5", True, float("nan"), -0.5, [0.5], 0.5j])
@pytest.mark.parametrize(("name", "limit"), THRESHOLDS + OVERLAPS)
def test_what_is_no_share_is_refused_in_one_line(name: str, limit: str, given: Any) -> None:
    with pytest.raises(UsageError) as caught:
        opened(name, {limit: given})
    assert f"{limit} is {given!r}" in str(caught.value)


@pytest.mark.parametrize("given", ["3", True, 0, 1.5, float("nan")])
@pytest.mark.parametrize(("name", "limit"), MOST)
def test_what_is_no_number_of_things_is_refused_in_one_line(name: str, limit: str, given: Any) -> None:
    with pytest.raises(UsageError, match="at least 1 is needed") as caught:
        opened(name, {limit: given})
    assert f"{limit} is {given!r}" in str(caught.value)


@pytest.mark.parametrize(("name", "limit"), THRESHOLDS + MOST + OVERLAPS)
def test_numbers_of_numpy_and_nothing_at_all_are_taken(name: str, limit: str) -> None:
    for given in (np.int64(1), np.uint8(1)) if limit == "most" else (np.float32(0.5), np.float64(0.5), np.int64(1), 1):
        opened(name, {limit: given})
    opened(name, {limit: None})


def test_a_threshold_of_a_label_is_as_exact_as_that_of_all() -> None:
    """0.7 in 32 bits is a little less than in 64."""
    model = described(finished([THINGS[0]._replace(score=0.7)]))
    picture = np.zeros((90, 270, 3), np.uint8)
    for threshold in (0.7, {"ant": 0.7, "bee": 0.7, "cat": 0.7}):
        with open_task(model, threshold=threshold) as detect:
            assert len(detect(picture)) == 1
