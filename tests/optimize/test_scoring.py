"""What an answer is worth: targets in the numbering of the model, and labels that mean something else found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.model import Metadata, ModelFile, OutputMetadata
from edgewright.optimize.scoring import Matched, check_plausible, match_targets, scoring_for

from .networks import dense


def classifier(*labels: str, width: int = 4) -> ModelFile:
    model = dense([(np.ones((width, 3), np.float32), np.zeros(width, np.float32))])
    return model.with_metadata(Metadata(outputs=(OutputMetadata(labels=labels),)))


def samples(*classes: str, y: list[int] | None = None) -> Dataset:
    labels = np.array(y or range(len(classes)), np.int64)
    return Dataset(np.zeros((len(labels), 3)), labels, classes, "photos", "photos")


def match(model: ModelFile, data: Dataset) -> Matched:
    return match_targets(model, data, scoring_for(model, data, None, None))


def matched(model: ModelFile, data: Dataset) -> list[int]:
    targets = match(model, data).targets
    assert isinstance(targets, np.ndarray)
    return targets.tolist()


def counted(labels: np.ndarray, answers: Iterable[int]) -> Counter[tuple[int, int]]:
    return Counter(zip(labels.tolist(), map(int, answers), strict=True))


def test_classes_are_found_by_name_in_any_order():
    model = classifier("cat", "dog", "owl", "eel")
    assert matched(model, samples("eel", "cat", "owl")) == [3, 0, 2]


def test_names_of_folders_are_found_without_case_and_punctuation():
    model = classifier("T-shirt/top", "Ankle boot", "Дом", "Баня")
    assert matched(model, samples("ankle_boot", "t-shirt_top", "дом")) == [1, 0, 2]


def test_numbers_are_output_indices():
    assert matched(classifier("cat", "dog", "owl", "eel"), samples("0", "1", "2", "3", y=[3, 1])) == [3, 1]
    assert matched(classifier(), samples("0", "1", y=[1, 0, 1])) == [1, 0, 1]


def test_numbers_for_a_model_with_names_are_said():
    found = match(classifier("cat", "dog", "owl", "eel"), samples("0", "1", "2", "3", y=[3, 1]))
    assert found.notices == ("The classes are numbers, taken for places in the model's output: 1 is 'dog'.",)
    assert match(classifier(), samples("0", "1", y=[1, 0, 1])).notices == ()


def test_a_model_without_names_takes_the_order_of_the_data_and_says_so():
    result = match(classifier(), samples("a", "b", "c", "d"))
    assert result.targets.tolist() == [0, 1, 2, 3]
    assert result.notices == ("The model has no labels: its outputs were taken for a, b, c, d, in this order.",)


@pytest.mark.parametrize(
    ("model", "data", "says"),
    [
        (
            classifier("cat", "dog", "owl", "eel"),
            samples("cat", "cow", "emu"),
            "class 'cow' and 1 more is none of the 4",
        ),
        (classifier("crane", "dog", "crane", "eel"), samples("crane", "dog"), "class 'crane' is none of the 4 labels"),
        (classifier("a b", "dog", "owl", "eel"), samples("a-b", "a_b"), "class 'a_b' is none of"),
        (classifier(), samples("a", "b"), "2 classes for the 4 outputs"),
        (classifier(), samples(*map(str, range(9))), "label 8, but .* has the outputs 0 to 3"),
    ],
)
def test_what_does_not_fit_is_refused(model: ModelFile, data: Dataset, says: str):
    with pytest.raises(DataError, match=f"photos: {says}"):
        match(model, data)


def test_one_number_is_no_classifier():
    with pytest.raises(UsageError, match="the file does not say what it is for"):
        match(classifier(width=1), samples("a", "b"))
    said = classifier(width=1).with_metadata(Metadata(task="classification"))
    with pytest.raises(UsageError, match="a classifier has one input and one row of outputs"):
        match(said, samples("a", "b"))


def test_shuffled_labels_are_found_out():
    random = np.random.RandomState(1)
    labels = np.repeat(np.arange(10), 35)
    with pytest.raises(
        DataError, match=r"photos: the float model is right on \d+ of 350 samples, no better than guess"
    ):
        check_plausible(counted(labels, (labels + 1) % 10), "photos")
    with pytest.raises(DataError, match="no better than guessing"):
        check_plausible(counted(labels, np.zeros(350)), "photos")
    answers = np.where(random.random_sample(350) < 0.3, labels, random.randint(0, 10, 350))
    check_plausible(counted(labels, answers), "photos")


def test_a_few_samples_prove_nothing_against_labels():
    check_plausible(counted(np.array([0, 1, 0, 1]), [0, 1, 0, 0]), "photos")
