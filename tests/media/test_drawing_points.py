"""Points on pictures: where they are, which are left out, and what joins them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edgewright.media import Box, Keypoints, draw_boxes, draw_keypoints, tint_masks

GROUND = (120, 120, 120)


def picture(width: int = 600, height: int = 400) -> Image.Image:
    return Image.new("RGB", (width, height), GROUND)


def points(*rows: tuple[float, float, float]) -> Keypoints:
    return Keypoints(np.array(rows, np.float32), tuple(f"point {place}" for place in range(len(rows))))


def touched(drawn: Image.Image, x: float, y: float) -> bool:
    return drawn.getpixel((round(x), round(y))) != GROUND


def test_a_point_is_drawn_where_it_is_and_one_below_the_threshold_is_not() -> None:
    drawn = draw_keypoints(picture(), [(points((100, 50, 0.9), (300, 200, 0.1)), 0)], threshold=0.3)
    assert touched(drawn, 100, 50)
    assert not touched(drawn, 300, 200)


def test_an_edge_joins_two_points_and_goes_with_either_of_them() -> None:
    things = [(points((100, 50, 0.9), (300, 50, 0.9), (300, 250, 0.1)), 0)]
    drawn = draw_keypoints(picture(), things, edges=[(0, 1), (1, 2)], threshold=0.3)
    assert touched(drawn, 200, 50)
    assert not touched(drawn, 300, 150)


def test_a_small_picture_is_drawn_larger_and_its_points_with_it() -> None:
    drawn = draw_keypoints(picture(120, 80), [(points((100, 20, 1.0)), 0)])
    assert drawn.size == (480, 320)
    assert touched(drawn, 400, 80)


def test_boxes_lie_below_the_points() -> None:
    boxes = [(Box(100, 100, 300, 300), "person 0.90", 0)]
    drawn = draw_keypoints(picture(), [(points((100, 200, 1.0)), 1)], boxes=boxes)
    alone = draw_keypoints(picture(), [], boxes=boxes)
    assert touched(alone, 100, 250)
    assert drawn.getpixel((100, 250)) == alone.getpixel((100, 250))
    assert drawn.getpixel((100, 200)) != alone.getpixel((100, 200))


@pytest.mark.parametrize("number", [0, 7, 8, 16, 100])
def test_a_box_its_mask_and_its_points_have_one_color(number: int) -> None:
    color = draw_boxes(picture(), [(Box(100, 100, 300, 300), "", number)]).getpixel((100, 200))
    points_drawn = draw_keypoints(picture(), [(points((100, 50, 1.0)), number)])
    white = Image.new("RGB", (600, 400), (255, 255, 255))
    tinted = tint_masks(white, [(np.ones((400, 600), np.bool_), number)]).getpixel((9, 9))
    assert points_drawn.getpixel((100, 50)) == color
    assert tinted == tuple(pytest.approx(127 + value / 2, abs=2) for value in color)
