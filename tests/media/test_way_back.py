"""From a prepared input back to the original picture, whatever happened on the way."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError
from edgewright.media import Box, Keypoints, Preparation, fit_picture
from edgewright.model import InputMetadata, TensorSpec

MARK = (1210, 640)  # x, y in the upright picture of 2000 x 1200


def marked(orientation: int = 1, form: str = "JPEG") -> bytes:
    """A gray picture with a white square about MARK, stored as EXIF orientation says."""
    image = Image.new("RGB", (2000, 1200), (40, 40, 40))
    image.paste((255, 255, 255), (MARK[0] - 30, MARK[1] - 30, MARK[0] + 30, MARK[1] + 30))
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = image.transpose(turns[orientation]) if orientation != 1 else image
    exif = Image.Exif()
    exif[274] = orientation
    stream = io.BytesIO()
    stored.save(stream, form, exif=exif, quality=95)
    return stream.getvalue()


@pytest.mark.parametrize("policy", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_mark_comes_back_to_its_place(policy: str, orientation: int, form: str) -> None:
    fitted = fit_picture(marked(orientation, form), size=(224, 160), policy=policy)  # type: ignore[arg-type]
    assert fitted.original == (1200, 2000)
    weights = np.clip(fitted.pixels.mean(axis=2) - 60, 0, None)
    left, top, right, bottom = fitted.placement.region
    weights[:top], weights[bottom:], weights[:, :left], weights[:, right:] = 0, 0, 0, 0
    y, x = (float((np.indices(weights.shape)[axis] * weights).sum() / weights.sum()) + 0.5 for axis in (0, 1))
    assert fitted.placement.to_picture(x, y) == pytest.approx(MARK, abs=4)


def test_many_points_at_once() -> None:
    placement = fit_picture(marked(), size=(100, 100), policy="letterbox").placement
    x, y = placement.to_picture(np.array([0.0, 100.0]), np.array([20.0, 80.0]))
    assert x == pytest.approx([0, 2000])
    assert y == pytest.approx([0, 1200])


def test_preparation_keeps_the_way_back() -> None:
    spec = TensorSpec(0, "x", (1, 96, 96, 3), "uint8")
    prepared = Preparation.of(spec, InputMetadata(resize="crop")).prepare(marked())
    assert prepared.original == (1200, 2000)
    assert np.shape(prepared.tensors) == (1, 96, 96, 3)
    assert prepared.placement is not None
    assert prepared.placement.to_picture(0.0, 0.0) == pytest.approx((400, 0), abs=1e-6)


def test_corners_of_a_turned_box() -> None:
    """A quarter clockwise brings the upper left corner to the upper right."""
    box = Box(0, 0, 40, 20, math.pi / 2)
    assert np.array(box.corners) == pytest.approx(np.array([(30, -10), (30, 30), (10, 30), (10, -10)]))
    assert box.bounds.xyxy == pytest.approx((10, -10, 30, 30))
    assert box.bounds.angle == 0
    assert Box(0, 0, 40, 20).bounds == Box(0, 0, 40, 20)


def test_overlap_of_boxes() -> None:
    assert Box(0, 0, 10, 10).iou(Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert Box(0, 0, 1, 1).iou(Box(2, 2, 3, 3)) == 0
    assert Box(1, 1, 1, 1).iou(Box(1, 1, 1, 1)) == 0
    assert Box(0, 0, 4, 2).center == (2, 1)


@pytest.mark.parametrize("sides", [(1, 0, 0, 1), (0, 1, 1, 0), (0, 0, float("nan"), 1), (0, 0, float("inf"), 1)])
def test_what_is_no_box(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(DataError, match="is no box"):
        Box(*sides)


def test_keypoints_have_names() -> None:
    with pytest.raises(DataError, match="for 1 names"):
        Keypoints(np.zeros((2, 3), np.float32), ("nose",))
