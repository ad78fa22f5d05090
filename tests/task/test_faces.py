"""Faces with their points in real photographs, and the same photographs with the faces blurred."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import UsageError
from edgewright.media import Box
from edgewright.media.pictures.hiding import GROWN
from edgewright.model import ModelFile
from edgewright.task import Faces, kind_of, open_task
from edgewright.task.kinds.faces import KIND
from model import builders

DETECTOR = "models/face_detection_short_range.tflite"

# Read off the photograph of 512 x 600 pixels by eye: the pupils, the tip of the nose, the middle of the mouth, where
# the temples of the glasses reach the ears.
POINTS = {
    "right_eye": (227, 191), "left_eye": (306, 191), "nose_tip": (268, 234), "mouth": (270, 275),
    "right_ear": (176, 215), "left_ear": (356, 212),
}  # fmt: skip


@pytest.fixture(scope="module")
def model(shared_file: Any) -> ModelFile:
    return ModelFile.read(shared_file(DETECTOR))


@pytest.fixture(scope="module")
def photo(shared_file: Any) -> Path:
    return shared_file("images/grace_hopper.bmp")


def found(model: ModelFile, picture: Any, **options: Any) -> Faces:
    with open_task(model, **options) as find:
        return find(picture)


def test_a_portrait_has_one_face_with_six_points(model: ModelFile, photo: Path) -> None:
    faces = found(model, photo)
    assert len(faces) == 1
    assert faces[0].score > 0.9
    assert faces.size == (600, 512)
    assert faces[0].box.iou(Box(166, 140, 364, 336)) > 0.85
    places = dict(zip(faces.names, faces.xy[0].tolist(), strict=True))
    assert places.keys() == POINTS.keys()
    for name, place in POINTS.items():
        assert np.hypot(*np.subtract(places[name], place)) < 0.08 * faces[0].box.width, name


@pytest.mark.parametrize("name", ["cat.bmp", "owl.jpg", "kite_and_cold.jpg", "sunflower.bmp"])
def test_what_has_no_face_has_none(model: ModelFile, shared_file: Any, name: str) -> None:
    faces = found(model, shared_file(f"images/{name}"))
    assert len(faces) == 0
    assert (str(faces), faces.xyxy.shape, faces.xy.shape) == ("nothing", (0, 4), (0, 6, 2))
    assert "No face was found." in faces.table().to_text()


def png(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_portrait_has_the_same_face(model: ModelFile, photo: Path, orientation: int) -> None:
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[274] = orientation
    turned = found(model, png(Image.open(photo).transpose(turns[orientation]), exif=exif))
    plain = found(model, photo)
    np.testing.assert_allclose(turned.xyxy, plain.xyxy, atol=0.5)
    np.testing.assert_allclose(turned.xy, plain.xy, atol=0.5)


@pytest.mark.parametrize(("left", "top"), [(300, 0), (0, 200), (90, 40)])
def test_a_face_stays_where_it_is_in_a_larger_picture(model: ModelFile, photo: Path, left: int, top: int) -> None:
    """Wide, tall and both: pictures keep their proportions on the way, and points come back to their places."""
    image = Image.open(photo).convert("RGB")
    canvas = Image.new("RGB", (image.width + 2 * left, image.height + top), (90, 120, 150))
    canvas.paste(image, (left, top))
    plain, moved = found(model, photo), found(model, canvas)
    assert len(moved) == 1
    assert np.abs(moved.xy - plain.xy - (left, top)).max() < 0.1 * plain[0].box.width


def test_a_face_in_twelve_megapixels(model: ModelFile, photo: Path) -> None:
    stream = io.BytesIO()
    Image.open(photo).resize((3200, 3750), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=95)
    plain, large = found(model, photo), found(model, stream.getvalue())
    assert large.size == (3750, 3200)
    assert large[0].box.iou(Box(*(side * 6.25 for side in plain[0].box.xyxy))) > 0.95
    np.testing.assert_allclose(large.xy / 6.25, plain.xy, atol=5)


def test_the_preparation_is_known_and_can_be_said(model: ModelFile, photo: Path) -> None:
    """Nothing is asked, though the file says nothing; what the caller says goes first."""
    with open_task(model) as find:
        assert find.notices == ()
        prepared = find._prepare(photo)
    assert prepared.placement is not None
    assert prepared.placement.region == (9, 0, 118, 128)
    assert np.asarray(prepared.tensors).min() == -1
    stretched = open_task(model, resize="stretch", normalization=(0, 255))
    assert stretched._prepare(photo).placement.region == (0, 0, 128, 128)
    assert np.asarray(stretched._prepare(photo).tensors).min() >= 0
    stretched.close()


def test_options_choose_what_is_shown(model: ModelFile, photo: Path) -> None:
    assert len(found(model, photo, threshold=0.99)) == 0
    assert len(found(model, photo, threshold=0.0)) > 3
    assert len(found(model, photo, threshold=0.0, most=2)) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 1.5}, "threshold is 1.5; scores go from 0 to 1"),
        ({"most": 0}, "most is 0; at least 1 is needed"),
        ({"labels": ["a"]}, "faces has no option 'labels'. It has: most, threshold"),
    ],
)
def test_options_that_make_no_sense_are_one_line(model: ModelFile, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_task(model, **options)


# ----- by shapes alone


def detector(size: int, anchors: int, *, scores_first: bool = False, quantized: bool = False) -> ModelFile:
    """A model with the shapes of a published one, that sees one face in the middle of its input whatever it is shown.

    With `quantized`, boxes and scores are stored in bytes, each with a scale of its own.
    """
    boxes, logits = np.zeros((1, anchors, 16), "<f4"), np.full((1, anchors, 1), -20, "<f4")
    from edgewright.task.kinds import faces

    stand_in = ModelFile.read(builders.raw(_constant(size, [boxes, logits])))
    form, _ = faces._form(stand_in) or (None, None)
    assert form is not None
    anchor = int(np.abs(form.anchors - size / 2).sum(axis=1).argmin())
    x, y = size / 2 - form.anchors[anchor]
    boxes[0, anchor] = (x, y, size / 2, size / 2, *np.repeat([[x - 8, y + 4]], 6, axis=0).ravel())
    logits[0, anchor] = 2
    arrays = [logits, boxes] if scores_first else [boxes, logits]
    return ModelFile.read(builders.raw(_constant(size, arrays, quantized=quantized)))


def _constant(size: int, arrays: list[Any], *, quantized: bool = False) -> Any:
    """One input that nothing looks at, and outputs that are constants."""
    tensors, operators = [builders.tensor((1, size, size, 3))], []
    for array in arrays:
        first = len(tensors)
        scale, zero_point = (1.0, -40) if array.shape[2] == 16 else (0.25, 40)
        store = {"quantization": builders.quantized([scale], [zero_point])} if quantized else {}
        tensors.append(builders.tensor(array.shape, data=array.tobytes()))
        if quantized:
            tensors.append(builders.tensor(array.shape, "int8", **store))
            operators.append(builders.operator("QUANTIZE", [first], [first + 1]))
        else:
            tensors.append(builders.tensor([1], data=np.zeros(1, "<f4").tobytes()))
            tensors.append(builders.tensor(array.shape))
            options = ("AddOptions", {"fused_activation_function": 0})
            operators.append(builders.operator("ADD", [first, first + 1], [first + 2], options))
    made = [place for operator in operators for place in operator["outputs"]]
    return builders.model(builders.subgraph(tensors, operators, [0], made))


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("scores_first", [False, True])
@pytest.mark.parametrize(("size", "anchors"), [(128, 896), (192, 2304), (256, 896)])
def test_each_published_form_is_told_and_decoded(size: int, anchors: int, scores_first: bool, quantized: bool) -> None:
    model = detector(size, anchors, scores_first=scores_first, quantized=quantized)
    assert kind_of(model).name == "faces"
    faces = found(model, np.zeros((300, 600, 3), np.uint8))
    assert len(faces) == 1
    per_pixel = 600 / size
    np.testing.assert_allclose(faces.xyxy, [[150, 0, 450, 300]], atol=per_pixel * quantized + 1e-3)
    np.testing.assert_allclose(faces.xy[0], [(300 - 8 * per_pixel, 150 + 4 * per_pixel)] * 6, atol=per_pixel)
    np.testing.assert_allclose(faces.confidence, 1 / (1 + np.exp(-2)), atol=1e-6)


@pytest.mark.parametrize(
    "arrays",
    [
        [(1, 896, 16), (1, 895, 1)], [(1, 896, 16)], [(1, 896, 16), (1, 896, 2)], [(1, 2304, 16), (1, 2304, 1)],
        [(1, 896, 18), (1, 896, 1)],
    ],
)  # fmt: skip
def test_other_shapes_are_none(arrays: list[tuple[int, ...]]) -> None:
    model = ModelFile.read(builders.raw(_constant(128, [np.zeros(shape, "<f4") for shape in arrays])))
    assert KIND.recognize(model) is None
    with pytest.raises(UsageError, match=r"a face detector has outputs \[1, 896, 16\] and \[1, 896, 1\]"):
        open_task(model, task="faces")


# ----- the language of all results


def test_the_same_in_the_language_of_all_results(model: ModelFile, photo: Path) -> None:
    faces = found(model, photo)
    best = faces.observations()[0]
    assert (best.label, best.index, best.box) == ("face", 0, faces[0].box)
    assert best.keypoints is not None
    assert best.keypoints.names == tuple(POINTS)
    told = faces.to_dict()
    assert told["kind"] == "faces"
    assert told["faces"][0]["keypoints"]["nose_tip"][2] == pytest.approx(faces[0].score)
    sheet = faces.table().to_sheet()
    assert list(sheet.header[:8]) == ["rank", "index", "label", "score", "x0", "y0", "x1", "y1"]
    assert sheet.header[8:10] == ("right_eye_x", "right_eye_y")
    assert len(sheet.rows[0]) == len(sheet.header) == 20


def test_the_drawing_frames_the_face_and_marks_its_points(model: ModelFile, photo: Path) -> None:
    faces = found(model, photo)
    drawn, plain = np.asarray(faces.draw(photo)).astype(int), np.asarray(Image.open(photo)).astype(int)
    changed = np.abs(drawn - plain).sum(axis=2) > 60
    x0, _, x1, y1 = map(round, faces[0].box.xyxy)
    assert changed[y1 - 1, x0 + 10 : x1 - 10].mean() > 0.9
    for x, y in faces.xy[0].round().astype(int).tolist():
        assert changed[y - 3 : y + 4, x - 3 : x + 4].any()
    assert not changed[450:].any()


# ----- blurred


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 2])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_blurred_face_is_not_found_again(model: ModelFile, photo: Path, scale: float, mirrored: bool) -> None:
    image = Image.open(photo).convert("RGB")
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image
    faces = found(model, image)
    assert len(faces) == 1
    assert len(found(model, faces.blur(image))) == 0


def test_only_the_face_is_blurred(model: ModelFile, photo: Path) -> None:
    faces = found(model, photo)
    blurred, plain = np.asarray(faces.blur(photo)), np.asarray(Image.open(photo))
    assert blurred.shape == plain.shape
    x0, y0, x1, y1 = faces[0].box.xyxy
    changed = (blurred != plain).any(axis=2)
    assert changed[round(y0) : round(y1), round(x0) : round(x1)].mean() > 0.95
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    more = GROWN * (x1 - x0) + 1
    assert rows[0] >= y0 - more
    assert rows[-1] <= y1 + more
    assert columns[0] >= x0 - more
    assert columns[-1] <= x1 + more
