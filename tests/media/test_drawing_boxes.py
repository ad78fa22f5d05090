"""Boxes on pictures: where the lines are, and that labels can be read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from edgewright.media import Box, caption, draw_boxes
from edgewright.media.pictures.marking.boxes import _places

GRAY = (127, 127, 127)


def drawn(*boxes: tuple[Box, str, int], size: tuple[int, int] = (800, 600)) -> np.ndarray:
    return np.asarray(draw_boxes(Image.new("RGB", size, GRAY), boxes)).astype(int)


def touched(pixels: np.ndarray) -> np.ndarray:
    return np.abs(pixels - 127).sum(axis=2) > 30


def test_the_line_is_where_the_box_is() -> None:
    there = touched(drawn((Box(100, 200, 500, 400), "cat", 0)))
    assert there[200:400, 101].all()
    assert there[399, 100:500].all()
    assert not there[250:350, 150:450].any()
    assert not there[410:].any()


def test_a_turned_box_has_its_corners_where_they_are() -> None:
    there = touched(drawn((Box(300, 250, 500, 350, math.pi / 2), "", 0)))
    assert there[300, 350] or there[300, 351] or there[300, 349]
    assert not there[300, 300]


@pytest.mark.parametrize(
    "box", [Box(0, 0, 800, 600), Box(760, 0, 800, 30), Box(0, 580, 20, 600), Box(700, 590, 800, 600)]
)
def test_a_label_lies_whole_in_the_picture(box: Box) -> None:
    """Its ground has the class's color; as much of it shows at the picture's edge as in its middle."""
    blue = np.array([11, 87, 164])
    middle = (drawn((Box(400, 300, 420, 310), "a long label 0.99", 0)) == blue).all(axis=2)
    there = (drawn((box, "a long label 0.99", 0)) == blue).all(axis=2)
    assert there.sum() >= middle.sum() - 300


def test_labels_give_way_to_better_ones() -> None:
    """Five boxes that begin at one point: every label lies elsewhere."""
    labels = [((100, 200, 400 + 40 * place, 400 + 30 * place), (120, 30)) for place in range(5)]
    places = _places(labels, (800, 600))
    for first in range(5):
        for second in range(first):
            across = abs(places[first][0] - places[second][0])
            down = abs(places[first][1] - places[second][1])
            assert across >= 120 or down >= 30


def test_a_label_that_is_larger_than_the_picture_begins_in_it() -> None:
    assert _places([((5, 5, 9, 9), (300, 200))], (100, 50)) == [(0, 0)]


def test_classes_that_lie_eight_apart_have_different_colors() -> None:
    colors = {tuple(drawn((Box(100, 200, 500, 400), "", number))[399, 300]) for number in (0, 8, 16, 64)}
    assert len(colors) >= 3


def test_many_boxes_have_smaller_letters() -> None:
    few = touched(drawn((Box(300, 300, 700, 590), "cat 0.50", 0)))
    tiny = [(Box(0, 0, 1, 1), "", 0)] * 59
    many = touched(drawn(*tiny, (Box(300, 300, 700, 590), "cat 0.50", 0)))
    assert many[200:299, 300:].sum() < few[200:299, 300:].sum() / 2


def test_no_boxes_leave_the_picture_as_it_is() -> None:
    assert (drawn() == 127).all()


def test_a_box_that_reaches_beyond_all_numbers_is_drawn_as_far_as_there_is_a_picture() -> None:
    far = draw_boxes(Image.new("RGB", (480, 240)), [(Box(-1e38, 100, 1e38, 1e38), "far", 0)])
    near = draw_boxes(Image.new("RGB", (480, 240)), [(Box(-1e6, 100, 1e6, 1e6), "far", 0)])
    assert far.tobytes() == near.tobytes()


@pytest.mark.parametrize("size", [(1, 3000), (2, 60_000)])
def test_a_strip_is_not_made_larger_beyond_measure(size: tuple[int, int]) -> None:
    strip = Image.new("RGB", size)
    drawn = draw_boxes(strip, [(Box(0, 0, 1, 1), "label", 0)])
    assert drawn.height <= max(16_384, strip.height)
    assert caption(strip, [("label", 0.5, "0.5")]).width == 480
