"""Finding things in real photographs with a real detector."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import MissingExtraError, UsageError
from edgewright.media import Box
from edgewright.model import ModelFile
from edgewright.task import Detections, open_task

PLAIN = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
CALIBRATED = "models/ssd_mobilenet_v1_coco_quant_score_calibration.tflite"

# What the TensorFlow Lite Task Library's tests publish for this file and this photograph of 1200 x 600 pixels; its
# scores differ from these by up to 0.03. A step of this model's quantized scores is 0.012.
PUBLISHED = {
    "left cat": ("cat", 0.67, Box(54, 396, 447, 592)),
    "right cat": ("cat", 0.62, Box(602, 157, 996, 604)),
    "small cat": ("cat", 0.54, Box(261, 394, 440, 603)),
    "dog": ("dog", 0.48, Box(389, 197, 665, 606)),
}


@pytest.fixture(scope="module")
def model(shared_file: Any) -> ModelFile:
    return ModelFile.read(shared_file(PLAIN))


@pytest.fixture(scope="module")
def photo(shared_file: Any) -> Path:
    return shared_file("images/cats_and_dogs.jpg")


def found(model: ModelFile, picture: Any, **options: Any) -> Detections:
    with open_task(model, **options) as detect:
        return detect(picture)


def overlap(detections: Detections, label: str, box: Box) -> tuple[float, float]:
    """The best overlap of a detection of the label with a box, and that one's score."""
    return max((one.box.iou(box), one.score) for one in detections if one.label == label)


def test_the_file_says_all_that_is_needed(model: ModelFile, photo: Path) -> None:
    detections = found(model, photo)
    assert [one.label for one in detections[:4]] == ["cat", "cat", "cat", "dog"]
    assert [one.score for one in detections[:4]] == pytest.approx([0.67, 0.62, 0.54, 0.48], abs=0.03)
    assert detections.size == (600, 1200)
    assert detections.xyxy.dtype == detections.confidence.dtype == np.float32
    assert (np.diff(detections.confidence) <= 0).all()


@pytest.mark.parametrize("name", PUBLISHED)
def test_boxes_are_where_they_were_published(model: ModelFile, photo: Path, name: str) -> None:
    label, published, box = PUBLISHED[name]
    share, score = overlap(found(model, photo), label, box)
    assert share >= 0.9
    assert score == pytest.approx(published, abs=0.03)


def turned(photo: Path, orientation: int) -> bytes:
    """The same photograph as a camera held otherwise stores it."""
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[274] = orientation
    stream = io.BytesIO()
    Image.open(photo).transpose(turns[orientation]).save(stream, "PNG", exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_photograph_has_the_same_boxes(model: ModelFile, photo: Path, orientation: int) -> None:
    np.testing.assert_allclose(found(model, turned(photo, orientation)).xyxy, found(model, photo).xyxy, atol=0.5)


@pytest.mark.parametrize("size", [(4900, 2450), (4000, 3000), (4800, 2400), (4242, 2828)])
@pytest.mark.parametrize("as_jpeg", [True, False])
def test_boxes_of_twelve_megapixels(model: ModelFile, photo: Path, size: tuple[int, int], as_jpeg: bool) -> None:
    """JPEGs of that size are decoded smaller; boxes are in pixels of the original all the same."""
    large, stream = Image.open(photo).resize(size, Image.Resampling.BICUBIC), io.BytesIO()
    large.save(stream, "JPEG", quality=95)
    detections = found(model, stream.getvalue() if as_jpeg else np.asarray(large))
    across, down = size[0] / 1200, size[1] / 600
    for label, _, box in PUBLISHED.values():
        scaled = Box(box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down)
        assert overlap(detections, label, scaled)[0] >= 0.9


@pytest.mark.parametrize("picture", ["cat.bmp", "owl.jpg", "cat_1080p.jpg"])
def test_letterboxed_boxes_stay_on_their_things(model: ModelFile, shared_file: Any, picture: str) -> None:
    """With borders around it a thing is found where it is without them."""
    path = shared_file(f"images/{picture}")
    stretched = found(model, path)[0]
    assert overlap(found(model, path, resize="letterbox"), stretched.label, stretched.box)[0] >= 0.8


def test_letterboxed_boxes_are_those_of_a_square_canvas_moved(model: ModelFile, photo: Path) -> None:
    canvas = np.zeros((1200, 1200, 3), np.uint8)
    canvas[300:900] = np.asarray(Image.open(photo))
    letterboxed = found(model, photo, resize="letterbox")
    for one in found(model, canvas)[:3]:
        moved = Box(one.box.x0, max(one.box.y0 - 300, 0), one.box.x1, min(one.box.y1 - 300, 600))
        assert overlap(letterboxed, one.label, moved)[0] >= 0.9


def test_what_a_crop_keeps_has_the_published_boxes(model: ModelFile, photo: Path) -> None:
    """The photograph as a square between two gray stripes: the middle of it is what a crop takes."""
    wide = np.full((600, 1200, 3), 127, np.uint8)
    wide[:, 300:900] = np.asarray(Image.open(photo).resize((600, 600), Image.Resampling.BICUBIC))
    detections = found(model, wide, resize="crop")
    for label, published, box in PUBLISHED.values():
        share, score = overlap(detections, label, Box(box.x0 / 2 + 300, box.y0, box.x1 / 2 + 300, box.y1))
        assert share >= 0.9
        assert score == pytest.approx(published, abs=0.04)


def test_cropped_boxes_are_those_of_the_crop_moved(model: ModelFile, photo: Path) -> None:
    """At its borders a crop differs a little from a picture that was cut before, for what lies beside it is gone."""
    cut = found(model, np.asarray(Image.open(photo))[:, 300:900])
    cropped = found(model, photo, resize="crop")
    for one in cut[:3]:
        moved = Box(one.box.x0 + 300, one.box.y0, one.box.x1 + 300, one.box.y1)
        assert overlap(cropped, one.label, moved)[0] >= 0.95


def without_post_processing(model: ModelFile) -> tuple[ModelFile, np.ndarray]:
    """The file without its last operator, and the anchors that were in there."""
    boxes, scores, place = model.ops[-1].inputs
    tables = model.edit()
    tables["metadata"] = None
    graph = tables["subgraphs"][0]
    graph["operators"], graph["outputs"] = graph["operators"][:-1], [boxes, scores]
    spec = model.main.tensors[place]
    stored = np.frombuffer(model.constant(spec), np.uint8).reshape(spec.shape).astype(np.float32)
    return ModelFile.build(tables, {}), (stored - spec.zero_point[0]) * spec.scale[0]


def test_raw_boxes_of_a_published_file_are_those_of_its_own_post_processing(model: ModelFile, photo: Path) -> None:
    """Its operator lets things of one class take away those of another one; here they stay."""
    raw, anchors = without_post_processing(model)
    options: dict[str, Any] = {"anchors": anchors, "iou": 0.6, "labels": model.metadata.outputs[1].labels}
    detections = found(raw, photo, **options)
    for finished in found(model, photo):
        (same,) = (one for one in detections if one.box.iou(finished.box) > 0.999 and one.label == finished.label)
        assert same.score == pytest.approx(finished.score, abs=1e-5)


def test_options_choose_what_is_shown(model: ModelFile, photo: Path) -> None:
    assert len(found(model, photo, threshold=0.6)) == 2
    assert len(found(model, photo, threshold=0, most=5)) == 5
    assert {one.label for one in found(model, photo, allow=["dog"])} == {"dog"}
    assert "cat" not in {one.label for one in found(model, photo, deny=["cat"])}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 1.5}, "threshold is 1.5; scores go from 0 to 1"),
        ({"most": 0}, "most is 0; at least 1 is needed"),
        ({"allow": ["cst"]}, r"there is no label 'cst' among its \d+\. Did you mean 'cat'"),
        ({"meaning": "logits"}, "detection has no option 'meaning'. It has: allow, deny, "),
        ({"task": "classification"}, "a classifier has one input and one row of outputs"),
    ],
)
def test_options_that_make_no_sense_are_one_line(model: ModelFile, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_task(model, **options)
    assert str(caught.value).startswith(model.name)


def test_another_files_task_is_refused(shared_file: Any) -> None:
    classifier = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    with pytest.raises(UsageError, match=r"this is no detector: .* outputs of shape \[1, 1001\] are neither a YOLO"):
        open_task(classifier, task="detection")


def test_a_calibration_in_the_file_is_applied(shared_file: Any, photo: Path) -> None:
    """Its classes without a sigmoid get the default score, 0; the others' sigmoids undo the inverse logistic."""
    calibrated = found(ModelFile.read(shared_file(CALIBRATED)), photo)
    plain = found(ModelFile.read(shared_file(PLAIN)), photo)
    np.testing.assert_allclose(calibrated.confidence[:3], plain.confidence[:3], atol=1e-5)
    without = ModelFile.read(shared_file(CALIBRATED)).metadata.outputs[2].score_calibration.sigmoids.index(None)
    with open_task(ModelFile.read(shared_file(CALIBRATED)), threshold=0) as detect:
        rare = [one for one in detect(photo) if one.index == without]
    assert all(one.score == 0 for one in rare)


def test_the_same_in_the_language_of_all_results(model: ModelFile, photo: Path) -> None:
    detections = found(model, photo)
    best = detections.observations()[0]
    assert (best.label, best.index, best.box) == ("cat", 16, detections[0].box)
    told = detections.to_dict(2)
    assert told["kind"] == "detection"
    assert (told["width"], told["height"]) == (1200, 600)
    assert told["detections"][0]["box"] == list(detections[0].box.xyxy)
    assert len(told["detections"]) == 2
    sheet = detections.table(2).to_sheet()
    assert sheet.header == ("rank", "index", "label", "score", "x0", "y0", "x1", "y1")
    assert sheet.rows[0][:3] == (1, 16, "cat")


def test_nothing_found_is_said(model: ModelFile) -> None:
    nothing = found(model, np.full((40, 50, 3), 127, np.uint8), threshold=0.9)
    assert len(nothing) == 0
    assert nothing.xyxy.shape == (0, 4)
    assert "Nothing was found." in nothing.table().to_text()
    assert str(nothing) == "nothing"


def test_drawn_boxes_are_on_the_photograph(model: ModelFile, photo: Path) -> None:
    detections = found(model, photo)
    drawn, plain = np.asarray(detections.draw(photo)).astype(int), np.asarray(Image.open(photo)).astype(int)
    assert drawn.shape == plain.shape
    x0, y0, x1, _ = map(round, detections[0].box.xyxy)
    changed = np.abs(drawn - plain).sum(axis=2) > 60
    assert changed[y0 + 2, x0 + 10 : x1 - 10].mean() > 0.9
    assert not changed[:100, :60].any()


def test_supervision_that_is_not_installed_is_said(model: ModelFile, photo: Path) -> None:
    with pytest.raises(MissingExtraError, match="pip install supervision"):
        found(model, photo).to_supervision()


def test_a_thing_that_is_followed_has_a_mask_in_the_color_of_its_box() -> None:
    def mask_of(place: int) -> Any:
        return np.ones((400, 600), np.bool_)

    boxes, ids = np.array([[100, 100, 300, 300]], np.float32), np.array([11])
    found = Detections(boxes, np.ones(1, np.float32), np.array([1]), ("cat", "dog"), (400, 600), mask_of=mask_of)
    drawn = found.with_tracks(ids).draw(Image.new("RGB", (600, 400), (255, 255, 255)))
    color = drawn.getpixel((100, 200))
    assert drawn.getpixel((200, 350)) == tuple(pytest.approx(127 + value / 2, abs=2) for value in color)
    assert found.draw(Image.new("RGB", (600, 400))).getpixel((100, 200)) != color
