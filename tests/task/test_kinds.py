"""How the kind of a file is found: who says it goes first, and two that fit are an error."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from edgewright.errors import UsageError
from edgewright.model import ModelFile, implied_meaning
from edgewright.task import kinds, open_task, register_task
from edgewright.task.kinds import classification, detection

CLASSIFIER = "models/mobilenet_v1_0.25_128_quant.tflite"


class Greedy:
    """A kind that takes everything, and answers as a classifier does."""

    name = "greedy"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        return "it takes anything"

    def decoder(self, model: ModelFile, options: Any) -> Any:
        return classification.KIND.decoder(model, options)


@pytest.fixture
def model(shared_file: Any) -> ModelFile:
    return ModelFile.read(shared_file(CLASSIFIER))


@pytest.fixture
def greedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind, registered for one test."""
    monkeypatch.setattr(kinds, "_kinds", type(kinds._kinds)("task", kinds.ENTRY_POINTS, dict(BUILT_IN)))
    kinds._kinds.register("greedy", Greedy())


BUILT_IN = {
    "classification": "edgewright.task.kinds.classification:KIND",
    "detection": "edgewright.task.kinds.detection:KIND",
}


@pytest.mark.usefixtures("greedy")
def test_two_kinds_that_fit_are_an_error_with_both(model: ModelFile) -> None:
    with pytest.raises(
        UsageError, match=r"it could be classification \(its output is one row of numbers with labels\); greedy"
    ):
        kinds.kind_of(model)
    assert kinds.kind_of(model, "greedy").name == "greedy"


@pytest.mark.usefixtures("greedy")
def test_what_the_file_says_goes_before_what_its_outputs_show(model: ModelFile) -> None:
    said = model.with_metadata(dataclasses.replace(model.metadata, task="greedy"))
    assert kinds.kind_of(said).name == "greedy"
    assert kinds.kind_of(said, "classification").name == "classification"


def test_each_kind_recognizes_its_own(shared_file: Any, model: ModelFile) -> None:
    detector = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    assert detection.KIND.recognize(detector) == "it ends in TFLite_Detection_PostProcess"
    assert classification.KIND.recognize(detector) is detection.KIND.recognize(model) is None


def test_a_name_is_taken_once() -> None:
    with pytest.raises(UsageError, match="the task 'detection' is registered already"):
        register_task("detection", Greedy())


def test_options_of_no_kind_are_refused(model: ModelFile) -> None:
    with pytest.raises(UsageError, match=r"classification has no option 'colour'\. It has: labels, locale, meaning"):
        open_task(model, colour="red")


def test_what_a_softmax_gives_has_one_meaning_for_all(model: ModelFile, shared_file: Any) -> None:
    """Behind a reshape, a squeeze or a change of type too: `convert` and `load` ask the same."""
    assert implied_meaning(model) == "probabilities"
    extractor = shared_file("models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite")
    assert implied_meaning(ModelFile.read(extractor)) is None


class Listener(Greedy):
    """A kind for inputs that nobody prepares."""

    name, input = "listener", "smell"


def test_a_kind_whose_input_nothing_prepares_is_one_line(monkeypatch: pytest.MonkeyPatch, model: ModelFile) -> None:
    monkeypatch.setattr(kinds, "_kinds", type(kinds._kinds)("task", kinds.ENTRY_POINTS, dict(BUILT_IN)))
    kinds._kinds.register("listener", Listener())
    with pytest.raises(UsageError, match=r"its task wants a 'smell', which nothing prepares\. There is: picture"):
        open_task(model, task="listener")
