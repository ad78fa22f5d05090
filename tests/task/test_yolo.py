"""YOLO, each form of its outputs: known boxes of a known picture come out where they are."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.media import Box, cut, part_of
from edgewright.model import ModelFile, exporter_notes
from edgewright.task import Detections, files_of, kinds, open_task
from edgewright.task.yolo.form import form_of

from .yolo_files import (
    COEFFICIENTS,
    LAYOUTS,
    MASKS,
    POINTS,
    TURNED,
    Layout,
    Thing,
    arrays_of,
    boxes_of,
    file_of,
    letterboxed,
    pentagon,
    said_of,
    stored,
)

# Their sides become whole pixels in each of the inputs: else the picture is stretched a little, boxes and all.
LANDSCAPE, PORTRAIT = (480, 960), (960, 540)
LABELS = ["person", "bicycle", "car", "dog", "kite"]
THINGS = [
    Thing((30, 40, 230, 300), 0, 0.92),
    Thing((250, 100, 430, 420), 3, 0.81),
    Thing((260, 110, 440, 430), 2, 0.7),  # another class at nearly the same place
]


# With one scale for both, pixels leave nothing of scores, and classes nothing of shares.
EIGHT_BITS = [(one, pixels) for one in LAYOUTS for pixels in {False, one.split} if not one.end_to_end]


def picture(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)


def answer(file: ModelFile, size: tuple[int, int], **options: Any) -> Detections:
    with open_task(file, **options) as detect:
        return detect(picture(size))


def check(found: Detections, things: list[Thing], least: float = 0.99) -> None:
    """All of the things, each once, the surest first, and nothing else."""
    assert [one.index for one in found] == [thing.index for thing in things]
    assert found.confidence == pytest.approx([thing.score for thing in things], abs=0.01)
    for one, thing in zip(found, things, strict=True):
        assert one.box.iou(Box(*thing.box)) >= least


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("pixels", [False, True], ids=["shares", "pixels"])
@pytest.mark.parametrize("nchw", [False, True], ids=["NHWC", "NCHW"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_known_boxes_come_out_where_they_are(layout: Layout, nchw: bool, pixels: bool, size: tuple[int, int]) -> None:
    arrays = arrays_of(layout, said_of(layout, THINGS, size, len(LABELS)), pixels)
    found = answer(file_of(layout, arrays, nchw=nchw, labels=LABELS), size)
    check(found, THINGS)
    assert found.labels == tuple(LABELS)
    assert found.size == size


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize(
    ("layout", "pixels"), EIGHT_BITS,
    ids=str,
)  # fmt: skip
def test_known_boxes_of_eight_bits(layout: Layout, pixels: bool, size: tuple[int, int], dtype: str) -> None:
    """Each output has a scale of its own; the boxes are those that 8 bits can say."""
    arrays = arrays_of(layout, said_of(layout, THINGS, size, len(LABELS)), pixels)
    coarse = [stored(array if layout.rows else array.T, dtype, array.shape)[2] for array in arrays]
    exact = answer(file_of(layout, [one if layout.rows else one.T for one in coarse], labels=LABELS), size)
    found = answer(file_of(layout, arrays, dtype=dtype, labels=LABELS), size)
    np.testing.assert_array_equal(found.class_id, exact.class_id)
    np.testing.assert_allclose(found.xyxy, exact.xyxy, atol=0.01)
    check(found, THINGS, least=0.93)


@pytest.mark.parametrize("layout", [*LAYOUTS, *MASKS], ids=str)
def test_a_file_that_says_nothing_is_told_by_its_shapes(layout: Layout) -> None:
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), pixels=False)
    prototypes = np.zeros((COEFFICIENTS, *(side // 4 for side in layout.size))) if layout.more else None
    file = file_of(layout, arrays, prototypes=prototypes)
    assert kinds.kind_of(file).name == "detection"
    assert str(kinds.kind_of(file).recognize(file)).startswith("its outputs are those of a YOLO")
    with open_task(file) as detect:
        assert "as for YOLO, letterboxed on gray, pixels from 0 to 1" in detect.notices[0]
        assert "classes are called by their number" in detect.notices[1]
        found = detect(picture(LANDSCAPE))
    if layout.name != "v8 in rows":
        check(found, THINGS)
    assert found[0].label == "class 0"


def test_labels_tell_objectness_from_a_class() -> None:
    """Rows of 4 + 1 + 5 numbers: five labels leave one number, which comes first."""
    layout = Layout("version 6", rows=True, objectness=True)
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), pixels=False)
    check(answer(file_of(layout, arrays, labels=LABELS), LANDSCAPE), THINGS)
    check(answer(file_of(layout, arrays), LANDSCAPE, labels=LABELS), THINGS)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("nchw", [False, True], ids=["NHWC", "NCHW"])
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("layout", MASKS, ids=str)
def test_masks_are_those_of_the_original(layout: Layout, size: tuple[int, int], nchw: bool, swapped: bool) -> None:
    """Two prototypes: a disk about the first thing's middle, and the whole picture."""
    said = said_of(layout, THINGS, size, len(LABELS))
    said.masks[:] = 0
    said.masks[:, 1] = 3.0
    scale, left, top = letterboxed(size, layout.size)
    x, y = 130 * scale + left, 170 * scale + top
    first = np.argmin(np.abs(said.sides[:, :2] - (x, y)).sum(axis=1) - said.scores.max(axis=1))
    said.masks[first] = [4.0, *[0.0] * (COEFFICIENTS - 1)]
    small = tuple(side // 4 for side in layout.size)
    rows, columns = (np.indices(small) + 0.5) * 4
    prototypes = np.zeros((COEFFICIENTS, *small))
    prototypes[0] = np.clip(60 * scale - np.hypot(columns - x, rows - y), -5, 5)
    prototypes[1] = 1
    file = file_of(
        layout, arrays_of(layout, said, False), prototypes=prototypes, nchw=nchw, labels=LABELS, swapped=swapped
    )
    found = answer(file, size)
    check(found, THINGS)
    assert found.masks is not None
    assert found.masks.shape == (3, *size)
    assert found.masks.dtype == np.bool_
    down, across = np.indices(size) + 0.5
    disk = np.hypot(across - 130, down - 170) < 60
    assert (found.masks[0] & disk).sum() / (found.masks[0] | disk).sum() > 0.97
    box = np.zeros(size, np.bool_)
    box[100:420, 250:430] = True
    assert (found.masks[1] & box).sum() / (found.masks[1] | box).sum() > 0.98
    np.testing.assert_array_equal(found.mask_of(1), found.masks[1])  # type: ignore[misc]


# Only COCO's people are told by their shape alone.
WITH_POINTS = [*((layout, True) for layout in POINTS), (POINTS[0], False)]


@pytest.mark.parametrize(("layout", "labels"), WITH_POINTS, ids=str)
@pytest.mark.parametrize("pixels", [False, True], ids=["shares", "pixels"])
def test_points_are_in_pixels_of_the_original(layout: Layout, pixels: bool, labels: bool) -> None:
    person = [Thing((30, 40, 230, 300), 0, 0.92, points=pentagon(130, 170))]
    arrays = arrays_of(layout, said_of(layout, person, LANDSCAPE, 1), pixels)
    found = answer(file_of(layout, arrays, labels=["person"] if labels else None), LANDSCAPE)
    check(found, person)
    points = found[0].keypoints
    assert points is not None
    count, numbers = layout.points
    assert points.names[0] == ("nose" if count == 17 else "point_0")
    expected = np.array(person[0].points)[:count]
    np.testing.assert_allclose(points.points[:, :2], expected[:, :2], atol=0.1)
    np.testing.assert_allclose(points.points[:, 2], expected[:, 2] if numbers == 3 else 1, atol=1e-5)
    assert found.observations()[0].keypoints is points
    assert found.draw(picture(LANDSCAPE)).mode == "RGB"


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("pixels", [False, True], ids=["shares", "pixels"])
@pytest.mark.parametrize("layout", TURNED, ids=str)
def test_turned_boxes_keep_their_angle(layout: Layout, pixels: bool, size: tuple[int, int]) -> None:
    ships = [
        Thing((100, 200, 300, 260), 1, 0.9, angle=0.6),
        Thing((110, 200, 310, 260), 1, 0.8, angle=0.6 + math.pi / 2),  # crosses it, and is another one
        Thing((300, 300, 420, 330), 0, 0.7, angle=-0.3),
    ]
    arrays = arrays_of(layout, said_of(layout, ships, size, 2), pixels)
    found = answer(file_of(layout, arrays, labels=["plane", "ship"]), size)
    check(found, ships)
    assert [one.box.angle for one in found] == pytest.approx([ship.angle for ship in ships], abs=1e-5)
    assert found.table().to_sheet().header[-1] == "degrees"
    assert found.to_dict()["detections"][0]["angle"] == pytest.approx(0.6)
    assert found.draw(picture(size)).mode == "RGB"


def simple(layout: Layout = LAYOUTS[0], pixels: bool = False, **more: Any) -> ModelFile:
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), pixels)
    return file_of(layout, arrays, **{"labels": LABELS, **more})


@pytest.mark.parametrize("nchw", [False, True], ids=["NHWC", "NCHW"])
@pytest.mark.parametrize("labels", [LABELS, None], ids=["with notes", "without"])
def test_pictures_are_letterboxed_on_gray_from_0_to_1(nchw: bool, labels: list[str] | None) -> None:
    with open_task(simple(nchw=nchw, labels=labels)) as detect:
        tensors = np.asarray(detect._prepare(np.full((*LANDSCAPE, 3), 255, np.uint8)).tensors)[0]
        rows = tensors.transpose(1, 2, 0) if nchw else tensors
    assert rows[80:240].min() == 1
    np.testing.assert_allclose(rows[:80], 114 / 255, atol=1e-6)
    np.testing.assert_allclose(rows[240:], 114 / 255, atol=1e-6)
    with open_task(simple(labels=labels), pad=0, normalization="none") as detect:
        assert np.asarray(detect._prepare(np.full((*LANDSCAPE, 3), 255, np.uint8)).tensors)[0, 0].max() == 0


def test_options_choose_what_is_shown() -> None:
    file = simple()
    assert len(answer(file, LANDSCAPE, threshold=0.75)) == 2
    assert len(answer(file, LANDSCAPE, most=1)) == 1
    assert {one.label for one in answer(file, LANDSCAPE, allow=["dog"])} == {"dog"}
    assert "person" not in {one.label for one in answer(file, LANDSCAPE, deny=["person"])}
    assert len(answer(file, LANDSCAPE, iou=1.0)) == 6  # doubles stay
    assert len(answer(file, LANDSCAPE, threshold=0)) == 300


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iou": 1.5}, "iou is 1.5; the overlap of two boxes goes from 0 to 1"),
        ({"coordinates": "inches"}, "coordinates is 'inches'; choose one of: shares, pixels"),
        ({"threshold": -1}, "threshold is -1; scores go from 0 to 1"),
        (
            {"labels": ["a", "b"]},
            r"each box has 9 numbers, 4 of them for its sides, and there are 2 labels; one for each",
        ),
        ({"anchors": "a.npy"}, "detection has no option 'anchors'. It has: allow, coordinates, deny, iou"),
    ],
)
def test_options_that_make_no_sense_are_one_line(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_task(simple(), **options)
    assert str(caught.value).startswith("<bytes>: ")


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if not one.end_to_end], ids=str)
def test_scores_that_want_a_sigmoid(layout: Layout) -> None:
    """They are told from scores by their range; who says they are scores is told that they are not."""
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), False)
    scores = np.clip(arrays[1] if layout.split else arrays[0][:, 4:], 1e-6, 1 - 1e-6)
    logits = np.log(scores / (1 - scores))
    changed = [arrays[0], logits] if layout.split else [np.concatenate([arrays[0][:, :4], logits], axis=1)]
    file = file_of(layout, changed, labels=LABELS)
    check(answer(file, LANDSCAPE, meaning="logits"), THINGS)
    check(answer(file, LANDSCAPE), THINGS)
    assert len(answer(file, LANDSCAPE, meaning="logits", threshold=1)) == 0
    with pytest.raises(DataError, match=r"a score is \d.*, and they go from 0 to 1\. Pass meaning='logits'"):
        answer(file, LANDSCAPE, meaning="probabilities")


def test_shares_or_pixels_is_found_once_and_kept() -> None:
    """Also where a picture in between has a thing at its very corner."""
    with open_task(simple()) as detect:
        detect(picture(LANDSCAPE))
        assert detect._decode.coordinates == "shares"
        with detect.sibling() as other:
            assert other._decode.coordinates == "shares"
    with open_task(simple(pixels=True), coordinates="shares") as detect:
        wrong = detect(picture(LANDSCAPE))
        assert detect._decode.coordinates == "shares"
        assert wrong[0].box.area == 0


def test_end_to_end_nothing_decides_before_something_is_found() -> None:
    layout = LAYOUTS[3]
    empty = [np.zeros((300, 6))]
    with open_task(file_of(layout, empty, labels=LABELS)) as detect:
        assert len(detect(picture(LANDSCAPE))) == 0
        assert detect._decode.coordinates is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("layout", [LAYOUTS[0], LAYOUTS[3]], ids=str)
def test_numbers_that_are_none_are_one_line(layout: Layout, value: float) -> None:
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), False)
    best = int(np.argmax(arrays[0][:, 4])) if layout.end_to_end else int(np.argmax(arrays[0][:, 4:].max(axis=1)))
    arrays[0][best, 0] = value
    with pytest.raises(DataError, match="the model's boxes hold NaN or infinity"):
        answer(file_of(layout, arrays, labels=LABELS), LANDSCAPE)


def test_a_crop_of_a_chain_gives_boxes_of_the_whole_picture() -> None:
    """A turned crop gives turned boxes."""
    whole = Image.fromarray(picture((1200, 1600)))
    part = part_of(Box(300, 300, 1260, 780, 0.5), (1200, 1600))
    with open_task(simple()) as detect:
        found = detect.on_part(cut(whole, part), part, (1200, 1600))
    x, y = part.to_picture(130.0, 170.0)
    assert found[0].box.center == pytest.approx((x, y), abs=1)
    assert found[0].box.angle == pytest.approx(0.5)
    assert found[0].box.width == pytest.approx(200, abs=1)


def test_masks_of_a_turned_crop_are_of_the_whole_picture() -> None:
    whole = (1200, 1600)
    part = part_of(Box(300, 300, 1260, 780, 0.5), whole)
    layout, size = MASKS[0], LANDSCAPE
    long = Thing((60, 105, 200, 235), 0, 0.9)  # turned it reaches beyond its upright sides
    said = said_of(layout, [long], size, len(LABELS))
    said.masks[:] = [1.0, *[0.0] * (COEFFICIENTS - 1)]
    scale, left, top = letterboxed(size)
    rows, columns = (np.indices((80, 80)) + 0.5) * 4
    prototypes = np.zeros((COEFFICIENTS, 80, 80))
    prototypes[0] = np.clip(60 * scale - np.hypot(columns - (130 * scale + left), rows - (170 * scale + top)), -5, 5)
    with open_task(file_of(layout, arrays_of(layout, said, False), prototypes=prototypes, labels=LABELS)) as detect:
        found = detect.on_part(cut(Image.fromarray(picture(whole)), part), part, whole)
    x, y = part.to_picture(130.0, 170.0)
    down, across = np.indices(whole) + 0.5
    disk = np.hypot(across - x, down - y) < 60
    assert found.masks is not None
    assert (found.masks[0] & disk).sum() / (found.masks[0] | disk).sum() > 0.95


# Shapes of outputs of other kinds, with the input that goes with them.
OTHERS = {
    "segmentation": ([1, 320, 320, 3], [[1, 320, 320, 21]]),
    "classes of pixels": ([1, 320, 320, 3], [[1, 320, 320]]),
    "raw SSD": ([1, 300, 300, 3], [[1, 1917, 4], [1, 1917, 91]]),
    "EfficientDet": ([1, 320, 320, 3], [[1, 19206, 4], [1, 19206, 90]]),
    "MoveNet of several": ([1, 256, 256, 3], [[1, 6, 56]]),
    "MoveNet": ([1, 192, 192, 3], [[1, 1, 17, 3]]),
    "PoseNet": ([1, 257, 257, 3], [[1, 9, 9, 17], [1, 9, 9, 34], [1, 9, 9, 64]]),
    "BlazeFace": ([1, 128, 128, 3], [[1, 896, 16], [1, 896, 1]]),
    "BlazeFace, full range": ([1, 192, 192, 3], [[1, 2304, 16], [1, 2304, 1]]),
    "palms": ([1, 192, 192, 3], [[1, 2016, 18], [1, 2016, 1]]),
    "bodies": ([1, 224, 224, 3], [[1, 2254, 12], [1, 2254, 1]]),
    "classifier": ([1, 224, 224, 3], [[1, 1000]]),
    "face mesh": ([1, 192, 192, 3], [[1, 1, 1, 1404], [1, 1, 1, 1]]),
    "sound": ([1, 15600], [[1, 521]]),
    "text": ([1, 256], [[1, 300, 6]]),
    "few rows of six": ([1, 320, 320, 3], [[1, 10, 6]]),
    "a mask beside": ([1, 320, 320, 3], [[1, 9, 2100], [1, 7, 7, 8]]),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_files_of_other_kinds_are_none(kind: str) -> None:
    from ..model.builders import model, operator, raw, subgraph, tensor

    first, outputs = OTHERS[kind]
    tensors = [tensor(first), *map(tensor, outputs)]
    operators = [operator("ABS", [0], [place]) for place in range(1, len(tensors))]
    file = ModelFile.read(raw(model(subgraph(tensors, operators, [0], list(range(1, len(tensors)))))))
    assert form_of(file, 0, None) is None


def test_no_published_file_is_taken_for_a_yolo(shared_file: Any) -> None:
    for path in sorted(shared_file("models").glob("*.tflite")):
        file = ModelFile.read(path)
        assert form_of(file, 0, exporter_notes(file.files)) is None, path.name


def test_all_forms_of_the_result() -> None:
    found = answer(simple(), LANDSCAPE)
    assert found.masks is None
    assert [one.label for one in found.observations()] == ["person", "dog", "car"]
    assert found.to_dict(1)["detections"][0]["label"] == "person"
    assert boxes_of(LAYOUTS[0]) == 2100


def test_a_classifier_of_the_same_exporter_is_one() -> None:
    """Its shorter side is cropped, its pixels go from 0 to 1, and its labels are in its notes."""
    from ..model.builders import model, operator, raw, subgraph, tensor
    from .yolo_files import with_notes

    scores = np.array([[0.1, 0.2, 0.6, 0.1]], np.float32)
    tensors = [tensor([1, 64, 64, 3]), tensor([1, 4], data=scores.tobytes()), tensor([1, 4])]
    plain = raw(model(subgraph(tensors, [operator("ABS", [1], [2])], [0], [2])))
    layout = Layout("classes", more="classes")
    with open_task(ModelFile.read(with_notes(plain, layout, ["cat", "dog", "kite", "owl"]))) as classify:
        assert classify.kind == "classification"
        assert classify(picture(LANDSCAPE))[0].label == "kite"
        prepared = classify._prepare(np.full((*LANDSCAPE, 3), 255, np.uint8))
    assert np.asarray(prepared.tensors).min() == 1
    assert prepared.placement.box == (240, 0, 720, 480)  # type: ignore[union-attr]


def test_masks_are_saved_as_numbers_of_things(tmp_path: Any) -> None:
    layout = MASKS[0]
    said = said_of(layout, THINGS[:2], LANDSCAPE, len(LABELS))
    said.masks[:] = [1.0, *[0.0] * (COEFFICIENTS - 1)]
    arrays = arrays_of(layout, said, False)
    found = answer(file_of(layout, arrays, prototypes=np.ones((COEFFICIENTS, 80, 80)), labels=LABELS), LANDSCAPE)
    files = files_of(found, picture(LANDSCAPE))
    assert list(files) == [".jpg", "-masks.png"]
    numbers = np.asarray(Image.open(io.BytesIO(files["-masks.png"])))
    assert numbers.shape == LANDSCAPE
    assert (numbers[150, 50], numbers[400, 400], numbers[5, 700]) == (1, 2, 0)
    plain = answer(simple(), LANDSCAPE)
    assert list(files_of(plain, picture(LANDSCAPE))) == [".jpg"]


def test_all_of_a_turned_thing_is_blurred() -> None:
    """Its corners reach beyond its upright sides."""
    ship = Thing((100, 200, 300, 260), 0, 0.9, angle=math.pi / 2)
    found = answer(
        file_of(TURNED[0], arrays_of(TURNED[0], said_of(TURNED[0], [ship], LANDSCAPE, 1), False), labels=["ship"]),
        LANDSCAPE,
    )
    before = picture(LANDSCAPE).astype(int)
    changed = np.abs(np.asarray(found.blur(picture(LANDSCAPE))).astype(int) - before).sum(axis=2) > 30
    assert changed[135:325, 172:228].mean() > 0.9
    assert not changed[:75].any()


@settings(max_examples=60)
@given(
    layout=st.sampled_from([*LAYOUTS, *MASKS, *POINTS, *TURNED]),
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([0.1, 1.0, 1e3, 1e30]),
    odd=st.sampled_from([0.0, math.nan, math.inf, -math.inf]),
)
def test_whatever_the_numbers_are_it_is_an_answer_or_one_line(
    layout: Layout, seed: int, size: float, odd: float
) -> None:
    random = np.random.default_rng(seed)
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), False)
    wild = [np.where(random.random(array.shape) < 0.01, random.normal(0, size, array.shape), array) for array in arrays]
    wild = [np.where(random.random(array.shape) < 0.001, odd, array).astype(np.float32) for array in wild]
    small = tuple(side // 4 for side in layout.size)
    prototypes = random.normal(0, size, (COEFFICIENTS, *small)).astype(np.float32) if layout.more == "masks" else None
    with open_task(file_of(layout, wild, prototypes=prototypes, labels=LABELS), most=20) as detect:
        answered = next(detect.stream([picture(LANDSCAPE)], workers=1))
    found = answered.result
    if found is None:
        assert "\n" not in str(answered.error)
        return
    assert len(found) <= 20
    assert np.isfinite(found.xyxy).all()
    assert (found.confidence[:-1] >= found.confidence[1:]).all()
    assert all(one.box.x0 <= one.box.x1 and one.box.y0 <= one.box.y1 for one in found)
    assert found.mask_of is None or found.mask_of(0).shape == LANDSCAPE
    found.table()


def test_the_command_line(edgewright: Any, tmp_path: Any) -> None:
    layout = MASKS[0]
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), False)
    file_of(layout, arrays, prototypes=np.ones((COEFFICIENTS, 80, 80)), labels=LABELS).save(tmp_path / "yolo.tflite")
    Image.fromarray(picture(LANDSCAPE)).save(tmp_path / "photo.png")
    words = ("run", tmp_path / "yolo.tflite", tmp_path / "photo.png")
    done = edgewright(*words, "--allow", "dog", "--allow", "car", "--most", 1, "--csv", "--save-dir", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [line.split(",")[3] for line in done.stdout.splitlines()] == ["label", "dog"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["photo-masks.png", "photo.jpg"]
    told = json.loads(edgewright(*words, "--json").stdout)[0]
    assert [one["label"] for one in told["detections"]] == ["person", "dog", "car"]
    wrong = edgewright(*words, "--deny", "dgo")
    assert wrong.returncode == 2
    assert "there is no label 'dgo' among its 5. Did you mean 'dog'?" in wrong.stderr
