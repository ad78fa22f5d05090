"""Where bodies are: the published picture with its published points, and files with known answers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.media import Placement, Prepared, place
from edgewright.model import ModelFile
from edgewright.task import Observation, Poses, in_one_line, kinds, open_task
from edgewright.task.kinds import pose
from edgewright.task.poses import posenet
from edgewright.task.poses.skeletons import BODY, COCO, HAND, Skeleton
from model import builders
from task.constants import constant_model

MOVENET = "models/movenet_single_pose_lightning_ptq.tflite"
SQUAT = "images/squat.bmp"

Shares = list[tuple[float, float, float]]


@pytest.fixture(scope="module")
def model(shared_file: Any) -> ModelFile:
    return ModelFile.read(shared_file(MOVENET))


@pytest.fixture(scope="module")
def published(shared_file: Any) -> np.ndarray:
    """(17, 2): x and y in shares of the picture."""
    with shared_file("models/movenet_squat_reference.csv").open() as lines:
        return np.array([[float(row["keypoint_x"]), float(row["keypoint_y"])] for row in csv.DictReader(lines)])


def found(model: ModelFile, picture: Any, **options: Any) -> Poses:
    with open_task(model, **options) as follow:
        return follow(picture)


@pytest.mark.parametrize("options", [{}, {"resize": "stretch"}, {"interpolation": "bicubic"}])
def test_published_points(model: ModelFile, published: np.ndarray, shared_file: Any, options: dict[str, Any]) -> None:
    poses = found(model, shared_file(SQUAT), **options)
    height, width = poses.size
    away = np.hypot(*(poses.xy[0] - published * (width, height)).T)
    assert away.mean() <= 0.02 * height


def test_a_picture_twice_as_large_has_points_twice_as_far(model: ModelFile, shared_file: Any) -> None:
    from PIL import Image

    picture = Image.open(shared_file(SQUAT))
    large = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)
    away = found(model, np.asarray(large)).xy - 2 * found(model, np.asarray(picture)).xy
    assert np.abs(away).mean() < 0.02 * large.height


def figure(seed: int = 1) -> np.ndarray:
    """(17, 3) rows of y, x and score."""
    return np.random.default_rng(seed).uniform(0.4, 0.6, (17, 3)).astype(np.float32)


GRAY = np.full((100, 200, 3), 128, np.uint8)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "int8"])
def test_rows_of_y_x_and_score_in_shares_of_the_letterbox(dtype: str) -> None:
    """A picture twice as wide as high fills the middle half of the input's height."""
    rows = figure()
    rows[3] = (0.25, 0.5, 0.9)
    rows[4] = (0.75, 1.0, 0.8)
    poses = found(constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)], dtype=dtype), GRAY)
    assert poses.xy[0, 3] == pytest.approx((100, 0), abs=1e-3)
    assert poses.xy[0, 4] == pytest.approx((200, 100), abs=1e-3)
    assert poses.keypoint_confidence[0] == pytest.approx(rows[:, 2])
    assert poses.confidence == pytest.approx([np.sort(rows[:, 2])[-5:].mean()])


def test_a_head_alone_is_somebody() -> None:
    """As many points as a head has say that there is somebody; a little of each says nothing."""
    rows = np.full((17, 3), 0.05, np.float32)
    rows[:5, 2] = 0.7
    assert found(constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)]), GRAY).confidence == pytest.approx([0.7])
    rows[:, 2] = 0.4
    assert len(found(constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)]), GRAY)) == 0


def test_a_real_portrait_is_somebody_and_an_owl_is_nobody(model: ModelFile, shared_file: Any) -> None:
    assert len(found(model, shared_file("images/grace_hopper.bmp"))) == 1
    assert len(found(model, shared_file("images/owl.jpg"))) == 0


def test_a_portrait_fills_the_middle_half_of_the_width() -> None:
    rows = figure()
    rows[0] = (0.5, 0.25, 0.9)
    poses = found(constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)]), GRAY.transpose(1, 0, 2))
    assert poses.xy[0, 0] == pytest.approx((0, 100), abs=1e-3)


def test_pixels_stay_what_they_are_whatever_the_type(shared_file: Any) -> None:
    """MoveNet takes 0 to 255, as bytes, as int32 or as floats."""
    picture = np.arange(192 * 192 * 3, dtype=np.uint8).reshape(192, 192, 3)
    for dtype in ("uint8", "int32", "float32"):
        with open_task(constant_model([1, 192, 192, 3], [figure().reshape(1, 1, 17, 3)], dtype=dtype)) as follow:
            tensor = follow._prepare(picture).tensors
        assert tensor.dtype == dtype
        assert (tensor[0] == picture).all()


@pytest.mark.parametrize("given", [("int8", 1.0, -128), ("uint8", 1.0, 0), ("int8", 2.0, -128)])
def test_quantized_pixels_are_stored_by_the_inputs_own_scale(given: Any) -> None:
    picture = np.arange(192 * 192 * 3, dtype=np.uint8).reshape(192, 192, 3)
    with open_task(constant_model([1, 192, 192, 3], [figure().reshape(1, 1, 17, 3)], given=given)) as follow:
        tensor = follow._prepare(picture).tensors
    dtype, scale, zero_point = given
    assert tensor.dtype == dtype
    assert np.abs((tensor[0].astype(float) - zero_point) * scale - picture).max() <= scale / 2


@pytest.mark.parametrize("stored", [("int8", 1 / 200, -100), ("uint8", 1 / 250, 3), ("int16", 1 / 20000, 0)])
def test_quantized_points_are_read_by_the_outputs_own_scale(stored: Any) -> None:
    rows = figure()
    model = constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)], stored=[stored])
    poses = found(model, GRAY, resize="stretch")
    assert poses.xy[0] == pytest.approx(rows[:, [1, 0]] * (200, 100), abs=200 * stored[1])
    assert poses.keypoint_confidence[0] == pytest.approx(rows[:, 2], abs=stored[1])


def test_channels_may_come_first() -> None:
    """The same points whether the input is [1, 3, h, w] or [1, h, w, 3]; pixels are laid out as the input has them."""
    wide = np.zeros((96, 192, 3), np.uint8)
    wide[:, :, 1] = 7
    rows = figure().reshape(1, 1, 17, 3)
    with (
        open_task(constant_model([1, 3, 96, 192], [rows])) as first,
        open_task(constant_model([1, 96, 192, 3], [rows])) as last,
    ):
        np.testing.assert_array_equal(first(wide).xy, last(wide).xy)
        assert (first._prepare(wide).tensors[0, 1] == 7).all()
    heads = maps(body(60, 15))[:2]
    np.testing.assert_array_equal(
        found(constant_model([1, 3, 225, 225], heads), PLAIN).xy, found(constant_model(INPUT, heads), PLAIN).xy
    )


def test_posenets_heads_are_read_each_by_its_own_scale() -> None:
    first, second = body(20, 15), body(130, 20)
    stored = [("uint8", 0.05, 128), ("int8", 0.1, 0), ("int16", 0.01, 0), ("int16", 0.02, 5)]
    poses = found(constant_model(INPUT, maps(first, second), stored=stored), PLAIN)
    assert poses.xy[0] == pytest.approx(first, abs=0.3)
    assert poses.xy[1] == pytest.approx(second, abs=0.3)


def several() -> np.ndarray:
    """Six rows of 56, the second the surest, the others nobody."""
    rows = np.zeros((6, 56), np.float32)
    for place_, (score, seed) in enumerate([(0.4, 1), (0.9, 2)]):
        rows[place_, :51] = figure(seed).reshape(-1)
        rows[place_, 51:] = (0.1, 0.2, 0.3, 0.4, score)
    return rows[None]


def test_several_people_the_surest_first() -> None:
    model = constant_model([1, 256, 256, 3], [several()], dtype="int32")
    assert kinds.kind_of(model).name == "pose"
    poses = found(model, GRAY, resize="stretch")
    assert poses.confidence == pytest.approx([0.9, 0.4])
    assert poses.xy[0] == pytest.approx(figure(2)[:, [1, 0]] * (200, 100), rel=1e-4)
    assert len(found(model, GRAY, threshold=0.5)) == 1
    assert len(found(model, GRAY, most=1)) == 1
    assert len(found(model, GRAY, threshold=0)) == 6


STRIDE, CELLS = 16, 15  # an input of 225 pixels


def maps(*figures: np.ndarray) -> list[np.ndarray]:
    """PoseNet's heads for figures (17, 2) of x, y in pixels of the input: logits, offsets, both displacements."""
    scores = np.full((CELLS, CELLS, 17), -6, np.float32)
    offsets = np.zeros((CELLS, CELLS, 34), np.float32)
    forward, backward = np.zeros((2, CELLS, CELLS, 32), np.float32)
    for number, points in enumerate(figures):
        cells = np.rint(points[:, ::-1] / STRIDE).astype(int)
        for point, (row, column) in enumerate(cells):
            scores[row, column, point] = 3 - number
            offsets[row, column, point] = points[point, 1] - row * STRIDE
            offsets[row, column, point + 17] = points[point, 0] - column * STRIDE
        for edge, (parent, child) in enumerate(posenet.TREE):
            for head, (start, end) in ((forward, (parent, child)), (backward, (child, parent))):
                away = points[end] - points[start]
                head[(*cells[start], edge)], head[(*cells[start], edge + 16)] = away[1], away[0]
    return [head[None] for head in (scores, offsets, forward, backward)]


def body(left: float, top: float) -> np.ndarray:
    """(17, 2): joints of one person apart from each other, about 70 pixels wide and 190 high."""
    x = [35, 40, 30, 45, 25, 60, 10, 68, 2, 70, 0, 50, 20, 52, 18, 54, 16]
    y = [10, 4, 4, 8, 8, 30, 30, 60, 60, 90, 90, 95, 95, 140, 140, 190, 190]
    return np.column_stack([np.array(x) + left, np.array(y) + top]).astype(np.float32)


INPUT = [1, 225, 225, 3]
PLAIN = np.zeros((225, 225, 3), np.uint8)


def test_posenet_finds_the_best_place_of_each_point() -> None:
    one = body(70.5, 20.25)
    model = constant_model(INPUT, maps(one)[:2])
    assert pose.KIND.recognize(model) == "its outputs are the maps of PoseNet"
    poses = found(model, PLAIN)
    assert poses.xy[0] == pytest.approx(one, abs=1e-3)
    assert poses.confidence == pytest.approx([1 / (1 + np.exp(-3))])


def test_shares_that_are_laid_out_anew_stay_shares() -> None:
    one = body(70.5, 20.25)
    scores, offsets = maps(one)[:2]
    turned = np.ascontiguousarray(scores.swapaxes(1, 2))
    constants = [
        builders.tensor(turned.shape, data=turned.tobytes()),
        builders.tensor([4], "int32", np.array([0, 2, 1, 3], "<i4").tobytes()),
        builders.tensor(offsets.shape, data=offsets.tobytes()),
        builders.tensor([4], "int32", np.array(offsets.shape, "<i4").tobytes()),
    ]
    made = [builders.tensor(array.shape) for array in (turned, scores, offsets)]
    operators = [
        builders.operator("LOGISTIC", [1], [5]),
        builders.operator("TRANSPOSE", [5, 2], [6]),
        builders.operator("RESHAPE", [3, 4], [7]),
    ]
    whole = builders.subgraph([builders.tensor(INPUT, "uint8"), *constants, *made], operators, [0], [6, 7])
    poses = found(ModelFile.read(builders.raw(builders.model(whole))), PLAIN)
    assert poses.confidence == pytest.approx([1 / (1 + np.exp(-3))])


@pytest.mark.parametrize("merged", [False, True])
def test_posenet_tells_two_people_apart(merged: bool) -> None:
    first, second = body(20, 15), body(130, 20)
    heads = maps(first, second)
    heads = [*heads[:2], np.concatenate(heads[2:], axis=3)] if merged else heads
    poses = found(constant_model(INPUT, heads), PLAIN)
    assert len(poses) == 2
    assert poses.xy[0] == pytest.approx(first, abs=1e-3)
    assert poses.xy[1] == pytest.approx(second, abs=1e-3)


def test_posenet_with_nobody_before_it() -> None:
    assert len(found(constant_model(INPUT, maps()), PLAIN)) == 0


def test_posenet_bends_no_rule_for_wild_maps() -> None:
    """Displacements that lead far out of the picture end at its edge."""
    heads = maps(body(20, 15))
    heads[2][:], heads[3][:] = 1e9, -1e9
    assert np.isfinite(found(constant_model(INPUT, heads), PLAIN).xy).all()


@pytest.mark.parametrize("head", range(4))
def test_posenets_maps_that_are_no_numbers_are_an_error(head: int) -> None:
    heads = maps(body(20, 15))
    heads[head][0, 3, 3] = np.nan
    with pytest.raises(DataError, match="the model returned NaN"):
        found(constant_model(INPUT, heads), PLAIN)


def test_maps_without_cells_are_no_posenet() -> None:
    assert pose._places(constant_model(INPUT, [np.zeros((1, 0, 9, 17)), np.zeros((1, 0, 9, 34))])) is None


@pytest.mark.parametrize(("height", "cells", "stride"), [(257, 9, 32), (353, 23, 16), (224, 14, 16), (513, 65, 8)])
def test_pixels_from_cell_to_cell(height: int, cells: int, stride: int) -> None:
    assert posenet.stride_of(height, cells) == stride


def test_floats_of_posenet_go_from_minus_one_to_one() -> None:
    model = constant_model(INPUT, maps(), dtype="float32")
    assert pose.KIND.input_options(model)["normalization"] == "minus_one_to_one"
    assert "normalization" not in pose.KIND.input_options(constant_model(INPUT, maps(), dtype="uint8"))


def test_corals_own_decoder_is_refused_by_its_name() -> None:
    tables = builders.one_operator("posenetdecoderop", [builders.tensor([1, 9, 9, 17])], [builders.tensor([1, 10, 17])])
    tables["operator_codes"][0]["custom_code"] = "PosenetDecoderOp"
    with pytest.raises(UsageError, match=r"PosenetDecoderOp, is in Coral's own runtime only\. Take the PoseNet file"):
        open_task(ModelFile.read(builders.raw(tables)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 2}, "threshold is 2; scores go from 0 to 1"),
        ({"keypoint_threshold": -1}, "keypoint_threshold is -1; scores go from 0 to 1"),
        ({"threshold": "high"}, "threshold is 'high'; scores go from 0 to 1"),
        ({"most": 0}, "most is 0; at least 1 is needed"),
        ({"most": "all"}, "most is 'all'; at least 1 is needed"),
        ({"labels": ["a"]}, "pose has no option 'labels'"),
    ],
)
def test_options_that_make_no_sense_are_one_line(model: ModelFile, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_task(model, **options)


def test_a_classifier_is_no_pose(shared_file: Any) -> None:
    classifier = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    with pytest.raises(UsageError, match=r"\[1, 6, 56\].*this model's outputs are \[1, 1001\]"):
        open_task(classifier, task="pose")


def test_numbers_that_are_none_are_an_error() -> None:
    rows = figure()
    rows[0, 0] = np.nan
    with pytest.raises(DataError, match="returned NaN"):
        found(constant_model([1, 192, 192, 3], [rows.reshape(1, 1, 17, 3)]), GRAY)


def test_points_belong_to_a_picture(model: ModelFile) -> None:
    decode = pose.KIND.decoder(model, {})
    with pytest.raises(DataError, match="this input is none"):
        decode([figure().reshape(1, 1, 17, 3)], Prepared(np.zeros(1)))
    placed = place((100, 200), (192, 192))
    assert isinstance(placed, Placement)
    assert len(decode([figure().reshape(1, 1, 17, 3)], Prepared(np.zeros(1), placed, (100, 200)))) == 1


@pytest.fixture
def poses() -> Poses:
    """Two figures of three points, of which one is unsure."""
    skeleton = Skeleton(("head", "hand", "foot"), ((0, 1), (0, 2)))
    xy = np.array([[[10, 20], [30, 5], [-7, 90]], [[50, 50], [60, 60], [55, 55]]], np.float32)
    scores = np.array([[0.9, 0.8, 0.1], [0.1, 0.2, 0.1]], np.float32)
    return Poses(xy, scores, np.array([0.6, 0.4], np.float32), (80, 120), skeleton)


def test_a_box_lies_around_the_sure_points(poses: Poses) -> None:
    assert poses[0].box is not None
    assert poses[0].box.xyxy == (10, 5, 30, 20)
    assert poses[1].box is None


def test_the_same_in_the_language_of_all_results(poses: Poses) -> None:
    best = poses.observations()[0]
    assert (best.label, best.index, best.score) == ("person", 0, pytest.approx(0.6))
    told = poses.to_dict(1)
    assert told["kind"] == "pose"
    assert told["poses"][0]["keypoints"]["hand"] == pytest.approx([30, 5, 0.8])
    assert Observation.of(told["poses"][0]).keypoints.names == ("head", "hand", "foot")
    assert len(told["poses"]) == 1
    assert in_one_line(poses, 2) == "person 0.60; person 0.40"
    assert str(poses) == "person 0.60; person 0.40"


def test_a_row_a_point(poses: Poses) -> None:
    sheet = poses.table().to_sheet()
    assert sheet.header == ("rank", "index", "label", "score", "point", "x", "y", "point_score")
    assert len(sheet.rows) == 6
    assert sheet.rows[1][4:7] == ("hand", 30, 5)
    assert len(poses.table(1).rows) == 3
    assert "hand" in poses._repr_html_()


def test_lines_are_drawn_between_sure_points(poses: Poses) -> None:
    drawn = np.asarray(poses.draw(np.zeros((80, 120, 3), np.uint8)))
    scale = drawn.shape[1] / 120
    assert drawn[round(12.5 * scale), round(20 * scale)].any()
    assert not drawn[round(55 * scale), round(2 * scale)].any()


@pytest.mark.parametrize(("skeleton", "points"), [(COCO, 17), (HAND, 21), (BODY, 33)])
def test_skeletons_join_all_their_points(skeleton: Skeleton, points: int) -> None:
    assert len(set(skeleton.names)) == points
    joined = {point for edge in skeleton.edges for point in edge}
    assert joined <= set(range(points))
    assert skeleton is BODY or joined == set(range(points))
    assert len({frozenset(edge) for edge in skeleton.edges}) == len(skeleton.edges)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"points of shape \(1, 3, 2\)"):
        Poses(np.zeros((1, 3, 2), np.float32), np.zeros((1, 17), np.float32), np.zeros(1, np.float32), (9, 9))


def test_the_command_prints_saves_and_separates(edgewright: Any, shared_file: Any, tmp_path: Path) -> None:
    words = ["run", shared_file(MOVENET), shared_file(SQUAT)]
    shown = edgewright(*words, "--save-dir", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "left_knee" in shown.stdout
    assert (tmp_path / "squat.jpg").stat().st_size > 10_000
    separated = edgewright(*words, "--csv").stdout.splitlines()
    assert separated[0] == "input,rank,index,label,score,point,x,y,point_score"
    assert len(separated) == 18
