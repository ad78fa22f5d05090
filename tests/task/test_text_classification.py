"""Classifying texts with real models, against the definition worked out here from the numbers in the files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile, OutputMetadata, RegexTokenizerOptions, ScoreCalibration, Sigmoid
from edgewright.task import kinds, open_task
from task.texts import bag_of_words

SharedFile = Callable[[str], Path]

TEXTS = (
    "What a waste of my time.",
    "This is the best movie I've seen in recent years. Strongly recommend it!",
    "it's a film; it isn't good",
    "",
    "...",
    "Ein schöner Film über Mäuse – großartig",
    "word " * 300,
)


def words_of(text: str) -> list[str]:
    """Runs of ASCII letters, digits, underscores and apostrophes, as the files' pattern has it."""
    return re.findall(r"[A-Za-z0-9_']+", text)


def defined(model: ModelFile, vocabulary: str, text: str) -> np.ndarray[Any, Any]:
    """Mean of the words' vectors, a dense layer with ReLU, another one, softmax: what the graph is, in NumPy."""
    ids = {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in vocabulary.rstrip().split("\n")}
    numbers = [ids["<START>"], *(ids.get(word, ids["<UNKNOWN>"]) for word in words_of(text))][:256]
    numbers += [ids["<PAD>"]] * (256 - len(numbers))
    table, *layers = constants(model)
    hidden = table[numbers].mean(axis=0)
    (weights, bias), (last, last_bias) = layers
    logits = np.maximum(hidden @ weights.T + bias, 0) @ last.T + last_bias
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def constants(model: ModelFile) -> list[Any]:
    def read(index: int) -> np.ndarray[Any, Any]:
        spec = model.main.tensors[index]
        return np.frombuffer(model.constant(spec), np.float32).reshape(spec.shape).astype(np.float64)

    gather = next(one for one in model.ops if one.name == "GATHER")
    dense = [one for one in model.ops if one.name == "FULLY_CONNECTED"]
    return [read(gather.inputs[0]), *((read(one.inputs[1]), read(one.inputs[2])) for one in dense)]


def test_a_file_that_says_all_gives_what_its_definition_gives(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))
    vocabulary = model.files["vocab.txt"].decode()
    with open_task(model) as classify:
        assert classify.kind == "text-classification"
        for text in TEXTS:
            result = classify(text)
            np.testing.assert_allclose(result.scores, defined(model, vocabulary, text), atol=1e-5)
            assert result.labels == ("Negative", "Positive")
            assert result.whole == (len(words_of(text)) < 256)


def test_a_file_that_says_nothing_takes_vocabulary_and_labels_beside_it(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/movie_review.tflite"))
    vocabulary = shared_file("models/movie_review_vocab.txt")
    with open_task(model, vocabulary=vocabulary, labels=shared_file("models/movie_review_labels.txt")) as classify:
        for text in TEXTS:
            result = classify(text)
            np.testing.assert_allclose(result.scores, defined(model, vocabulary.read_text(), text), atol=1e-5)
        assert classify("What a waste of my time.")[0].label == "Negative"


def test_a_file_without_words_asks_for_them(shared_file: SharedFile) -> None:
    with pytest.raises(UsageError, match=r"movie_review.tflite: nothing in the file says how a text becomes numbers\."):
        ew.load(shared_file("models/movie_review.tflite"))


def test_case_counts_unless_it_is_asked_not_to(shared_file: SharedFile) -> None:
    path = shared_file("models/nl_classifier_regex.tflite")
    with ew.load(path) as as_written, ew.load(path, lowercase=True) as lowered:
        assert not np.array_equal(as_written("GREAT Movie").scores, as_written("great movie").scores)
        np.testing.assert_array_equal(lowered("GREAT Movie").scores, as_written("great movie").scores)


def test_a_list_is_many_texts_and_a_string_one(shared_file: SharedFile) -> None:
    with ew.load(shared_file("models/nl_classifier_regex.tflite")) as classify:
        results = classify(list(TEXTS))
        assert [result.text for result in results] == list(TEXTS)
        assert [answer.result.text for answer in classify.stream(TEXTS, workers=2)] == list(TEXTS)
        assert next(classify(text for text in TEXTS)).text == TEXTS[0]


@pytest.mark.parametrize("what", [b"text", Path("file.txt"), 5, {"a": "b"}, None])
def test_what_is_no_text_is_refused(shared_file: SharedFile, what: Any) -> None:
    with (
        ew.load(shared_file("models/nl_classifier_regex.tflite")) as classify,
        pytest.raises(DataError, match="a text is a str, given"),
    ):
        classify(what)


def test_a_vocabulary_of_another_model_is_refused(shared_file: SharedFile, tmp_path: Path) -> None:
    """A number behind the table's end would read what lies there."""
    words = tmp_path / "words.txt"
    words.write_text("<PAD> 0\nfilm 10003\n")
    with pytest.raises(UsageError, match="numbers up to 10,003, and the model knows those up to 10,002"):
        ew.load(shared_file("models/movie_review.tflite"), vocabulary=words)


def test_what_a_text_result_says(shared_file: SharedFile) -> None:
    with ew.load(shared_file("models/nl_classifier_regex.tflite")) as classify:
        result, cut = classify("What a waste of my time."), classify("word " * 300)
    assert result.to_dict(1)["kind"] == "text-classification"
    assert [one["label"] for one in result.to_dict()["top"]] == ["Negative", "Positive"]
    assert result.to_dict()["whole"]
    assert not cut.to_dict()["whole"]
    assert result.table().note == ""
    assert "longer than what the model reads" in cut.table().note
    assert result.observations_of(["Positive"])[0].index == 1
    assert str(result).startswith("Negative 0.95")
    with pytest.raises(UsageError, match="nothing to draw for a text"):
        result.draw("photo.jpg")


def test_pixels_mean_nothing_to_a_text(shared_file: SharedFile) -> None:
    path = shared_file("models/nl_classifier_regex.tflite")
    with pytest.raises(UsageError, match="text-classification has no option 'normalization'"):
        ew.load(path, normalization=(127.5, 127.5))
    with pytest.raises(UsageError, match="input 'input_1' of shape"):
        ew.load(path, task="classification")


def test_a_picture_model_is_no_text_model(shared_file: SharedFile) -> None:
    with pytest.raises(UsageError, match="a model of texts takes the numbers of words; none of its inputs does"):
        ew.load(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), task="text-classification")


def test_a_pattern_that_never_ends_is_refused_before_any_text(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))
    words = model.metadata.tokenizer
    assert isinstance(words, RegexTokenizerOptions)
    evil = dataclasses.replace(words, delim_regex_pattern="(a+)+b")
    with pytest.raises(UsageError, match=r"the pattern between words '\(a\+\)\+b' is refused"):
        open_task(model.with_metadata(dataclasses.replace(model.metadata, tokenizer=evil)))


def test_labels_make_a_classifier_of_a_row_that_may_be_anything() -> None:
    """Logits of a file without labels look like an embedding."""
    model = bag_of_words(["good", "bad"])
    assert kinds.kind_of(model).name == "text-embedding"
    with open_task(model, labels=["Positive", "Negative"], meaning="logits") as classify:
        assert classify.kind == "text-classification"
        result = classify("bad bad good")
    assert [one.label for one in result] == ["Negative", "Positive"]
    assert result[0].score == pytest.approx(1 / (1 + np.exp(-1)))


@pytest.mark.parametrize(("dtype", "zero_point"), [("uint8", 0), ("int8", -128), ("int8", -10), ("uint8", 7)])
@pytest.mark.parametrize("scale", [1 / 256, 0.05])
def test_scores_of_whole_numbers_are_real_ones(dtype: str, zero_point: int, scale: float) -> None:
    model = bag_of_words(["good", "bad"], stored=(dtype, scale, zero_point))
    with open_task(model, labels=["Positive", "Negative"]) as classify:
        result = classify("bad bad good")
    limits = np.iinfo(dtype)
    stored = np.clip(np.rint(np.array([1.0, 2.0]) / scale) + zero_point, limits.min, limits.max)
    np.testing.assert_allclose(result.scores, (stored - zero_point) * scale, atol=1e-6)


def test_one_output_more_than_labels_is_the_background() -> None:
    with open_task(bag_of_words(["the", "good", "bad"]), labels=["Positive", "Negative"]) as classify:
        assert classify.labels == ("background", "Positive", "Negative")
        assert classify("bad bad good")[0].label == "Negative"
        assert "the first output is taken for the background class" in classify.notices[0]
    with pytest.raises(UsageError, match="5 labels do not fit the model's 3 outputs"):
        open_task(bag_of_words(["the", "good", "bad"]), labels=list("abcde"))


def test_threshold_and_calibration_of_the_file_count() -> None:
    model = bag_of_words(["good", "bad"])
    output = OutputMetadata(
        labels=("Positive", "Negative"),
        score_threshold=0.6,
        score_calibration=ScoreCalibration(sigmoids=(Sigmoid(1.0, 1.0, 0.0), None), default_score=0.25),
    )
    described = model.with_metadata(dataclasses.replace(model.metadata, outputs=(output,)))
    with open_task(described) as classify:
        result = classify("good good bad")
    np.testing.assert_allclose(result.scores, [1 / (1 + np.exp(-2)), 0.25], atol=1e-6)
    assert [one.label for one in result.top()] == ["Positive"]
