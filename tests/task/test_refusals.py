"""What a file is not, what it does not have, and what is given wrongly: one clear line, whatever the task is."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, EdgewrightError, InterpreterError, UsageError
from edgewright.model import Metadata, ModelFile, OutputMetadata
from edgewright.task import files_of, kinds, open_task, task_names
from edgewright.task.inputs import input_kind
from edgewright.task.inputs.tensors import TASKS
from edgewright.task.kinds import kind_of

from ..model.builders import model, operator, raw, subgraph, tensor

PUBLISHED = (
    "audio_527_without_metadata", "deeplabv3_mnv2_pascal_quant", "deeplabv3_mnv2_pascal_quant_edgetpu",
    "face_detection_short_range", "mobilenet_v1_0.25_128_quant", "mobilenet_v2_0.35_96_embedder",
    "movenet_single_pose_lightning_ptq", "movie_review", "nl_classifier_regex", "selfie_segmenter_landscape",
    "ssd_mobilenet_v1_coco_quant_metadata", "text_embedder_regex", "yamnet",
)  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_of_another_task_is_refused_in_one_line_or_answers_for_it(shared_file: Any, name: str) -> None:
    file = ModelFile.read(shared_file(f"models/{name}.tflite"))
    for said in filter(None, (refusal(file, task) for task in task_names())):
        assert said.startswith(f"{file.name}: ")
        assert "\n" not in said
        assert len(said) < 500


def refusal(file: ModelFile, task: str) -> str:
    """What is said where a file is opened for a task; nothing where it can be."""
    try:
        open_task(file, task=task).close()
    except EdgewrightError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("mobilenet_v1_0.25_128_quant", "detection", "this is no detector"),
        ("mobilenet_v1_0.25_128_quant", "series", r"a series has \[1, rows, columns\]"),
        ("mobilenet_v1_0.25_128_quant", "text-classification", "a model of texts takes the numbers of words"),
        ("ssd_mobilenet_v1_coco_quant_metadata", "classification", "a classifier has one input and one row of outputs"),
        ("ssd_mobilenet_v1_coco_quant_metadata", "pose", "poses come out as"),
        ("ssd_mobilenet_v1_coco_quant_metadata", "audio-classification", "none of its outputs .* a row of scores"),
        ("yamnet", "segmentation", "a segmenter takes one picture"),
        ("yamnet", "embedding", "picture"),
        ("movie_review", "faces", "a face detector has outputs"),
    ],
)
def test_it_is_said_what_that_task_needs(shared_file: Any, name: str, task: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_task(ModelFile.read(shared_file(f"models/{name}.tflite")), task=task)


LABELED = {
    "classification": "mobilenet_v1_0.25_128_quant",
    "audio-classification": "yamnet",
    "text-classification": "nl_classifier_regex",
    "segmentation": "deeplabv3_mnv2_pascal_quant",
    "detection": "ssd_mobilenet_v1_coco_quant_metadata",
}


@pytest.mark.parametrize("task", LABELED)
def test_labels_of_the_wrong_length_are_refused(shared_file: Any, task: str) -> None:
    file = ModelFile.read(shared_file(f"models/{LABELED[task]}.tflite"))
    with pytest.raises(UsageError, match=r"7 labels do not fit the model's [\d,]+"):
        open_task(file, task=task, labels=list("abcdefg"))


def unknown_operator(name: str) -> ModelFile:
    """A picture into an operator that no runtime here has."""
    picture, made = tensor([1, 8, 8, 3]), tensor([1, 5])
    table = model(subgraph([picture, made], [operator(name, [0], [1])], [0], [1]))
    return ModelFile(raw(table), "odd.tflite")


def test_an_operator_that_this_runtime_lacks_is_named() -> None:
    with pytest.raises(InterpreterError, match="does not know the custom operator mydecoderop") as caught:
        open_task(unknown_operator("mydecoderop"), task="tensors")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("odd.tflite: ")


def test_unknown_tasks_get_the_nearest_name_and_all_others() -> None:
    with pytest.raises(
        UsageError, match=r"there is no task 'detektion'\. Did you mean 'detection'\? Choose one of: .*seri"
    ):
        kind_of(unknown_operator("x"), "detektion")
    said = unknown_operator("x").with_metadata(Metadata(task="juggling", outputs=(OutputMetadata(),)))
    with pytest.raises(UsageError, match=r"its task is juggling, which is not supported\. Supported: .*tensors"):
        kind_of(said)


def test_which_tasks_take_what_is_written_down_once_more_and_right() -> None:
    """Kinds of inputs stand below kinds of tasks, so what arrays are not is told with a list of names."""
    plain = unknown_operator("x")
    ours = set(kinds._kinds._built_in)
    takes = {name: kind_of(plain, name).input for name in ours}
    plural = {name: input_kind(kind, plain).plural for name, kind in takes.items()}
    for what, names in TASKS.items():
        assert {plural[name] for name in names} == {what}
    assert sorted(name for names in TASKS.values() for name in names) == sorted(ours - {"tensors"})


EMPTY = {"picture": b"", "sound": b"", "series": b"", "text": ""}


@pytest.mark.parametrize(
    "name", ["mobilenet_v1_0.25_128_quant", "yamnet", "nl_classifier_regex", "face_detection_short_range"]
)
def test_an_empty_input_is_one_line_or_an_answer(shared_file: Any, name: str) -> None:
    """Of an empty text a model of texts says something; there is no empty picture or sound."""
    with open_task(ModelFile.read(shared_file(f"models/{name}.tflite"))) as task:
        if task.input.name == "text":
            assert task("").observations()
            return
        with pytest.raises(DataError) as caught:
            task(EMPTY[task.input.name])
    assert "\n" not in str(caught.value)


def test_no_inputs_are_no_answers(shared_file: Any) -> None:
    with open_task(ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))) as task:
        assert task([]) == []
        assert list(task.stream([])) == []
        assert list(task(iter([]))) == []


def test_what_cannot_be_drawn_says_so(shared_file: Any) -> None:
    with open_task(ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))) as task:
        result = task("a fine film")
    with pytest.raises(UsageError, match="there is nothing to draw for a text"):
        files_of(result, "a fine film")


@pytest.mark.parametrize("name", ["text_embedder_regex", "mobilenet_v2_0.35_96_embedder"])
def test_what_is_no_picture_is_kept_in_another_form(shared_file: Any, name: str) -> None:
    with open_task(ModelFile.read(shared_file(f"models/{name}.tflite"))) as task:
        source: Any = "a fine film" if task.input.name == "text" else np.zeros((96, 96, 3), np.uint8)
        kept = files_of(task(source), source)
    assert np.load(io.BytesIO(kept[".npy"])).ndim == 1
