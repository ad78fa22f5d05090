"""Detectors that say boxes and keypoints relative to anchors: decoded as defined, back in the original's pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError
from edgewright.media import Prepared, place
from edgewright.model import ModelFile
from edgewright.task.anchored import AnchoredForm, Places

SHORT_RANGE = AnchoredForm(128, (8, 16, 16, 16), 6)
FULL_RANGE = AnchoredForm(192, (4,), 6, each=1)
PALMS = AnchoredForm(192, (8, 16, 16, 16), 7)
BODIES = AnchoredForm(224, (8, 16, 32, 32, 32), 4)

PLACES = Places(boxes=0, scores=1)
NEVER = -50.0


def prepared(height: int, width: int, form: AnchoredForm = SHORT_RANGE, policy: str = "letterbox") -> Prepared:
    size = form.size, form.size
    return Prepared(np.zeros(0), place((height, width), size, policy), (height, width))  # type: ignore[arg-type]


def outputs(form: AnchoredForm = SHORT_RANGE) -> list[Any]:
    """What a model says that sees nothing."""
    shapes = (1, form.count, form.values), (1, form.count, 1)
    return [np.zeros(shapes[0], np.float32), np.full(shapes[1], NEVER, np.float32)]


def says(raw: list[Any], anchor: int, logit: float, *values: float) -> None:
    raw[0][0, anchor, : len(values)] = values
    raw[1][0, anchor] = logit


@pytest.mark.parametrize(
    ("form", "count", "values"),
    [(SHORT_RANGE, 896, 16), (FULL_RANGE, 2304, 16), (PALMS, 2016, 18), (BODIES, 2254, 12)],
)
def test_published_detectors_have_so_many_anchors(form: AnchoredForm, count: int, values: int) -> None:
    assert form.count == len(form.anchors) == count
    assert form.values == values


def test_anchors_lie_in_the_middle_of_their_cells_those_of_a_cell_together() -> None:
    anchors = SHORT_RANGE.anchors
    np.testing.assert_array_equal(anchors[:3], [(4, 4), (4, 4), (12, 4)])
    np.testing.assert_array_equal(anchors[511:513], [(124, 124), (8, 8)])
    assert (anchors[512:518] == 8).all()
    np.testing.assert_array_equal(anchors[518], (24, 8))
    np.testing.assert_array_equal(FULL_RANGE.anchors[[0, 1, 48]], [(2, 2), (6, 2), (2, 6)])


def test_a_box_with_its_points_is_where_the_anchor_says() -> None:
    raw = outputs()
    says(raw, 2, 0.0, 1, 2, 8, 4, -3, 1)  # at (12, 4): center (13, 6), 8 x 4, the first point at (9, 5)
    found = SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=0.5)
    np.testing.assert_allclose(found.xyxy, [[9, 4, 17, 8]])
    np.testing.assert_allclose(found.points[0, :2], [(9, 5), (12, 4)])
    np.testing.assert_allclose(found.confidence, [0.5])


@pytest.mark.parametrize(("height", "width", "scale", "left", "top"), [(256, 512, 4, 0, 32), (512, 256, 4, 32, 0)])
def test_letterboxed_and_back(height: int, width: int, scale: int, left: int, top: int) -> None:
    raw = outputs()
    says(raw, 512 + 6 * 9, 3.0, 0, 0, 10, 10)  # the second row's second cell of 16 pixels: (24, 24)
    found = SHORT_RANGE.find(raw, PLACES, prepared(height, width), threshold=0.5)
    x, y = (24 - left) * scale, (24 - top) * scale
    np.testing.assert_allclose(found.xyxy, [[x - 20, y - 20, x + 20, y + 20]])
    np.testing.assert_allclose(found.points[0, 0], (x, y))


def test_what_overlaps_becomes_one_averaged_by_score() -> None:
    """The best one's score stays; what lies elsewhere stays a thing of its own, the surest first."""
    raw = outputs()
    third = np.log(0.6 / 0.4)
    says(raw, 0, np.log(0.8 / 0.2), 0, 0, 20, 20)
    says(raw, 1, third, 2, 0, 20, 20)
    says(raw, 511, np.log(0.9 / 0.1), 0, 0, 10, 10)
    found = SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=0.5)
    np.testing.assert_allclose(found.confidence, [0.9, 0.8], rtol=1e-6)
    middle = 4 + 2 * 0.6 / (0.8 + 0.6)
    np.testing.assert_allclose(found.xyxy[1], [middle - 10, -6, middle + 10, 14], rtol=1e-6)


def test_what_overlaps_little_stays_two() -> None:
    raw = outputs()
    says(raw, 0, 3.0, 0, 0, 10, 10)
    says(raw, 2, 3.0, 0, 0, 10, 10)
    assert len(SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=0.5).confidence) == 2


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_scores_beyond_all_bounds(threshold: float) -> None:
    raw = outputs()
    raw[1][:] = -1e30
    raw[1][0, 0] = 1e30
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        found = SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=threshold)
    assert found.confidence[0] == 1


def test_nothing_is_found_where_nothing_is_sure_enough() -> None:
    raw = outputs()
    raw[1][0, 5] = np.nan
    found = SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=0.5)
    assert (found.xyxy.shape, found.points.shape, found.confidence.shape) == ((0, 4), (0, 6, 2), (0,))


def test_boxes_that_are_no_numbers_are_one_line() -> None:
    raw = outputs()
    says(raw, 0, 3.0, np.inf)
    with pytest.raises(DataError, match="boxes hold NaN or infinity"):
        SHORT_RANGE.find(raw, PLACES, prepared(128, 128), threshold=0.5)
    with pytest.raises(DataError, match="this input is none"):
        SHORT_RANGE.find(raw, PLACES, Prepared(np.zeros(0)), threshold=0.5)


def test_a_form_is_told_by_its_shapes(shared_file: Any) -> None:
    model = ModelFile.read(shared_file("models/face_detection_short_range.tflite"))
    assert SHORT_RANGE.places(model) == (0, 1)
    for other in (FULL_RANGE, PALMS, BODIES, AnchoredForm(128, (8, 16, 16, 16), 5)):
        assert other.places(model) is None
