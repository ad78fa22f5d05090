"""Classifying real photographs with real models."""

from __future__ import annotations

import dataclasses
import io
import itertools

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile
from edgewright.task import open_task

PHOTOS = {
    "parrot.jpg": "macaw",
    "cat.bmp": "Egyptian cat",
    "grace_hopper.bmp": "military uniform",
    "sunflower.bmp": "daisy",  # ImageNet has no sunflower
}


@pytest.fixture
def model(shared_file) -> ModelFile:
    return ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))


@pytest.mark.parametrize(("photo", "label"), PHOTOS.items())
def test_the_file_says_all_that_is_needed(shared_file, model: ModelFile, photo: str, label: str):
    with open_task(model) as classify:
        result = classify(shared_file(f"images/{photo}"))
    assert result[0].label == label
    assert len(result) == 1001
    assert all(0 <= one.score <= 1 for one in result)
    assert [one.score for one in result] == sorted((one.score for one in result), reverse=True)


def test_a_float_file_without_metadata_asks_and_then_agrees(shared_file):
    bare = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    described = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))
    photo = shared_file("images/parrot.jpg")
    with pytest.raises(UsageError, match=r"mobilenet_v1_0.25_224_float.tflite: nothing in the file says how pixels"):
        open_task(bare)
    told = {"normalization": "minus_one_to_one", "labels": shared_file("models/imagenet_labels.txt")}
    with open_task(bare, **told) as first, open_task(described) as second:
        np.testing.assert_array_equal(first(photo).scores, second(photo).scores)
        assert first(photo)[0].label == second(photo)[0].label == "macaw"


def test_a_thousand_labels_get_the_background_in_front_with_a_notice(shared_file, model: ModelFile, tmp_path):
    labels = shared_file("models/imagenet_labels.txt").read_text().splitlines()[1:]
    with open_task(model, labels=labels) as classify:
        assert classify.notices == (
            "1,000 labels for 1,001 outputs: the first output is taken for the background class",
        )
        assert classify(shared_file("images/parrot.jpg"))[0].label == "macaw"
    with pytest.raises(UsageError, match="999 labels do not fit the model's 1,001 outputs"):
        open_task(model, labels=labels[:-1])


def test_every_kind_of_source_gives_the_same(shared_file, model: ModelFile):
    path = shared_file("images/cat.bmp")
    sources = [
        path,
        str(path),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        Image.open(path),
        np.asarray(Image.open(path)),
    ]
    with open_task(model) as classify:
        scores = [classify(source).scores for source in sources]
    for other in scores[1:]:
        np.testing.assert_array_equal(other, scores[0])


def test_lists_iterators_and_batches(shared_file, model: ModelFile):
    photos = [shared_file(f"images/{name}") for name in PHOTOS]
    with open_task(model) as classify:
        assert [result[0].label for result in classify(photos)] == list(PHOTOS.values())
        lazy = classify(iter([photos[0], "missing.jpg"]))
        assert next(lazy)[0].label == "macaw"
        with pytest.raises(DataError, match=r"missing\.jpg"):
            next(lazy)
        endless = classify(photo for photo in itertools.repeat(photos[1]))
        assert [result[0].label for result in itertools.islice(endless, 2)] == ["Egyptian cat"] * 2
        assert len(classify(np.zeros((2, 30, 40, 3), np.uint8))) == 2


def test_logits_become_probabilities_only_where_it_is_said(shared_file, model: ModelFile):
    photo = shared_file("images/parrot.jpg")
    said = dataclasses.replace(model.metadata.outputs[0], meaning="logits")
    marked = model.with_metadata(dataclasses.replace(model.metadata, outputs=(said,)))
    with open_task(model) as raw, open_task(model, meaning="logits") as told, open_task(marked) as by_file:
        plain = raw(photo)
        expected = np.exp(plain.scores) / np.exp(plain.scores).sum()
        np.testing.assert_allclose(told(photo).scores, expected, rtol=1e-5)
        np.testing.assert_array_equal(by_file(photo).scores, told(photo).scores)
        assert told(photo).meaning == "probabilities"


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("models/mobilenet_v2_1.0_224_quant.tflite", "probabilities"),  # ends in a softmax
        ("models/mobilenet_v1_0.25_224_float_metadata.tflite", "probabilities"),  # a reshape behind it
    ],
)
def test_what_a_softmax_gives_is_called_probabilities(shared_file, name: str, meaning: str):
    with open_task(ModelFile.read(shared_file(name))) as classify:
        assert classify(shared_file("images/parrot.jpg")).meaning == meaning


def test_a_threshold_in_the_file_hides_what_is_below(shared_file, model: ModelFile):
    said = dataclasses.replace(model.metadata.outputs[0], score_threshold=0.5)
    strict = model.with_metadata(dataclasses.replace(model.metadata, outputs=(said,)))
    with open_task(strict) as classify:
        result = classify(shared_file("images/parrot.jpg"))
    assert [one.label for one in result.top(10)] == ["macaw"]
    assert len(result) == 1001


def test_results_as_plain_values_and_in_a_notebook(shared_file, model: ModelFile):
    with open_task(model) as classify:
        result = classify(shared_file("images/parrot.jpg"))
    assert result.to_dict(2)["top"][0] == {"label": "macaw", "score": result[0].score, "index": 89}
    assert [one.label for one in result.top(3)] == [one.label for one in result[:3]]
    assert "<td" in result._repr_html_()
    assert "macaw" in str(result)
    with pytest.raises(UsageError, match="at least 1"):
        result.top(0)


def test_the_drawn_picture_keeps_the_photograph_and_adds_a_panel(shared_file, model: ModelFile):
    path = shared_file("images/parrot.jpg")
    with open_task(model) as classify:
        drawn = classify(path).draw(path)
    photo = Image.open(path).convert("RGB")
    assert drawn.mode == "RGB"
    assert drawn.width == photo.width
    assert drawn.height > photo.height
    np.testing.assert_array_equal(np.asarray(drawn)[: photo.height], np.asarray(photo))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("movenet_single_pose_lightning_ptq", "a classifier has one input and one row of outputs"),
        ("yamnet", "no picture of 1 or 3 channels"),
    ],
)
def test_other_models_are_no_classifiers(shared_file, name: str, words: str):
    with pytest.raises(UsageError, match=words):
        open_task(ModelFile.read(shared_file(f"models/{name}.tflite")), task="classification")


def test_unknown_tasks_list_the_known_ones(model: ModelFile):
    with pytest.raises(UsageError, match=r"no task 'knitting'\. Choose one of: .*classification, detection"):
        open_task(model, task="knitting")


def test_a_classifier_says_what_it_is(model: ModelFile):
    with open_task(model) as classify:
        assert repr(classify).endswith("classification, 1,001 labels)")


def test_a_policy_of_the_caller_replaces_the_files_crop(shared_file, model: ModelFile):
    said = dataclasses.replace(model.metadata.inputs[0], resize="crop", crop_fraction=0.875)
    cropping = model.with_metadata(dataclasses.replace(model.metadata, inputs=(said,)))
    photo = shared_file("images/cats_and_dogs.jpg")
    with open_task(model) as plain, open_task(cropping, resize="stretch") as stretched, open_task(cropping) as cropped:
        np.testing.assert_array_equal(stretched(photo).scores, plain(photo).scores)
        assert not np.array_equal(cropped(photo).scores, plain(photo).scores)
