"""The class of each pixel: of published segmenters, and of small ones whose answer is known for every pixel."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.media import Prepared, place
from edgewright.model import ModelFile
from edgewright.task import Segmentation, files_of, in_one_line, kind_of, open_task
from edgewright.task.kinds.segmentation import KIND
from edgewright.task.results.segmentation import UNKNOWN
from task import pixelwise
from task.pixelwise import described, striped

DEEPLAB = "models/deeplabv3_mnv2_pascal_quant.tflite"
SELFIE = "models/selfie_segmenter_landscape.tflite"
BIRD = 3


@pytest.fixture(scope="module")
def labels(shared_file: Any) -> tuple[str, ...]:
    return tuple(shared_file("models/pascal_voc_segmentation_labels.txt").read_text().splitlines()[:21])


@pytest.fixture(scope="module")
def photo(shared_file: Any) -> Path:
    return shared_file("images/bird_segmentation.bmp")


@pytest.fixture(scope="module")
def truth(shared_file: Any) -> Any:
    return np.asarray(Image.open(shared_file("images/bird_segmentation_mask.bmp"))) == BIRD


def found(model: Any, picture: Any, **options: Any) -> Segmentation:
    with open_task(model if isinstance(model, ModelFile) else ModelFile.read(model), **options) as segment:
        return segment(picture)


def iou(mask: Any, truth: Any) -> float:
    return float((mask & truth).sum() / (mask | truth).sum())


@pytest.mark.parametrize(("name", "least"), [(DEEPLAB, 0.90), ("models/deeplabv3_mnv2_dm05_pascal_quant.tflite", 0.81)])
def test_the_bird_is_where_its_published_mask_says(
    shared_file: Any, photo: Path, truth: Any, labels: tuple[str, ...], name: str, least: float
) -> None:
    result = found(shared_file(name), photo, labels=labels)
    assert result.classes.shape == truth.shape
    assert iou(result.mask("bird"), truth) >= least
    assert next(iter(result.areas)) == "background"
    assert result.areas["bird"] == pytest.approx(result.mask("bird").mean())


@pytest.mark.parametrize("change", ["turned", "twelve megapixels", "letterboxed", "cropped"])
def test_the_bird_stays_where_it_is(
    shared_file: Any, photo: Path, truth: Any, labels: tuple[str, ...], change: str
) -> None:
    """Turned by EXIF, decoded smaller, with borders and cut: the mask is that of the original's pixels."""
    picture, there, options = changed(Image.open(photo), truth, change)
    result = found(shared_file(DEEPLAB), picture, labels=labels, **options)
    assert result.classes.shape == there.shape
    shown = result.classes != UNKNOWN
    assert iou(result.mask("bird") & shown, there & shown) >= 0.87


def changed(image: Image.Image, truth: Any, change: str) -> tuple[bytes, Any, dict[str, Any]]:
    stream = io.BytesIO()
    if change == "turned":
        exif = Image.Exif()
        exif[274] = 6
        image.transpose(Image.Transpose.ROTATE_90).save(stream, "PNG", exif=exif)
        return stream.getvalue(), truth, {}
    if change == "twelve megapixels":
        image.resize((3463, 3463), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=95)
        large = Image.fromarray(truth).resize((3463, 3463), Image.Resampling.NEAREST)
        return stream.getvalue(), np.asarray(large), {}
    wide = np.pad(np.asarray(image), ((0, 0), (100, 60), (0, 0)), mode="edge")
    Image.fromarray(wide).save(stream, "PNG")
    return stream.getvalue(), np.pad(truth, ((0, 0), (100, 60))), {"resize": POLICIES[change]}


POLICIES = {"letterboxed": "letterbox", "cropped": "crop"}


def test_a_person_is_told_from_what_is_behind(shared_file: Any) -> None:
    result = found(shared_file(SELFIE), shared_file("images/grace_hopper.bmp"))
    mask = result.mask()
    height, width = mask.shape
    assert result.labels == ("background", "selfie")
    assert mask[height // 3 : height * 9 // 10, width * 4 // 10 : width * 6 // 10].mean() > 0.98
    assert mask[: height // 4, : width // 5].mean() < 0.02
    assert mask[: height // 4, -width // 5 :].mean() < 0.02
    assert np.array_equal(mask, result.mask("selfie"))


# ----- how a file is recognized


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (pixelwise.numbers_model(), "a number for each pixel"),
        (pixelwise.softmax_model(), "scores for each pixel"),
        (pixelwise.mask_model(), "scores for each pixel"),
        (pixelwise.channels_model(), None),  # three channels of anything may be a picture
        (pixelwise.sigmoid_model(3), None),  # and so it may be of numbers between 0 and 1
        (pixelwise.sigmoid_model(2), "scores for each pixel"),
        (pixelwise.sigmoid_model(4), "scores for each pixel"),
    ],
)
def test_what_outputs_show(tables: Any, reason: str | None) -> None:
    said = KIND.recognize(described(tables, labels=()))
    assert said is None if reason is None else reason in str(said)


@pytest.mark.parametrize("name", [DEEPLAB, SELFIE])
def test_published_segmenters_are_of_one_kind(shared_file: Any, name: str) -> None:
    assert kind_of(ModelFile.read(shared_file(name))).name == "segmentation"


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v2_1.0_224_quant", "ssd_mobilenet_v1_coco_quant_metadata", "movenet_single_pose_lightning_ptq",
        "face_detection_short_range", "mobilenet_v1_1.0_224_quant_embedding_extractor", "yamnet",
    ],
)  # fmt: skip
def test_others_are_no_segmenters(shared_file: Any, name: str) -> None:
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    assert KIND.recognize(model) is None
    with pytest.raises(UsageError, match=r"a segmenter takes one picture and has one output|no picture"):
        open_task(model, task="segmentation")


# ----- golden vectors: every pixel is known


@pytest.mark.parametrize(("height", "width"), [(48, 64), (120, 160), (36, 48)])
@pytest.mark.parametrize(
    "tables",
    [
        pixelwise.channels_model(), pixelwise.channels_model("int8", 0.01, -20),
        pixelwise.channels_model("uint8", 0.02), pixelwise.channels_first_model(), pixelwise.softmax_model(),
        pixelwise.numbers_model(), pixelwise.numbers_model("int32"),
    ],
    ids=["channels", "int8", "uint8", "channels first", "softmax", "numbers", "int32"],
)  # fmt: skip
def test_every_pixel_has_its_class(tables: Any, height: int, width: int) -> None:
    picture, classes = striped(height, width)
    result = found(described(tables, task="segmentation"), picture)
    np.testing.assert_array_equal(result.classes, classes)
    assert result.areas == pytest.approx({"blue": 3 / 8, "green": 3 / 8, "red": 1 / 4})


@pytest.mark.parametrize("normalization", [(0, 255), (127.5, 127.5), ((10, 20, 30), (50, 60, 70))])
def test_classes_do_not_depend_on_a_common_normalization(normalization: Any) -> None:
    picture, classes = striped(48, 64)
    result = found(described(pixelwise.numbers_model(), mean=(), std=()), picture, normalization=normalization)
    np.testing.assert_array_equal(result.classes, classes)


@pytest.mark.parametrize(("height", "width"), [(24, 64), (48, 32), (24, 16)])
def test_letterboxed_and_back(height: int, width: int) -> None:
    """Wide, tall, and narrow: borders of the input are no part of the picture, which keeps every pixel."""
    picture, classes = striped(height, width)
    result = found(described(pixelwise.numbers_model()), picture, resize="letterbox")
    np.testing.assert_array_equal(result.classes, classes)


@pytest.mark.parametrize(("height", "width"), [(24, 64), (48, 32)])
def test_beside_a_crop_nothing_is_known(height: int, width: int) -> None:
    picture, classes = striped(height, width)
    result = found(described(pixelwise.numbers_model()), picture, resize="crop")
    box = place((height, width), (pixelwise.HEIGHT, pixelwise.WIDTH), "crop").box
    x0, y0, x1, y1 = map(int, box)
    inside = np.zeros((height, width), np.bool_)
    inside[y0:y1, x0:x1] = True
    np.testing.assert_array_equal(result.classes == UNKNOWN, ~inside)
    # The middle of a cell may lie beside an edge that runs through it.
    assert (result.classes == classes)[inside].mean() > 0.9
    assert sum(result.areas.values()) == pytest.approx(inside.mean())
    assert "of the picture is beside the crop" in result.table().to_text()
    assert not result.mask("red")[~inside].any()


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8"])
def test_a_mask_starts_at_its_threshold(dtype: str) -> None:
    """Gray 0 becomes -4, 255 becomes 4: their sigmoids are 0.018 and 0.982, and 0.5 lies between."""
    picture = np.zeros((24, 32), np.uint8)
    picture[:12, :16], picture[:12, 16:], picture[12:, :16] = 255, 140, 110
    model = described(pixelwise.mask_model(dtype), labels=("person",), mean=(127.5,), std=(127.5 / 4,))
    inside = np.zeros(picture.shape, np.bool_)  # away from the edges, where grays mix
    inside[2:10, 2:14] = inside[2:10, 18:30] = inside[14:22, 2:14] = inside[14:22, 18:30] = True
    assert found(model, picture).labels == ("background", "person")
    for threshold, least in ((None, 128), (0.9, 255), (0.2, 110), (0, 0)):
        mask = found(model, picture, threshold=threshold).mask()
        np.testing.assert_array_equal(mask[inside], (picture >= least)[inside])


def test_a_mask_of_logits_has_its_threshold_too() -> None:
    """Without a sigmoid at its end a mask's numbers are logits, which is said."""
    shape = 1, pixelwise.HEIGHT, pixelwise.WIDTH, 1
    tables = pixelwise._sum(shape)
    picture = np.where(np.arange(32) < 8, 255, 0).astype(np.uint8)[None].repeat(24, axis=0)
    model = described(tables, labels=(), mean=(127.5,), std=(64,))
    assert kind_of(model).name == "tensors"  # it could be a depth as well
    with open_task(model, task="segmentation") as segment:
        assert any("taken for logits" in notice for notice in segment.notices)
        assert segment(picture).mask().tolist() == (picture == 255).tolist()
        assert segment.labels == ("background", "subject")
    plain = described(tables, labels=(), mean=(0,), std=(255,))
    with open_task(plain, task="segmentation", meaning="probabilities", scores=True) as segment:
        assert not segment.notices
        np.testing.assert_allclose(segment(picture).score_map("subject")[:, [0, 31]], [[1, 0]] * 24, atol=1e-6)


# ----- scores on request


def test_scores_are_there_where_they_are_asked_for() -> None:
    picture, classes = striped(48, 64)
    model = described(pixelwise.channels_model(), task="segmentation")
    assert found(model, picture).scores is None
    result = found(model, picture, scores=True)
    assert result.scores is not None
    np.testing.assert_allclose(result.scores.grid.sum(axis=-1), 1, rtol=1e-5)
    sure = np.exp(220 / 255) / (np.exp(220 / 255) + 2 * np.exp(20 / 255))
    middle = result.score_map("blue")[40, 50]
    assert (classes[40, 50], middle) == (2, pytest.approx(sure, rel=1e-4))


def test_probabilities_are_no_logits() -> None:
    picture, _ = striped(48, 64)
    result = found(described(pixelwise.softmax_model()), picture, scores=True)
    assert result.score_map("red")[10, 2] == pytest.approx(1, abs=1e-4)


def test_scores_change_evenly_between_cells() -> None:
    picture = np.where(np.arange(64) < 32, 255, 0).astype(np.uint8)[None].repeat(48, axis=0)
    model = described(pixelwise.mask_model(), labels=("it",), mean=(127.5,), std=(127.5 / 4,))
    across = found(model, picture, scores=True).score_map("it")[20]
    assert (np.diff(across) <= 1e-6).all()
    assert across[31] == pytest.approx(1 - across[32], abs=1e-4)
    assert 0.5 < across[31] < 0.7


def test_of_pixels_that_were_not_shown_nobody_is_sure() -> None:
    picture, _ = striped(24, 64)
    result = found(described(pixelwise.softmax_model()), picture, scores=True, resize="crop")
    assert np.array_equal(np.isnan(result.score_map("red")), result.classes == UNKNOWN)


# ----- what is wrong is one line


@pytest.mark.parametrize(
    ("tables", "options", "words"),
    [
        (pixelwise.numbers_model(), {"labels": ["a", "b"]}, None),  # the first is the background
        (pixelwise.numbers_model(), {"labels": ["a"]}, "1 labels do not fit the model's 3 outputs"),
        (pixelwise.mask_model(), {"labels": ["a", "b", "c"]}, "3 labels do not fit a mask"),
        (pixelwise.numbers_model(), {"threshold": 0.4}, "threshold is for masks of one thing"),
        (pixelwise.mask_model(), {"threshold": 1.5}, "scores go from 0 to 1"),
        (pixelwise.numbers_model(), {"scores": True}, "it has no scores"),
        (pixelwise.numbers_model(), {"color": 1}, "segmentation has no option 'color'. It has: labels, locale,"),
    ],
)
def test_options_that_make_no_sense(tables: Any, options: dict[str, Any], words: str | None) -> None:
    model = described(tables, labels=())
    if words is None:
        open_task(model, **options).close()
        return
    with pytest.raises(UsageError, match=words) as caught:
        open_task(model, **options)
    assert "\n" not in str(caught.value)


def test_one_label_less_than_classes_leaves_out_the_background() -> None:
    picture, _ = striped(48, 64)
    model = described(pixelwise.numbers_model(), labels=())
    with open_task(model, labels=["tree", "river"]) as segment:
        assert segment(picture).areas == {"tree": 0.375, "river": 0.375, "background": 0.25}
        assert "the first output is taken for the background class" in segment.notices[0]


def test_without_labels_classes_are_numbers(shared_file: Any, photo: Path) -> None:
    with open_task(ModelFile.read(shared_file(DEEPLAB))) as segment:
        result = segment(photo)
        assert segment.notices == ("no labels: classes are called by their number",)
        assert len(segment.labels) == 21
    assert list(result.areas)[:2] == ["class 0", "class 3"]
    assert result.mask("class 3").any()
    with pytest.raises(UsageError, match="no class is called background: say whose mask"):
        result.mask()
    with pytest.raises(UsageError, match="there is no label 'bird'"):
        result.mask("bird")


@pytest.mark.parametrize("numbers", [(-1, 2), (0, 255), (0, 100_000)])
def test_classes_beyond_a_byte_are_one_line(numbers: tuple[int, int]) -> None:
    decode = KIND.decoder(described(pixelwise.numbers_model()), {})
    grid = np.full((1, pixelwise.HEIGHT, pixelwise.WIDTH), numbers[0], np.int64)
    grid[0, 0, 0] = numbers[1]
    prepared = Prepared(np.zeros(0), place((12, 16), (12, 16)), (12, 16))
    with pytest.raises(DataError, match="0 to 254 are possible"):
        decode([grid], prepared)
    with pytest.raises(DataError, match="this input is none"):
        decode([grid], Prepared(np.zeros(0)))


@pytest.mark.parametrize(("labels", "expected"), [(("background", "tree", "tree"), 3 / 4), (("tree",) * 3, 1)])
def test_a_label_that_several_classes_have_is_all_of_them(labels: tuple[str, ...], expected: float) -> None:
    result = found(described(pixelwise.numbers_model(), labels=labels), striped(48, 64)[0])
    assert result.areas["tree"] == result.mask("tree").mean() == expected


def test_what_is_no_background_is_none_of_several() -> None:
    picture, _ = striped(48, 64)
    result = found(described(pixelwise.numbers_model(), labels=("background", "tree", "Background")), picture)
    assert np.array_equal(result.mask(), result.mask("tree"))
    assert [thing.label for thing in result.observations()] == ["tree"]


def test_of_classes_with_one_label_the_surest_counts() -> None:
    apart = found(described(pixelwise.softmax_model()), striped(48, 64)[0], scores=True)
    joined = dataclasses.replace(apart, labels=("red", "thing", "thing"))
    surest = np.maximum(apart.score_map(apart.labels[1]), apart.score_map(apart.labels[2]))
    assert (joined.score_map("thing") >= surest - 1e-6).all()


# ----- the language of all results


@pytest.fixture(scope="module")
def result() -> Segmentation:
    picture, _ = striped(48, 64)
    return found(described(pixelwise.numbers_model(), labels=("background", "tree", "river")), picture)


def test_things_are_observed_with_their_share_and_place(result: Segmentation) -> None:
    river, tree = sorted(result.observations(), key=lambda one: one.label)
    assert (river.label, river.score, river.index) == ("river", 0.375, 2)
    assert river.box is not None
    assert river.box.xyxy == (16, 24, 64, 48)
    assert tree.box is not None
    assert tree.box.xyxy == (16, 0, 64, 24)
    assert in_one_line(result, 1) == "tree 37.5%"


def test_shares_as_values_and_rows(result: Segmentation) -> None:
    told = result.to_dict()
    assert (told["kind"], told["width"], told["height"]) == ("segmentation", 64, 48)
    assert told["areas"][2] == {"label": "background", "index": 0, "area": 0.25}
    assert len(result.to_dict(1)["areas"]) == 1
    sheet = result.table().to_sheet()
    assert sheet.header == ("rank", "index", "label", "area", "pixels")
    assert sheet.rows[0] == (1, 1, "tree", 0.375, 1152)
    assert str(result) == "tree 37.5%; river 37.5%; background 25.0%"


def test_the_drawing_has_the_things_in_color_and_a_legend(result: Segmentation) -> None:
    picture, _ = striped(48, 64)
    drawn = np.asarray(result.draw(picture)).astype(int)
    plain = np.asarray(Image.fromarray(picture).resize((480, 360), Image.Resampling.BICUBIC)).astype(int)
    assert drawn.shape[1] == 480
    assert drawn.shape[0] > 360
    np.testing.assert_array_equal(drawn[100:300, 20:100], plain[100:300, 20:100])  # the background
    assert (np.abs(drawn[50:100, 200:400] - plain[50:100, 200:400]).sum(axis=2) > 60).all()
    assert (drawn[360:].min(axis=2) < 100).any()


def test_what_is_saved_holds_every_class(result: Segmentation) -> None:
    picture, classes = striped(48, 64)
    files = files_of(result, picture)
    assert sorted(files) == ["-classes.png", ".jpg"]
    saved = Image.open(io.BytesIO(files["-classes.png"]))
    assert saved.mode == "P"
    np.testing.assert_array_equal(np.asarray(saved), classes)
    assert len({tuple(color) for color in np.asarray(saved.convert("RGB")).reshape(-1, 3)}) == 3
