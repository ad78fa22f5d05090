"""A model on a data set: real classifiers and a real detector, their intervals, and a second model beside them."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.data import BoxesTarget, Dataset, MaskTarget, from_arrays
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import evaluation_tables, report_page, wilson
from edgewright.model import ModelFile

from ..model.builders import raw, summing_model

SharedFile = Callable[[str], Path]

GOOD, SMALL = "models/mobilenet_v2_1.0_224_quant.tflite", "models/mobilenet_v1_0.25_128_quant.tflite"
BARE = "models/mobilenet_v1_0.25_224_float.tflite"
DETECTOR = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
SEGMENTER = "models/selfie_segmenter_landscape.tflite"

PHOTOS = {
    "Egyptian_cat/cat.bmp": "cat.bmp",
    "Egyptian_cat/large.jpg": "cat_1080p.jpg",
    "daisy/1.bmp": "sunflower.bmp",
    "macaw/1.jpg": "parrot.jpg",
    "military uniform/1.bmp": "grace_hopper.bmp",
}

# What is in the picture, by eye: [x, y, width, height].
PETS = {"cat": ([80, 400, 362, 200], [883, 407, 197, 193]), "dog": ([388, 218, 252, 382], [615, 154, 295, 446])}
BIRD = [150, 8, 182, 362]


@pytest.fixture
def photos(shared_file: SharedFile, tmp_path: Path) -> Path:
    """Class folders with names as ImageNet has them, or as a file system makes them."""
    for name, source in PHOTOS.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shared_file(f"images/{source}"), tmp_path / "photos" / name)
    return tmp_path / "photos"


@pytest.fixture
def pets(shared_file: SharedFile, tmp_path: Path) -> Path:
    """A data set as COCO publishes one; class ids are COCO's."""
    shutil.copyfile(shared_file("images/cats_and_dogs.jpg"), tmp_path / "pets.jpg")
    shutil.copyfile(shared_file("images/owl.jpg"), tmp_path / "owl.jpg")
    ids = {"bird": 16, "cat": 17, "dog": 18}
    boxes = [(1, label, box) for label, there in PETS.items() for box in there] + [(2, "bird", BIRD)]
    document = {
        "images": [
            {"id": 1, "file_name": "pets.jpg", "width": 1200, "height": 600},
            {"id": 2, "file_name": "owl.jpg", "width": 512, "height": 384},
        ],
        "categories": [{"id": number, "name": label} for label, number in ids.items()],
        "annotations": [
            {"id": place, "image_id": image, "category_id": ids[label], "bbox": box}
            for place, (image, label, box) in enumerate(boxes, 1)
        ],
    }
    (tmp_path / "boxes.json").write_text(json.dumps(document))
    return tmp_path / "boxes.json"


def test_a_classifier_gets_its_accuracy_with_wilsons_interval(shared_file: SharedFile, photos: Path):
    found = ew.evaluate(shared_file(GOOD), photos)
    assert (found.metric.name, found.task, found.total) == ("top1", "classification", 5)
    assert found.value == 1
    assert found.interval == wilson(5, 5)
    assert found.worst == ()
    assert {found.label(one.index): (one.value, one.count) for one in found.by_class} == {
        "Egyptian cat": (1, 2), "daisy": (1, 1), "macaw": (1, 1), "military uniform": (1, 1),
    }  # fmt: skip
    assert found.failures == ()


def test_what_went_worst_is_told_with_what_was_expected(shared_file: SharedFile, photos: Path):
    found = ew.evaluate(shared_file(SMALL), photos)
    assert found.value == 0.8
    (worst,) = found.worst
    assert worst.name.endswith("military uniform/1.bmp")
    assert worst.said.startswith("academic gown")
    assert worst.expected == "military uniform"
    assert found.confusion is not None
    confused = {(found.label(true), found.label(said)): count for (true, said), count in found.confusion.items()}
    assert confused["Egyptian cat", "Egyptian cat"] == 2
    assert sum(confused.values()) == 5


def test_two_models_are_compared_on_the_same_inputs(shared_file: SharedFile, photos: Path):
    found = ew.evaluate(shared_file(SMALL), photos, baseline=shared_file(GOOD))
    assert found.comparison is not None
    assert found.comparison.change.value == pytest.approx(-0.2)
    assert not found.comparison.shown
    assert "No difference is shown: the interval of the difference covers 0." in text(found)


def test_a_difference_that_is_there_is_shown(shared_file: SharedFile, photos: Path):
    pictures = [(path, path.parent.name) for path in sorted(photos.rglob("*.*"))] * 8
    found = ew.evaluate(shared_file(SMALL), pictures, baseline=shared_file(GOOD))
    assert found.comparison is not None
    assert found.comparison.shown
    assert "mobilenet_v1_0.25_128_quant.tflite is worse than mobilenet_v2_1.0_224_quant.tflite" in text(found)


def test_pictures_that_are_open_already_are_read_for_one_model_after_the_other(shared_file: SharedFile, photos: Path):
    pictures = [(Image.open(path), path.parent.name) for path in sorted(photos.rglob("*.*"))]
    found = ew.evaluate(shared_file(SMALL), pictures, baseline=shared_file(GOOD))
    assert found.failures == ()
    assert found.comparison is not None
    # They are decoded whole, files only as large as a model needs them: the small one answers one picture otherwise.
    assert (found.value, found.comparison.before.value) == (0.6, 1)


@pytest.mark.parametrize(("metric", "value"), [(None, 0.8), ("cosine", 0.7)])
def test_data_without_labels_tell_how_a_model_agrees(
    shared_file: SharedFile, photos: Path, metric: str | None, value: float
):
    pictures = sorted(photos.rglob("*.*"))
    found = ew.evaluate(shared_file(SMALL), pictures, baseline=shared_file(GOOD), metric=metric)
    assert found.value == pytest.approx(value, abs=0.12)
    assert found.comparison is None
    assert found.against == str(shared_file(GOOD))
    same = ew.evaluate(shared_file(GOOD), pictures, baseline=shared_file(GOOD), metric=metric)
    assert same.value == pytest.approx(1)


def test_a_detector_without_labels_is_compared_box_by_box(shared_file: SharedFile):
    picture = shared_file("images/cats_and_dogs.jpg")
    found = ew.evaluate(shared_file(DETECTOR), [picture], baseline=shared_file(DETECTOR))
    assert (found.metric.name, found.value) == ("box-agreement", 1)
    with pytest.raises(DataError, match="nothing is labeled in it that Agreement of boxes could score"):
        ew.evaluate(shared_file(DETECTOR), [np.zeros((300, 300, 3), np.uint8)], baseline=shared_file(DETECTOR))


def test_a_detector_gets_its_map(shared_file: SharedFile, pets: Path):
    found = ew.evaluate(shared_file(DETECTOR), pets)
    assert (found.metric.name, found.task, found.total) == ("mAP", "detection", 2)
    classes = {found.label(one.index): (one.value, one.count) for one in found.by_class}
    assert {label: count for label, (_, count) in classes.items()} == {"cat": 2, "dog": 2, "bird": 1}
    # The owl stands alone, the cats are seen inexactly, and of the dogs one, but that exactly.
    assert classes["bird"][0] == pytest.approx(1, abs=0.11)
    assert classes["cat"][0] == pytest.approx(0.6, abs=0.15)
    assert classes["dog"][0] == pytest.approx(0.4, abs=0.15)
    assert found.worst[0].expected == "2 cat, 2 dog"
    assert any("The interval says little" in notice for notice in found.notices)


def test_a_detector_is_right_about_what_it_says_itself(shared_file: SharedFile):
    """Its own answers taken for the truth: mAP is 1, with all boxes that a threshold would hide."""
    picture = shared_file("images/cats_and_dogs.jpg")
    with ew.load(shared_file(DETECTOR), threshold=0) as detector:
        seen = detector(picture)
    truth = BoxesTarget(seen.xyxy, seen.class_id)
    names = tuple(f"{label} {place}" if label == "???" else label for place, label in enumerate(detector.labels))
    data = Dataset((picture,), (truth,), names, "own", "own")
    assert ew.evaluate(shared_file(DETECTOR), data).value == 1
    assert ew.evaluate(shared_file(DETECTOR), data, threshold=0.4).value < 0.9


def test_inputs_that_cannot_be_read_are_named_and_left_out(shared_file: SharedFile, photos: Path):
    (photos / "macaw/broken.jpg").write_bytes(b"no picture")
    found = ew.evaluate(shared_file(GOOD), photos, baseline=shared_file(SMALL))
    assert found.total == 5
    assert [Path(failure.name).name for failure in found.failures] == ["broken.jpg"]
    assert "not a picture" in found.failures[0].error
    assert "5 inputs (1 could not be answered)" in text(found)


def test_where_no_input_can_be_read_that_is_an_error(shared_file: SharedFile, tmp_path: Path):
    pairs = [("gone.jpg", "macaw"), ("lost.jpg", "daisy")]
    with pytest.raises(DataError, match=r"none of the 2 inputs can be answered\. The first: gone.jpg: no such file"):
        ew.evaluate(shared_file(GOOD), pairs)


def test_of_a_published_split_the_test_part_is_used(shared_file: SharedFile, photos: Path, tmp_path: Path):
    shutil.copytree(photos, tmp_path / "data/train")
    shutil.copytree(photos, tmp_path / "data/test")
    found = ew.evaluate(shared_file(GOOD), tmp_path / "data")
    assert found.total == 5
    assert found.notices == ("The published test part is evaluated, 5 of 10.",)
    few = ew.evaluate(shared_file(GOOD), tmp_path / "data", limit=3)
    assert few.notices == (*found.notices, "3 of these 5 inputs are evaluated, evenly spread.")


def test_a_limit_is_spread_over_all_classes(shared_file: SharedFile, photos: Path):
    found = ew.evaluate(shared_file(GOOD), photos, limit=3)
    assert [found.label(one.index) for one in found.by_class] == ["Egyptian cat", "military uniform", "daisy"]
    assert found.notices == ("3 of 5 inputs are evaluated, evenly spread.",)


def test_one_class_is_enough(shared_file: SharedFile, photos: Path):
    shutil.rmtree(photos / "daisy")
    shutil.rmtree(photos / "macaw")
    shutil.rmtree(photos / "military uniform")
    assert ew.evaluate(shared_file(GOOD), photos).total == 2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_arrays_of_pixels_are_pictures(shared_file: SharedFile, dtype: type):
    with Image.open(shared_file("images/parrot.jpg")) as image:
        pixels = np.asarray(image.convert("RGB").resize((224, 224)))
    data = from_arrays(np.stack([pixels, pixels]).astype(dtype), [89, 88], name="arrays")
    found = ew.evaluate(shared_file(GOOD), data)
    assert found.value == 0.5
    assert found.worst[0].name == "sample 1"


@pytest.mark.parametrize("normalized", [False, True], ids=["pixels with fractions", "normalized"])
def test_arrays_of_real_numbers_are_the_same_pictures(shared_file: SharedFile, normalized: bool):
    with Image.open(shared_file("images/parrot.jpg")) as image:
        pixels = np.asarray(image.convert("RGB").resize((224, 224))).astype(np.float32)
    x = (pixels - 127.5) / 127.5 if normalized else np.clip(pixels + 0.25, 0, 255)
    found = ew.evaluate(shared_file(GOOD), from_arrays(np.stack([x, x]), [89, 88], name="arrays"))
    assert found.value == 0.5
    assert ("arrays: pixels with fractions were rounded." in found.notices) is not normalized


def test_fractions_that_contradict_the_model_are_refused_with_both_ranges(shared_file: SharedFile):
    x = np.linspace(0, 1, 2 * 224 * 224 * 3, dtype=np.float32).reshape(2, 224, 224, 3)
    with pytest.raises(DataError, match="numbers from 0 to 1, but the model makes -1 to 1 of pixels from 0 to 255"):
        ew.evaluate(shared_file(GOOD), from_arrays(x, [89, 88], name="arrays"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metric": "agreement"}, "compares with a reference model. Give one: baseline"),
        ({"metric": "mAP"}, "the metric 'mAP' is for detection, faces, and the model's task is classification"),
        ({"metric": "accuracy"}, "there is no metric 'accuracy'. Choose one of: OKS, agreement, box-agreement"),
        ({"limit": 0}, "limit is 0; at least 1 input"),
        ({"treshold": 0.5}, "classification has no option 'treshold'"),
    ],
)
def test_what_makes_no_sense_is_refused(shared_file: SharedFile, photos: Path, changes: dict[str, Any], says: str):
    with pytest.raises(UsageError, match=says):
        ew.evaluate(shared_file(GOOD), photos, **changes)


def test_data_of_other_things_are_refused(shared_file: SharedFile, photos: Path, pets: Path):
    with pytest.raises(UsageError, match="no metric scores the results of detection against data with ClassTarget"):
        ew.evaluate(shared_file(DETECTOR), photos)
    with pytest.raises(UsageError, match=r"no labels to score by\. Give labeled data, or a second model"):
        ew.evaluate(shared_file(GOOD), list(photos.rglob("*.jpg")))
    (photos / "daisy").rename(photos / "a flower")
    with pytest.raises(DataError, match=r"class 'a flower' is none of the 1001 labels of .*tflite"):
        ew.evaluate(shared_file(GOOD), photos)


def test_a_model_without_names_takes_numbers(shared_file: SharedFile):
    pairs = [(shared_file("images/parrot.jpg"), 89), (shared_file("images/sunflower.bmp"), 986)]
    options = {"normalization": ((127.5,), (127.5,))}
    found = ew.evaluate(shared_file(BARE), pairs, **options)
    assert found.value == 1
    assert found.label(found.by_class[0].index) == "class 89"


def test_the_page_shows_the_worst_inputs_and_runs_nothing(shared_file: SharedFile, pets: Path, photos: Path):
    page = report_page(ew.evaluate(shared_file(DETECTOR), pets)).to_html()
    (encoded,) = re.findall('src="data:image/jpeg;base64,([^"]*)"', page)
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as drawn:
        drawn.load()
        assert max(drawn.size) == 640
    assert "Blue is what the model found, green what is there." in page
    (photos / "macaw/1.jpg").rename(photos / "macaw/<script>alert(1)<script>.jpg")
    (photos / "macaw").rename(photos / "tench, Tinca tinca")
    page = report_page(ew.evaluate(shared_file(SMALL), photos, baseline=shared_file(GOOD))).to_html()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "What was taken for what" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert" in page


def text(found: ew.Evaluation) -> str:
    return "\n".join(table.to_text() for table in evaluation_tables(found))


@dataclass
class Highest:
    """The highest number that the model said."""

    name, title, unit = "highest", "Highest", ""
    kinds = target = None
    share, higher_is_better = False, True
    options: dict[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: Any) -> float:
        return max(float(array.max()) for array in result.values())

    def combine(self, records: Any) -> float:
        return max(records)


def test_what_a_model_remembers_goes_from_one_input_to_the_next() -> None:
    """Several interpreters, one for each core, would each remember some of the inputs."""
    file = ModelFile(raw(summing_model()), "sum.tflite")
    ones = [np.ones(1, np.float32)] * 60
    found = ew.evaluate(file, ones, metric=Highest(), baseline=file, task="tensors")
    assert found.value == len(ones)


def test_of_what_does_not_fit_its_input_the_input_is_named(shared_file: SharedFile) -> None:
    whole, wrong = shared_file("images/cat.bmp"), shared_file("images/sunflower.bmp")
    with Image.open(whole) as picture:
        mask = np.zeros((picture.height, picture.width), np.uint8)
    pairs = [(whole, MaskTarget(mask)), (wrong, MaskTarget(mask[:2, :3]))]
    with pytest.raises(DataError, match=r"sunflower\.bmp: a mask of \(3, 2\) pixels for a picture of"):
        ew.evaluate(shared_file(SEGMENTER), pairs)


@pytest.mark.parametrize("model", [SEGMENTER, DETECTOR])
def test_a_page_has_no_picture_of_what_can_no_longer_be_drawn(
    model: str, shared_file: SharedFile, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = shared_file("images/cat.bmp")
    with Image.open(photo) as picture:
        mask = np.ones((picture.height, picture.width), np.uint8)
    found = ew.evaluate(shared_file(model), [(photo, MaskTarget(mask))] if model == SEGMENTER else pets)
    assert "data:image/jpeg" in report_page(found).to_html()
    monkeypatch.setattr("edgewright.media.pictures.picture.DEFAULT_MAX_PIXELS", 1000)
    assert "data:image/jpeg" not in report_page(found).to_html()
