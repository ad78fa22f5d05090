"""What is cut out for the second model of a chain, against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.media import Box, Keypoints
from edgewright.task import Crop, Observation

PICTURE = (1000, 1000)


def thing(box: Box | None, *points: tuple[float, float]) -> Observation:
    names = tuple(f"p{number}" for number in range(len(points)))
    keypoints = Keypoints(np.array([(*point, 1.0) for point in points], np.float32), names) if points else None
    return Observation("thing", 0.9, 0, box=box, keypoints=keypoints)


def test_a_margin_is_added_on_each_side() -> None:
    part = Crop(margin=0.1).of(thing(Box(100, 200, 300, 600)), PICTURE)
    assert part is not None
    assert part.box == (80, 160, 320, 640)
    assert Crop(margin=0).of(thing(Box(100, 200, 300, 600)), PICTURE).box == (100, 200, 300, 600)  # type: ignore[union-attr]


def test_a_part_ends_where_the_picture_does() -> None:
    part = Crop(margin=0.5).of(thing(Box(0, 0, 100, 1000)), PICTURE)
    assert part is not None
    assert part.box == (0, 0, 150, 1000)


@pytest.mark.parametrize(
    ("wrist", "finger", "angle", "middle"),
    [
        ((500, 600), (500, 400), 0.0, (500, 450)),  # upright: half the box's height above its middle
        ((400, 500), (600, 500), math.pi / 2, (550, 500)),  # fingers to the right: clockwise by a quarter
        ((600, 500), (400, 500), -math.pi / 2, (450, 500)),
        ((500, 400), (500, 600), -math.pi, (500, 550)),
    ],
)
def test_a_palm_becomes_an_upright_hand(
    wrist: tuple[float, float], finger: tuple[float, float], angle: float, middle: tuple[float, float]
) -> None:
    """As MediaPipe's graph of hands: scale 2.6, shift -0.5 along the turned sides, square by the longer side."""
    hand = Crop(start=0, end=2, margin=0.8, shift=(0, -0.5), square=True)
    part = hand.of(thing(Box(460, 450, 540, 550), wrist, (0, 0), finger), PICTURE)
    assert part is not None
    assert abs(math.remainder(part.angle - angle, 2 * math.pi)) < 1e-9
    assert part.middle == pytest.approx(middle)
    assert part.box[2] - part.box[0] == pytest.approx(260, abs=1)
    assert part.box[3] - part.box[1] == pytest.approx(260, abs=1)
    if angle:
        up = part.to_picture(part.size[1] / 2, 0.0)
        towards = (finger[0] - wrist[0], finger[1] - wrist[1])
        assert (up[0] - middle[0]) * towards[0] + (up[1] - middle[1]) * towards[1] > 0


def test_a_body_is_the_square_about_two_points() -> None:
    """As MediaPipe's graph of bodies: about the hips, twice as wide as the second point is away, times 1.25."""
    part = Crop(start=0, end=1, circle=True, margin=0.125).of(thing(None, (500, 500), (560, 420)), PICTURE)
    assert part is not None
    assert part.middle == pytest.approx((500, 500))
    assert part.box[2] - part.box[0] == pytest.approx(250)
    assert part.angle == pytest.approx(math.atan2(60, 80))


def test_eyes_become_level() -> None:
    part = Crop(start="p0", end="p1", degrees=0).of(thing(Box(400, 400, 600, 600), (450, 450), (550, 500)), PICTURE)
    assert part is not None
    assert part.angle == pytest.approx(math.atan2(50, 100))


def test_a_turned_box_turns_its_part() -> None:
    part = Crop(margin=0).of(thing(Box(400, 400, 600, 500, 0.4)), PICTURE)
    assert part is not None
    assert part.angle == 0.4
    assert part.size == (100, 200)


def test_what_has_no_place_has_no_part() -> None:
    assert Crop().of(thing(None), PICTURE) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"margin": -0.5}, "margin is -0.5; more than -0.5 and at most 10 is possible"),
        ({"margin": float("nan")}, "margin is nan"),
        ({"shift": (math.inf, 0)}, "cut nothing out"),
        ({"start": 1}, "a crop is turned by two keypoints: give start and end"),
        ({"circle": True}, "give start and end"),
    ],
)
def test_numbers_that_cut_nothing_out_are_one_line(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Crop(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("point", ["nose", 7, -1])
def test_a_keypoint_that_is_not_there_is_said(point: int | str) -> None:
    with pytest.raises(UsageError, match=r"turned by the keypoint .* of the first model, and its keypoints are p0, p1"):
        Crop(start=point, end=1).of(thing(Box(0, 0, 9, 9), (1, 1), (2, 2)), PICTURE)
    with pytest.raises(UsageError, match="and it gives none"):
        Crop(start=0, end=1).of(thing(Box(0, 0, 9, 9)), PICTURE)
