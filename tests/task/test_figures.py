"""Hands and bodies in two steps: detectors with known answers, and what a second model sees of what they find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.media import Prepared
from edgewright.model import ModelFile
from edgewright.task import Chain, Poses, kinds, open_task
from edgewright.task.anchored import AnchoredForm
from edgewright.task.kinds import bodies, hands, landmarks
from edgewright.task.poses.refining import refined
from edgewright.task.poses.skeletons import BODY, HAND, PALM
from task.constants import constant_model

PALMS = AnchoredForm(192, (8, 16, 16, 16), keypoints=7)
BODIES = AnchoredForm(224, (8, 16, 32, 32, 32), keypoints=4)
SQUARE = np.zeros((192, 192, 3), np.uint8)


def detector(form: AnchoredForm, *things: tuple[float, list[tuple[float, float]]]) -> ModelFile:
    """A detector of that form that finds things: a logit, and the points in pixels of the input; 20 pixels large."""
    boxes = np.zeros((1, form.count, form.values), np.float32)
    scores = np.full((1, form.count, 1), -20, np.float32)
    for number, (logit, points) in enumerate(things):
        anchor = 300 + 400 * number
        center = form.anchors[anchor]
        middle = np.mean(points, axis=0)
        boxes[0, anchor, :4] = (*(middle - center), 20, 20)
        boxes[0, anchor, 4:] = (np.array(points) - center).reshape(-1)
        scores[0, anchor] = logit
    return constant_model([1, form.size, form.size, 3], [boxes, scores], dtype="float32")


def palm(x: float, y: float, across: float = 0, up: float = 20) -> list[tuple[float, float]]:
    """Seven points: the wrist at (x, y), and the middle finger's knuckle away from it."""
    return [(x, y), (x, y), (x + across, y - up), *[(x, y)] * 4]


def found(model: ModelFile, picture: Any = SQUARE, **options: Any) -> Poses:
    with open_task(model, **options) as task:
        return task(picture)


def test_palms_come_with_the_detectors_box_and_seven_points() -> None:
    model = detector(PALMS, (2.0, palm(60, 100)), (3.0, palm(150, 90)))
    assert kinds.kind_of(model).name == "hands"
    poses = found(model)
    assert (poses.kind, poses.names) == ("hands", PALM.names)
    assert poses.confidence == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-2))])
    assert poses.xy[0, 0] == pytest.approx((150, 90), abs=1e-3)
    assert poses.xy[1, 2] == pytest.approx((60, 80), abs=1e-3)
    assert poses[1].label == "hand"
    assert poses[1].box is not None
    assert poses[1].box.width == pytest.approx(20, abs=1e-3)
    assert len(found(model, most=1)) == 1
    assert len(found(model, threshold=0.9)) == 1


def test_a_wide_picture_is_letterboxed_and_found_back() -> None:
    poses = found(detector(PALMS, (3.0, palm(96, 96))), np.zeros((200, 400, 3), np.uint8))
    assert poses.xy[0, 0] == pytest.approx((200, 100), abs=1e-2)


def test_bodies_come_with_four_points() -> None:
    points = [(112.0, 150.0), (112.0, 50.0), (112.0, 100.0), (112.0, 60.0)]
    model = detector(BODIES, (3.0, points))
    assert kinds.kind_of(model).name == "bodies"
    poses = found(model, np.zeros((224, 224, 3), np.uint8))
    assert poses.xy[0] == pytest.approx(np.array(points), abs=1e-3)
    assert poses.to_dict()["kind"] == "bodies"


@pytest.mark.parametrize(("kind", "size", "mean"), [(hands, 192, 0.0), (bodies, 224, 127.5)])
def test_pixels_as_they_were_trained(kind: Any, size: int, mean: float) -> None:
    form = PALMS if kind is hands else BODIES
    with open_task(detector(form)) as task:
        tensors = task._prepare(np.full((size, size, 3), 255, np.uint8)).tensors
    assert tensors.max() == pytest.approx(1.0)
    with open_task(detector(form)) as task:
        assert task._prepare(np.zeros((size, size, 3), np.uint8)).tensors.min() == pytest.approx(-1.0 if mean else 0.0)


def test_another_file_is_refused_with_what_is_expected() -> None:
    with pytest.raises(UsageError, match=r"hands are found in pictures of 192 x 192 as \[1, 2016, 18\]"):
        open_task(detector(BODIES), task="hands")
    with pytest.raises(UsageError, match="threshold is 3; scores go from 0 to 1"):
        open_task(detector(PALMS), threshold=3)
    with pytest.raises(UsageError, match="hands has no option 'labels'"):
        open_task(detector(PALMS), labels=["a"])


def hand(points: np.ndarray, presence: float = 0.9, side: float = 0.9) -> ModelFile:
    """A model of a hand's 21 points, (21, 2) in pixels of its input of 224."""
    rows = np.zeros((1, 63), np.float32)
    rows[0, 0::3], rows[0, 1::3] = points.T
    heads = [rows, np.full((1, 1), presence), np.full((1, 1), side), np.zeros((1, 63))]
    return constant_model([1, 224, 224, 3], [np.asarray(head, np.float32) for head in heads], dtype="float32")


MIDDLE_AND_TOP = np.array([(112.0, 112.0), (112.0, 0.0)] + [(112.0, 112.0)] * 19)


def test_a_hands_points_in_pixels_of_the_picture() -> None:
    poses = found(hand(MIDDLE_AND_TOP), np.zeros((100, 100, 3), np.uint8))
    assert poses.names == HAND.names
    assert poses.xy[0, 0] == pytest.approx((50, 50), abs=1e-3)
    assert poses.xy[0, 1] == pytest.approx((50, 0), abs=1e-3)
    assert poses.confidence == pytest.approx([0.9])


@pytest.mark.parametrize(("side", "label"), [(0.9, "right hand"), (0.1, "left hand")])
def test_which_hand_of_a_picture_that_is_not_mirrored(side: float, label: str) -> None:
    assert found(hand(MIDDLE_AND_TOP, side=side))[0].label == label


def test_no_hand_is_no_figure() -> None:
    assert len(found(hand(MIDDLE_AND_TOP, presence=0.4))) == 0
    assert len(found(hand(MIDDLE_AND_TOP, presence=0.4), threshold=0.3)) == 1


@pytest.mark.parametrize(
    ("across", "up", "away"),
    [
        pytest.param(0.0, 20.0, (0.0, -26.0), id="upright"),
        pytest.param(20.0, 0.0, (26.0, 0.0), id="to the right"),
        pytest.param(0.0, -20.0, (0.0, 26.0), id="head down"),
    ],
)
def test_a_hand_is_cut_out_turned_and_grown(across: float, up: float, away: tuple[float, float]) -> None:
    """The crop is 2.6 boxes large, and its middle half a box further along the fingers than the palm's."""
    points = palm(96, 96, across, up)
    with Chain(open_task(detector(PALMS, (3.0, points))), open_task(hand(MIDDLE_AND_TOP))) as chain:
        (seen,) = chain(SQUARE).observations()
    middle = np.mean(points, axis=0) + np.array(away) * 10 / 26
    assert seen.keypoints is not None
    assert seen.keypoints.points[0, :2] == pytest.approx(middle, abs=0.6)
    assert seen.keypoints.points[1, :2] == pytest.approx(middle + away, abs=0.6)
    assert seen.label == "right hand"


def test_a_body_is_cut_out_by_its_circle() -> None:
    """Lying with the head to the right: the crop's top is to the right, 1.25 times as far as the circle."""
    points = [(100.0, 100.0), (160.0, 100.0), (130.0, 100.0), (150.0, 100.0)]
    heads: list[np.ndarray] = [np.zeros((1, 195)), np.full((1, 1), 0.9), np.zeros((1, 256, 256, 1))]
    heads += [np.full((1, 64, 64, 39), -9.0), np.zeros((1, 117))]
    heads[0][0, 0:10:5], heads[0][0, 1:10:5] = 128, (128, 0)
    body = constant_model([1, 256, 256, 3], [np.asarray(head, np.float32) for head in heads], dtype="float32")
    with Chain(open_task(detector(BODIES, (3.0, points))), open_task(body)) as chain:
        result = chain(np.zeros((224, 224, 3), np.uint8))
    poses = result[0].then
    assert isinstance(poses, Poses)
    assert poses.names == BODY.names
    assert poses.xy[0, 0] == pytest.approx((100, 100), abs=0.6)
    assert poses.xy[0, 1] == pytest.approx((175, 100), abs=0.6)
    assert poses.keypoint_confidence[0, 0] == pytest.approx(0.5)


@pytest.fixture
def two_hands() -> Any:
    model = detector(PALMS, (2.0, palm(60, 100)), (3.0, palm(150, 90)))
    with Chain(open_task(model), open_task(hand(MIDDLE_AND_TOP))) as chain:
        yield chain(SQUARE)


def test_a_chains_points_are_one_table_and_one_drawing(two_hands: Any) -> None:
    sheet = two_hands.table().to_sheet()
    assert len(sheet.rows) == 42
    assert {row[0] for row in sheet.rows} == {1, 2}
    drawn = np.asarray(two_hands.draw(SQUARE))
    assert drawn[:, : drawn.shape[1] // 2].any()
    assert drawn[:, drawn.shape[1] // 2 :].any()


def test_a_thing_in_which_the_second_finds_no_points_is_none() -> None:
    with Chain(open_task(detector(PALMS, (3.0, palm(96, 96)))), open_task(hand(MIDDLE_AND_TOP, presence=0.1))) as chain:
        result = chain(SQUARE)
    assert result.observations() == []
    assert result[0].label == "hand"
    assert not result.table().rows


def face(flag: float) -> ModelFile:
    rows = np.tile(np.array([96, 48, 0], np.float32), 468).reshape(1, 1, 1, 1404)
    return constant_model([1, 192, 192, 3], [rows, np.full((1, 1, 1, 1), flag, np.float32)], dtype="float32")


def test_a_face_has_468_points_and_a_row_in_the_table() -> None:
    assert kinds.kind_of(face(2)).name == "landmarks"
    poses = found(face(2), np.zeros((96, 96, 3), np.uint8))
    assert poses.xy[0, 467] == pytest.approx((48, 24), abs=1e-3)
    assert poses.confidence == pytest.approx([1 / (1 + np.exp(-2))])
    assert len(poses.table().rows) == 1
    assert len(poses.table().to_sheet().rows) == 468
    assert len(found(face(-2))) == 0


@pytest.mark.parametrize(("left_eye", "middle"), [((110, 80), (96, 48)), ((80, 110), (144, 96))])
def test_a_face_is_turned_upright_by_its_eyes(left_eye: tuple[float, float], middle: tuple[float, float]) -> None:
    """A point above the middle of the crop lies above the face; beside it where the face lies."""
    points = [(80.0, 80.0), left_eye, (90.0, 90.0), (90.0, 100.0), (70.0, 80.0), (120.0, 80.0)]
    form = AnchoredForm(192, (4,), keypoints=6, each=1)
    model = detector(form, (3.0, [(float(x), float(y)) for x, y in points]))
    with Chain(open_task(model), open_task(face(2))) as chain:
        (seen,) = chain(SQUARE).observations()
    center = np.mean(points, axis=0)
    towards = np.array(middle) - 96
    assert seen.keypoints is not None
    assert seen.keypoints.points[0, :2] == pytest.approx(center + towards / 48 * 7.5, abs=1.0)


def test_an_eye_has_its_contour_and_the_iris() -> None:
    contour, iris = np.zeros((1, 213), np.float32), np.full((1, 15), 32, np.float32)
    poses = found(constant_model([1, 64, 64, 3], [contour, iris], dtype="float32"), np.zeros((64, 64, 3), np.uint8))
    assert poses.names[71] == "iris"
    assert poses.xy[0, 71] == pytest.approx((32, 32), abs=1e-3)


def test_another_files_points_are_refused_with_what_is_known() -> None:
    with pytest.raises(UsageError, match=r"a hand \(63 \+ 1 \+ 1 \+ 63 numbers\).*outputs have 36288 \+ 2016"):
        open_task(detector(PALMS), task="landmarks")


def test_points_belong_to_a_picture() -> None:
    decode = landmarks.KIND.decoder(hand(MIDDLE_AND_TOP), {})
    with pytest.raises(DataError, match="this input is none"):
        decode([np.zeros(63), np.ones(1), np.ones(1), np.zeros(63)], Prepared(np.zeros(1)))


def test_points_move_to_where_their_maps_are_bright() -> None:
    """By the mean of the cells around them, weighted; a dull map and a point outside leave them where they are."""
    maps = np.full((64, 64, 4), -60.0)
    maps[10, 20, 0], maps[10, 22, 0] = 60, 60
    maps[30, 30, 1] = -1
    maps[:, :, 2] = 60
    maps[0, 0, 3] = 60
    points = np.array([[80.0, 44.0], [121.0, 122.0], [300.0, 10.0], [2.0, 3.0]])
    moved = refined(points, maps, 256)
    assert moved[0] == pytest.approx((84, 40))
    assert (moved[1:3] == points[1:3]).all()
    assert moved[3] == pytest.approx((0, 0), abs=1e-3)


def test_wild_points_are_an_error() -> None:
    with pytest.raises(DataError, match="returned NaN"):
        found(hand(np.full((21, 2), np.nan)))
