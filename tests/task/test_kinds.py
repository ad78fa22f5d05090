"""How the kind of a file is found: who says it goes first, and two that fit are an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, implied_meaning
from edgewright.task import kinds, open_task, register_task
from edgewright.task.kinds import classification, detection

from ..exploring import examples
from ..model.builders import model as build
from ..model.builders import operator, raw, subgraph, tensor

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
    with pytest.raises(UsageError, match=r"classification has no option 'color'\. It has: labels, locale, meaning"):
        open_task(model, color="red")


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


# ----- which kinds are asked at all


def asked_in_vain(file: ModelFile) -> set[str]:
    """Kinds that recognize a file and are not asked whether they do."""
    possible = kinds._possible(file)
    recognizing = {kind.name for kind in kinds._kinds.built_in() if kind.recognize(file)}
    return set() if possible is None else recognizing - set(possible)


def test_every_kind_that_recognizes_a_published_file_is_asked(shared_file: Any) -> None:
    files = sorted(shared_file("models").glob("*.tflite"))
    assert len(files) > 20
    assert {path.name: found for path in files if (found := asked_in_vain(ModelFile.read(path)))} == {}


INPUT_SHAPES = [
    (1, 8, 8, 3), (1, 192, 192, 3), (1, 128, 128, 3), (1, 3, 64, 64), (1, 64, 64), (1, 4), (5360,), (1, 50, 3),
]  # fmt: skip
OUTPUT_SHAPES = [
    (1, 10), (10,), (1, 1, 1, 10), (1, 1), (1, 1, 17, 3), (1, 6, 56), (1, 896, 16), (1, 896, 1), (1, 2016, 18), (),
    (1, 2016, 1), (1, 2254, 12), (1, 2254, 1), (1, 63), (1, 1, 1, 63), (1, 195), (1, 1404), (1, 213), (1, 15),
    (1, 8, 8, 21), (1, 8, 8), (1, 8, 8, 1), (1, 84, 2100), (1, 2100, 85), (1, 300, 6), (1, 10, 4), (1, 9, 9, 17),
    (1, 9, 9, 34), (1, 9, 9, 64),
]  # fmt: skip
DTYPES = ["float32", "uint8", "int32"]


LAST = {"SOFTMAX": ("SoftmaxOptions", {"beta": 1.0}), "LOGISTIC": None, "L2_NORMALIZATION": ("L2NormOptions", {})}


def formed(takes: Sequence[tuple[tuple[int, ...], str]], gives: Sequence[tuple[int, ...]], last: str) -> ModelFile:
    """A file of these inputs and outputs; each output is made by `last` of what an unknown operator makes."""
    tensors = [tensor(*one) for one in takes]
    steps, outputs = [], []
    for shape in gives:
        tensors += [tensor(shape), tensor(shape)]
        before, made = len(tensors) - 2, len(tensors) - 1
        steps += [operator("unknown", [0], [before]), operator(last, [before], [made], LAST.get(last))]
        outputs.append(made)
    return ModelFile(raw(build(subgraph(tensors, steps, range(len(takes)), outputs))), "form.tflite")


@settings(max_examples=examples(300), deadline=None)
@given(
    takes=st.lists(st.tuples(st.sampled_from(INPUT_SHAPES), st.sampled_from(DTYPES)), min_size=1, max_size=2),
    gives=st.lists(st.sampled_from(OUTPUT_SHAPES), min_size=1, max_size=4),
    last=st.sampled_from([*LAST, "unknown"]),
    labeled=st.booleans(),
    kind=st.sampled_from([None, "image", "audio", "feature"]),
)
def test_every_kind_that_recognizes_a_form_is_asked(
    takes: list[tuple[tuple[int, ...], str]], gives: list[tuple[int, ...]], last: str, labeled: bool, kind: Any
) -> None:
    width = gives[0][-1] if gives[0] else 1
    output = OutputMetadata(labels=tuple(map(str, range(width))) if labeled else ())
    said = Metadata(
        inputs=(InputMetadata(kind=kind),) * len(takes), outputs=(output, *[OutputMetadata()] * (len(gives) - 1))
    )
    assert asked_in_vain(formed(takes, gives, last).with_metadata(said)) == set()


def test_a_model_of_pictures_without_an_output_is_of_no_other_kind() -> None:
    """Such is what only stores something, and what somebody cut in the wrong place."""
    add = operator("ADD", [0, 0], [1], ("AddOptions", {"fused_activation_function": 0}))
    picture = tensor([1, 8, 8, 3])
    file = ModelFile(raw(build(subgraph([picture, picture], [add], [0], []))), "silent.tflite")
    assert kinds.kind_of(file).name == "tensors"
