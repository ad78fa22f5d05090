"""Parts of a picture: cut out upright or turned, and back to the picture's own pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from edgewright.media import Box, Placement, cut, part_of, place, spread, spread_smoothly

PICTURE = (600, 900)


def marked(x: int, y: int) -> Image.Image:
    """A gray picture with a white square of 9 pixels about a point."""
    image = Image.new("RGB", PICTURE[::-1], (40, 40, 40))
    image.paste((255, 255, 255), (x - 4, y - 4, x + 5, y + 5))
    return image


def middle_of_mark(image: Image.Image) -> tuple[float, float]:
    weights = np.clip(np.asarray(image.convert("L")).astype(float) - 60, 0, None)
    rows, columns = np.indices(weights.shape)
    return float((columns * weights).sum() / weights.sum()) + 0.5, float((rows * weights).sum() / weights.sum()) + 0.5


@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 2, -math.pi / 2, math.pi, 2.5])
@pytest.mark.parametrize("policy", ["stretch", "letterbox", "crop"])
def test_a_mark_in_a_crop_comes_back_to_its_place(angle: float, policy: str) -> None:
    part = part_of(Box(250, 150, 550, 400, angle), PICTURE)
    crop = cut(marked(420, 290), part)
    assert (crop.height, crop.width) == part.size
    placement = place(part.size, (96, 128), policy)  # type: ignore[arg-type]
    vertical, horizontal = placement.scale
    x, y = middle_of_mark(crop)
    in_input = (
        (x - placement.box[0]) * horizontal + placement.region[0],
        (y - placement.box[1]) * vertical + placement.region[1],
    )
    assert placement.within(part).to_picture(*in_input) == pytest.approx((420.5, 290.5), abs=0.6)


def test_a_quarter_turn_brings_the_right_to_the_top() -> None:
    """Turned clockwise by 90 degrees, the crop's right is the picture's bottom, and its top the picture's right."""
    part = part_of(Box(300, 200, 500, 400, math.pi / 2), PICTURE)
    x, y = middle_of_mark(cut(marked(480, 300), part))
    assert (x, y) == pytest.approx((100, 20), abs=1)


def test_a_large_turned_part_is_made_smaller_with_antialiasing() -> None:
    """A fine chequer becomes an even gray, and not a coarse one."""
    chequer = ((np.indices((4000, 6000)).sum(axis=0) % 2) * 255).astype(np.uint8)
    crop = np.asarray(cut(Image.fromarray(chequer), part_of(Box(500, 200, 5500, 3800, 0.2), (4000, 6000))))
    assert max(crop.shape) <= 2048
    assert crop[300:-300, 300:-300].std() < 5


def test_what_lies_beside_the_picture_is_black_in_a_turned_part() -> None:
    crop = np.asarray(cut(Image.new("RGB", (50, 40), (255, 255, 255)), part_of(Box(-30, -30, 30, 30, 0.5), (40, 50))))
    assert (crop[0, 0] == 0).all()
    assert (crop[40, 40] == 255).all()


@pytest.mark.parametrize(
    ("box", "size", "corner"),
    [
        (Box(10.2, 20.7, 11.1, 21.2), (2, 2), (10.0, 20.0)),
        (Box(10, 20, 10, 20), (1, 1), (10.0, 20.0)),
        (Box(-40, -30, 5, 5), (5, 5), (0.0, 0.0)),
        (Box(899.5, 599.9, 2000, 2000), (1, 1), (899.0, 599.0)),
        (Box(5000, 5000, 6000, 6000), (1, 1), (899.0, 599.0)),
        (Box(-9, -9, -5, -5), (1, 1), (0.0, 0.0)),
    ],
)
def test_an_upright_part_is_whole_pixels_of_the_picture(
    box: Box, size: tuple[int, int], corner: tuple[float, float]
) -> None:
    part = part_of(box, PICTURE)
    assert part.size == size
    assert part.box[:2] == corner
    assert cut(marked(1, 1), part).size == size[::-1]


def test_a_placement_that_turns_nothing_is_what_it_was() -> None:
    plain = Placement((10, 20), (0.0, 0.0, 200.0, 100.0), (0, 0, 20, 10))
    assert plain.within(place((100, 200), (100, 200))) == plain


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_there_and_back_is_the_same_place(angle: float) -> None:
    placement = place((250, 300), (96, 128), "letterbox").within(part_of(Box(250, 150, 550, 400, angle), PICTURE))
    x, y = np.array([0.0, 13.5, 128.0]), np.array([5.0, 96.0, 40.25])
    np.testing.assert_allclose(placement.to_input(*placement.to_picture(x, y)), (x, y), atol=1e-9)


@pytest.mark.parametrize("smoothly", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, 3.0])
def test_what_a_model_says_of_a_turned_part_is_where_it_belongs(angle: float, smoothly: bool) -> None:
    """A mask of the part: the picture's own disk, as a model that sees the part would mark it."""
    y, x = np.indices(PICTURE) + 0.5
    disk = np.hypot(x - 420, y - 290) < 60
    part = part_of(Box(250, 150, 550, 400, angle), PICTURE)
    seen = np.asarray(cut(Image.fromarray(disk.astype(np.uint8) * 255), part).resize((150, 125))) > 127
    placement = place(part.size, (250, 300), "stretch").within(part)
    if smoothly:
        back = spread_smoothly(seen.astype(np.float32), placement, PICTURE, float("nan")) > 0.5
    else:
        back = spread(seen.astype(np.uint8), placement, PICTURE, 255) == 1
    assert (back & disk).sum() / (back | disk).sum() > 0.95
    outside = spread(seen.astype(np.uint8), placement, PICTURE, 255) == 255
    assert outside[0, 0]
    assert outside.mean() == pytest.approx(1 - 300 * 250 / (600 * 900), abs=0.01)


@pytest.mark.parametrize("sides", [(0, 10), (10, 0), (0, 0), (0.2, 10)])
def test_a_turned_part_without_an_inside_is_a_pixel_wide(sides: tuple[float, float]) -> None:
    part = part_of(Box(50, 40, 50 + sides[0], 40 + sides[1], 0.5), (100, 100))
    width, height = (max(round(side), 1) for side in sides)
    assert cut(Image.new("RGB", (100, 100), (200, 30, 30)), part).getpixel((0, 0)) == (200, 30, 30)
    assert part.size == (height, width)
    assert part.scale == pytest.approx((1, 1))
    assert part.middle == (50 + sides[0] / 2, 40 + sides[1] / 2)
