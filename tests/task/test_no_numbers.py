"""NaN, and infinity where it is no score, is an error of that input, whatever the task is; never an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import DataError
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, RegexTokenizerOptions
from edgewright.task import Chain, open_task

from ..model import builders
from . import detector_files, series_models, texts, yolo_files
from .constants import constant_model

PICTURE = np.full((48, 64, 3), 90, np.uint8)
SOUND = (np.zeros(3000, np.float32), 1000)
SERIES = np.arange(40, dtype=np.float32).reshape(-1, 2)
WORDS = RegexTokenizerOptions(delim_regex_pattern=r"\s+", vocabulary=b"<PAD> 0\nhello 1\n")


class Case(NamedTuple):
    """A model that says the same of every input, with `number` in its outputs; made when it is wanted."""

    model: Callable[[float], ModelFile]
    source: Any = PICTURE
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


def _of(shape: list[int], *outputs: tuple[int, ...], at: int = 0, of: str = "uint8") -> Callable[[float], ModelFile]:
    """Outputs of these shapes, all 0.5; the number is the first of the output `at`."""

    def make(number: float) -> ModelFile:
        arrays = [np.full(output, 0.5, np.float32) for output in outputs]
        arrays[at].reshape(-1)[0] = number
        return constant_model(shape, arrays, dtype=of)

    return make


def _finished(number: float) -> ModelFile:
    scores = np.array([[0.9, number]], np.float32)
    boxes = np.zeros((1, 2, 4), np.float32)
    arrays = [boxes, np.zeros((1, 2), np.float32), scores, np.array([2], np.float32)]
    return detector_files.described(detector_files.constants([(array, detector_files.FLOAT) for array in arrays]))


def _yolo(layout: yolo_files.Layout, *, prototypes: bool = False) -> Callable[[float], ModelFile]:
    def make(number: float) -> ModelFile:
        things = [yolo_files.Thing((10, 10, 40, 40), 0, 0.9)]
        arrays = yolo_files.arrays_of(layout, yolo_files.said_of(layout, things, (48, 64), 3), False)
        masks = np.ones((yolo_files.COEFFICIENTS, 80, 80), np.float32) if prototypes else None
        if masks is not None:
            masks[0, 0, 0] = number
        else:
            arrays[-1][1, 4 if len(arrays) == 1 else 0] = number
        return yolo_files.file_of(layout, arrays, prototypes=masks, labels=["ant", "bee", "cat"])

    return make


def _text(*outputs: tuple[int, ...]) -> Callable[[float], ModelFile]:
    made = _of([1, 8], *outputs, of="int32")
    return lambda number: texts.described(made(number), WORDS)


def _series(number: float) -> ModelFile:
    return series_models.described(constant_model([1, 4, 2], [np.float32([[0.5, number]])], dtype="float32"))


def _autoencoder(number: float) -> ModelFile:
    made = np.full((1, 8), 0.5, np.float32)
    made[0, 3] = number
    return series_models.described(constant_model([1, 8], [made], dtype="float32"))


def _log_scores(number: float) -> ModelFile:
    model = _of([1, 8, 8, 3], (1, 3))(number)
    return model.with_metadata(Metadata(outputs=(OutputMetadata(meaning="logits"),)))


SERIES_OPTIONS: dict[str, Any] = {"columns": ["a", "b"], "rate": 10, "normalization": (0, 1)}

SCORES = {
    "classification": Case(_of([1, 8, 8, 3], (1, 3)), options={"task": "classification"}),
    "logits": Case(_log_scores, options={"task": "classification"}),
    "embedding": Case(_of([1, 8, 8, 3], (1, 5)), options={"task": "embedding"}),
    "finished boxes": Case(_finished),
    "a grid of boxes": Case(_yolo(yolo_files.LAYOUTS[0])),
    "a grid with objectness": Case(_yolo(yolo_files.LAYOUTS[2])),
    "sorted boxes": Case(_yolo(yolo_files.LAYOUTS[3])),
    "scores beside boxes": Case(_yolo(yolo_files.LAYOUTS[4])),
    "masks of things": Case(_yolo(yolo_files.MASKS[0], prototypes=True)),
    "faces": Case(_of([1, 128, 128, 3], (1, 896, 16), (1, 896, 1), at=1), options={"task": "faces"}),
    "hands": Case(_of([1, 192, 192, 3], (1, 2016, 18), (1, 2016, 1), at=1), options={"task": "hands"}),
    "points of a body": Case(_of([1, 192, 192, 3], (1, 1, 17, 3)), options={"task": "pose"}),
    "points of several": Case(_of([1, 192, 192, 3], (1, 6, 56)), options={"task": "pose"}),
    "maps of points": Case(_of([1, 33, 33, 3], (1, 3, 3, 17), (1, 3, 3, 34), at=1), options={"task": "pose"}),
    "points of a hand": Case(_of([1, 224, 224, 3], (1, 63), (1, 1), (1, 1), (1, 63)), options={"task": "landmarks"}),
    "whether there is a hand": Case(
        _of([1, 224, 224, 3], (1, 63), (1, 1), (1, 1), (1, 63), at=1), options={"task": "landmarks"}
    ),
    "classes of pixels": Case(_of([1, 8, 8, 3], (1, 8, 8, 4)), options={"task": "segmentation"}),
    "a mask": Case(_of([1, 8, 8, 3], (1, 8, 8, 1)), options={"task": "segmentation"}),
    "a flat mask": Case(_of([1, 8, 8, 3], (1, 8, 8)), options={"task": "segmentation"}),
    "a sound": Case(
        _of([1, 1000], (1, 3), of="float32"), SOUND, {"task": "audio-classification", "rate": 1000, "hop": 1.0}
    ),
    "a series": Case(_series, SERIES, SERIES_OPTIONS),
    "an anomaly": Case(_autoencoder, SERIES, SERIES_OPTIONS),
    "a text": Case(_text((1, 3)), "hello", {"task": "text-classification"}),
    "a text as a vector": Case(_text((1, 5)), "hello", {"task": "text-embedding"}),
}


@pytest.mark.parametrize("number", [math.nan, math.inf])
@pytest.mark.parametrize("name", SCORES)
def test_whatever_the_task_is_no_number_is_no_answer(name: str, number: float) -> None:
    case = SCORES[name]
    with open_task(case.model(number), **case.options) as task, pytest.raises(DataError) as caught:
        task(case.source)
    said = "NaN" if math.isnan(number) else "infinity"
    assert str(caught.value).startswith(f"{case.source}: " if isinstance(case.source, str) else "the model returned")
    assert f"the model returned {said} (" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SCORES)
def test_the_same_models_answer_where_all_are_numbers(name: str) -> None:
    case = SCORES[name]
    with open_task(case.model(0.25), **case.options) as task:
        json.dumps(task(case.source).to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", ["classification", "a sound", "a series", "a text", "points of a body"])
def test_minus_infinity_is_no_score(name: str) -> None:
    case = SCORES[name]
    with open_task(case.model(-math.inf), **case.options) as task, pytest.raises(DataError, match="returned infinity"):
        task(case.source)


def test_minus_infinity_is_the_logarithm_of_a_score_of_0() -> None:
    with open_task(_log_scores(-math.inf), task="classification") as classify:
        found = classify(PICTURE)
    assert [observation.score for observation in found] == [0.5, 0.5, 0]
    nothing = constant_model([1, 8, 8, 3], [np.full((1, 3), -np.inf, np.float32)])
    with (
        open_task(nothing, task="classification", meaning="logits") as classify,
        pytest.raises(DataError, match="-infinity for every class"),
    ):
        classify(PICTURE)


def test_a_long_input_says_where_it_begins() -> None:
    case = SCORES["a sound"]
    with open_task(case.model(math.nan), **case.options) as hear, pytest.raises(DataError) as caught:
        hear(SOUND)
    assert str(caught.value) == "the model returned NaN (3 of 9 numbers, first from 0.00 to 1.00 s): that is no answer"


def test_boxes_that_are_not_shown_may_be_anything() -> None:
    layout = yolo_files.LAYOUTS[0]
    things = [yolo_files.Thing((10, 10, 40, 40), 0, 0.9)]
    arrays = yolo_files.arrays_of(layout, yolo_files.said_of(layout, things, (48, 64), 3), False)
    least = int(np.argmin(arrays[0][:, 4:].max(axis=1)))
    arrays[0][least, :4] = [math.nan, math.inf, -math.inf, math.nan]
    with open_task(yolo_files.file_of(layout, arrays, labels=["ant", "bee", "cat"])) as detect:
        assert [thing.label for thing in detect(PICTURE)] == ["ant"]


@pytest.mark.parametrize("size", [3, 10_000, 10_001])
@pytest.mark.parametrize("values", [1e30, -1e30, 3e38])
def test_large_numbers_are_numbers(size: int, values: float) -> None:
    row = np.full((1, size), values, np.float32)
    with open_task(constant_model([1, 8, 8, 3], [row]), task="classification") as classify:
        assert len(classify(PICTURE)) == size


# ----- some inputs and not others


def quotients() -> ModelFile:
    """A picture of one pixel; each color divided by itself: 1, and NaN where there is none of it."""
    pixel, row = builders.tensor([1, 1, 1, 3]), builders.tensor([1, 3])
    shape = builders.tensor([2], "int32", np.array([1, 3], "<i4").tobytes())
    operators = [
        builders.operator("DIV", [0, 0], [1], ("DivOptions", {"fused_activation_function": 0})),
        builders.operator("RESHAPE", [1, 2], [3]),
    ]
    tables = builders.model(builders.subgraph([pixel, pixel, shape, row], operators, [0], [3]))
    said = OutputMetadata(labels=("red", "green", "blue"), meaning="probabilities")
    model = ModelFile.read(builders.raw(tables)).with_metadata(
        Metadata(task="classification", inputs=(InputMetadata(mean=(0.0,), std=(1.0,)),), outputs=(said,))
    )
    return ModelFile(model.data, "quotients.tflite")


WHITE, RED = np.full((4, 4, 3), 255, np.uint8), np.full((4, 4, 3), [255, 0, 0], np.uint8)


@pytest.mark.parametrize("workers", [1, 2, None])
def test_it_is_an_error_of_that_input_and_the_others_go_on(workers: int | None) -> None:
    with open_task(quotients()) as classify:
        answers = list(classify.stream([WHITE, RED, WHITE, RED, RED, WHITE], workers=workers))
    assert [answer.ok for answer in answers] == [True, False, True, False, False, True]
    assert str(answers[1].error) == "the model returned NaN (2 of 3 numbers): that is no answer"


def test_the_second_of_a_chain_says_it_of_the_crop_and_the_first_of_the_picture() -> None:
    finder = detector_files.described(detector_files.finished())
    with Chain(open_task(finder), open_task(quotients())) as chain:
        links = chain(RED).links
    assert all("the model returned NaN" in link.error for link in links if link.then is None)
    assert any(link.error for link in links)
    with (
        Chain(open_task(_finished(math.nan)), open_task(quotients())) as chain,
        pytest.raises(DataError, match="the model returned NaN"),
    ):
        chain(WHITE)


def test_a_reply_is_not_found_with_a_vector_of_nan() -> None:
    with pytest.raises(DataError, match="the model returned NaN"):
        ew.SmartReply(SCORES["a text as a vector"].model(math.nan), [("hello", "Yes!")], task="text-embedding")


def test_plain_tensors_are_shown_as_they_are_and_say_how_many_are_none() -> None:
    model = constant_model([1, 2], [np.float32([[1, math.nan, -math.inf]]), np.float32([4])], dtype="float32")
    with open_task(model, task="tensors") as run:
        result = run(np.zeros((1, 2), np.float32))
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))["tensors"]
    first, second = plain.values()
    assert (first["values"], first["not_finite"]) == ([[1, None, None]], 2)
    assert "not_finite" not in second
    assert "has 2 of 3." in result.table().note
