"""MediaPipe reads what we write, and we read what it writes."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewright as ew
from edgewright.model import (
    InputMetadata,
    Metadata,
    ModelFile,
    OutputMetadata,
    RegexTokenizerOptions,
    ScoreCalibration,
    Sigmoid,
    detector_options,
)
from edgewright.model.describing.detectors import OPTIONS
from edgewright.model.describing.schema import (
    ASSOCIATED_FILE_TYPES,
    BOX_TYPES,
    COLOR_SPACES,
    COORDINATE_TYPES,
    METADATA,
    SCORE_TRANSFORMATIONS,
)

from ..task.detector_files import LABELS, raw
from .schema_comparison import ours, theirs

pytestmark = pytest.mark.extras

SharedFile = Callable[[str], Path]
HERE = Path(__file__).parent
FLOAT = "models/mobilenet_v1_0.25_224_float.tflite"
PLAIN = [f"class {number}" for number in range(1001)]
GERMAN = [f"Klasse {number} ä" for number in range(1001)]


def run(python: Path, script: str, *arguments: object) -> None:
    command = [str(python), str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture
def written_by_mediapipe(mediapipe_python: Path, tmp_path: Path) -> Callable[..., ModelFile]:
    """A model that MediaPipe's metadata writer described; the default labels are `PLAIN` and `GERMAN`."""

    def write(what: str, source: Path, plain: list[str] = PLAIN, german: list[str] = GERMAN) -> ModelFile:
        names = tmp_path / "names.json"
        names.write_text(json.dumps([plain, german]))
        run(mediapipe_python, "mediapipe_write.py", what, source, tmp_path / "written.tflite", names)
        return ModelFile.read(tmp_path / "written.tflite")

    return write


def test_our_metadata_schema_is_mediapipes(mediapipe_python: Path, tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    run(mediapipe_python, "generated_schema.py", "mediapipe.tasks.metadata.metadata_schema_py_generated", target)
    generated: dict[str, Any] = json.loads(target.read_text())
    assert ours(METADATA) == theirs(generated)
    assert {name: list(members) for name, members in METADATA.unions.items()} == generated["unions"]
    for name, known in (
        ("AssociatedFileType", ASSOCIATED_FILE_TYPES),
        ("ColorSpaceType", COLOR_SPACES),
        ("ScoreTransformationType", SCORE_TRANSFORMATIONS),
        ("BoundingBoxType", BOX_TYPES),
        ("CoordinateType", COORDINATE_TYPES),
    ):
        assert {one: number for number, one in enumerate(known)} == generated["enums"][name]


def test_our_schema_of_detectors_is_mediapipes(mediapipe_python: Path, tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    module = "mediapipe.tasks.metadata.object_detector_metadata_schema_py_generated"
    run(mediapipe_python, "generated_schema.py", module, target)
    assert ours(OPTIONS) == theirs(json.loads(target.read_text()))


def test_classifier_with_labels_by_locale_and_calibration(
    written_by_mediapipe: Callable[..., ModelFile], shared_file: SharedFile
) -> None:
    found = written_by_mediapipe("classifier", shared_file(FLOAT)).metadata
    (image,), (scores,) = found.inputs, found.outputs
    assert found.name == "ImageClassifier"
    assert (image.kind, image.color_space) == ("image", "RGB")
    assert image.mean == pytest.approx((123.675, 116.28, 103.53))
    assert image.std == pytest.approx((58.395, 57.12, 57.375))
    assert (scores.labels, scores.labels_by_locale) == (tuple(PLAIN), {"de": tuple(GERMAN)})
    kinds = (Sigmoid(0.5, 2.0, 0.25), None, Sigmoid(1.0, -3.0, 0.5, 0.125), None)
    assert scores.score_calibration == ScoreCalibration(
        sigmoids=tuple(kinds[index % 4] for index in range(1001)), transformation="inverse_logistic", default_score=0.25
    )
    assert (scores.kind, scores.score_threshold) == ("feature", None)


def test_classifier_with_a_score_threshold(
    written_by_mediapipe: Callable[..., ModelFile], shared_file: SharedFile
) -> None:
    found = written_by_mediapipe("thresholded", shared_file(FLOAT)).metadata
    (image,), (scores,) = found.inputs, found.outputs
    assert (found.name, found.description) == ("thresholded", "has a score threshold")
    assert (image.mean, image.std) == ((0.0,), (255.0,))
    assert (scores.score_threshold, scores.score_calibration) == (0.375, None)


def test_detector(written_by_mediapipe: Callable[..., ModelFile], shared_file: SharedFile) -> None:
    source = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
    found = written_by_mediapipe("detector", source, [f"thing {n}" for n in range(90)], ["Ding"] * 90).metadata
    assert [(one.name, one.kind, one.label_target) for one in found.outputs] == [
        ("location", "bounding_box", "axis"),
        ("category", "feature", "value"),
        ("score", "feature", "axis"),
        ("number of detections", "feature", "axis"),
    ]
    assert found.outputs[1].labels == tuple(f"thing {number}" for number in range(90))
    assert found.outputs[1].labels_by_locale == {"de": ("Ding",) * 90}
    assert (found.inputs[0].mean, found.inputs[0].std) == ((127.5,), (127.5,))


def test_detector_with_raw_boxes(written_by_mediapipe: Callable[..., ModelFile], tmp_path: Path) -> None:
    source = raw(scores_first=True).model.save(tmp_path / "raw.tflite")
    found = written_by_mediapipe("raw detector", source, list(LABELS), ["Ding"] * 3).metadata
    assert [(one.name, one.kind, one.labels) for one in found.outputs] == [
        ("score", "feature", LABELS),
        ("location", "bounding_box", ()),
    ]
    options = detector_options(found)
    assert options is not None
    assert options.scales == (20.0, 10.0, 2.5, 5.0)
    assert (options.exponential, options.logits) == (True, False)
    expected = [(1 - number / 25, number / 25, 0.25, number / 50) for number in range(1, 25)]
    assert [tuple(anchor) for anchor in options.anchors] == [pytest.approx(anchor) for anchor in expected]


@pytest.mark.parametrize("what", ["classifier", "thresholded"])
def test_what_mediapipe_wrote_survives_our_writing(
    what: str, written_by_mediapipe: Callable[..., ModelFile], shared_file: SharedFile
) -> None:
    model = written_by_mediapipe(what, shared_file(FLOAT))
    again = model.with_metadata(model.metadata)
    assert again.metadata == model.metadata
    # The calibration loses the line end behind its last line: MediaPipe's own classifier refuses a file that has it.
    assert again.files == {
        name: content.removesuffix(b"\n") if "calibration" in name else content for name, content in model.files.items()
    }


def classify(python: Path, picture: Path, folder: Path, *models: ModelFile) -> list[list[dict[str, Any]]]:
    paths = [model.save(folder / f"{number}.tflite") for number, model in enumerate(models)]
    run(python, "mediapipe_classify.py", picture, folder / "found.json", *paths)
    found: list[list[dict[str, Any]]] = json.loads((folder / "found.json").read_text())
    return found


def test_mediapipe_finds_in_our_file_what_it_finds_in_the_published_one(
    mediapipe_python: Path, shared_file: SharedFile, tmp_path: Path
) -> None:
    published = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))
    labels = published.metadata.outputs[0].labels
    ours = ModelFile.read(shared_file(FLOAT)).with_metadata(
        Metadata(
            name="ours",
            task="image-classification",
            inputs=(InputMetadata(kind="image", color_space="RGB", mean=(127.5,), std=(127.5,), resize="crop"),),
            outputs=(OutputMetadata(kind="feature", labels=labels, meaning="probabilities"),),
        )
    )
    picture = shared_file("images/cat_1080p.jpg")
    expected, found = classify(mediapipe_python, picture, tmp_path, published, ours)
    assert found == expected
    assert found[0]["name"] == labels[found[0]["index"]]


def test_mediapipe_takes_translations_threshold_and_calibration_from_our_file(
    mediapipe_python: Path, shared_file: SharedFile, tmp_path: Path
) -> None:
    model = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    (scores,) = model.metadata.outputs
    german = tuple(f"Klasse {number}" for number in range(1001))
    translated = dataclasses.replace(scores, labels_by_locale={"de": german})
    sigmoid = Sigmoid(0.75, 3.0, -1.0)
    calibrated = dataclasses.replace(translated, score_calibration=ScoreCalibration(sigmoids=(sigmoid,) * 1001))
    picture = shared_file("images/cat_1080p.jpg")
    plain, named, corrected = classify(
        mediapipe_python,
        picture,
        tmp_path,
        model,
        model.with_metadata(dataclasses.replace(model.metadata, outputs=(translated,))),
        model.with_metadata(dataclasses.replace(model.metadata, outputs=(calibrated,))),
    )
    assert [one["name"] for one in named] == [one["name"] for one in plain]
    assert [one["display"] for one in named] == [f"Klasse {one['index']}" for one in plain]
    assert [one["score"] for one in named] == [one["score"] for one in plain]
    for before, after in zip(plain, corrected, strict=True):
        expected = sigmoid.scale / (1 + math.exp(-(sigmoid.slope * before["score"] + sigmoid.offset)))
        assert after["score"] == pytest.approx(expected, abs=1e-5)


TEXTS = [
    "What a waste of my time.", "it's a film; it isn't good", "", "...", "Ein schöner Film – großartig", "中文 text",
    "word " * 300, "a\tb\nc  d_e", "'quoted' don't -- stop", "U.S.A. 1984",
]  # fmt: skip


def test_mediapipe_reads_our_tokenizer_and_gives_the_same_scores(
    mediapipe_python: Path, shared_file: SharedFile, tmp_path: Path
) -> None:
    """Of a published file, and of one that said nothing before it was described here."""
    bare = ModelFile.read(shared_file("models/movie_review.tflite"))
    said = Metadata(
        inputs=(InputMetadata(name="text"),),
        outputs=(OutputMetadata(name="scores", labels=("Negative", "Positive")),),
        tokenizer=RegexTokenizerOptions(
            delim_regex_pattern=r"[^\w\']+", vocabulary=shared_file("models/movie_review_vocab.txt").read_bytes()
        ),
    )
    models = [shared_file("models/nl_classifier_regex.tflite"), bare.with_metadata(said).save(tmp_path / "said.tflite")]
    (tmp_path / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")
    run(mediapipe_python, "mediapipe_texts.py", tmp_path / "texts.json", tmp_path / "scores.json", *models)
    for model, scores in zip(models, json.loads((tmp_path / "scores.json").read_text()), strict=True):
        with ew.load(model) as classify:
            for result, theirs_of_text in zip(classify(TEXTS), scores, strict=True):
                assert {one.label: one.score for one in result} == pytest.approx(theirs_of_text, abs=1e-6)
