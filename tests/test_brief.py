"""`repr` of what people look at in a terminal or a notebook: one line that says the most important, never a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.brief import LONGEST, brief, line_of
from edgewright.data import Dataset, open_dataset

PICTURE = np.full((128, 128, 3), 128, np.uint8)
SILENCE = (np.zeros(32_000, np.float32), 16_000)
PAIRS = [("hello", "hi"), ("bye", "goodbye"), ("how are you", "fine")]


def arrays() -> Dataset:
    return open_dataset((np.stack([PICTURE, 255 - PICTURE]), np.array([0, 1])))


class Files:
    """The published files that the values are made of."""

    def __init__(self, shared_file: Callable[[str], Path]) -> None:
        self._file = shared_file

    def task(self, name: str, **options: Any) -> Any:
        return ew.load(self.model(name), **options)

    def model(self, name: str) -> Path:
        return self._file(f"models/{name}.tflite")

    def picture(self, name: str) -> Path:
        return self._file(f"images/{name}")

    @property
    def macaw(self) -> Any:
        return self.task(CLASSIFIER)(self.picture("parrot.jpg"))

    @property
    def animals(self) -> Any:
        return self.task(DETECTOR)(self.picture("cats_and_dogs.jpg"))

    @property
    def crops(self) -> Any:
        return ew.chain(self.model(DETECTOR), self.model(CLASSIFIER))(self.picture("cats_and_dogs.jpg"))

    @property
    def agent(self) -> Any:
        return ew.Agent(self.model(CLASSIFIER), [], sinks=[print])

    def hopper(self, name: str) -> Any:
        return self.task(name)(self.picture("grace_hopper.bmp"))


NINE = "abcdefghi"
CLASSIFIER = "mobilenet_v1_0.25_128_quant"
DETECTOR = "ssd_mobilenet_v1_coco_quant_metadata"
SEGMENTER = "deeplabv3_mnv2_dm05_pascal_quant"
EMBEDDER = "mobilenet_v2_0.35_96_embedder"
FACES = "face_detection_short_range"
POSES = "movenet_single_pose_lightning_ptq"
TEXTS = "text_embedder_regex"

# What a line begins with, and how the value is made.
VALUES: dict[str, Callable[[Files], Any]] = {
    "Classification(1,001 classes: macaw 0.65; ": lambda files: files.macaw,
    "Observation(label='macaw', score=0.64": lambda files: files.macaw[0],
    "Task('…": lambda files: files.task(CLASSIFIER),
    "Detections(8 in 1200 x 600: cat 0.6": lambda files: files.animals,
    "Detection(label='cat', index=16, score=0.6": lambda files: files.animals[0],
    "Box(57.": lambda files: files.animals[0].box,
    "Faces(1 in 512 x 600: face 0.9": lambda files: files.hopper(FACES),
    "Face(score=0.9": lambda files: files.hopper(FACES)[0],
    "Poses(1 in 512 x 600: person 0.": lambda files: files.hopper(POSES),
    "Pose(label='person', index=0, score=": lambda files: files.hopper(POSES)[0],
    "Keypoints(17: nose, left_eye": lambda files: files.hopper(POSES)[0].keypoints,
    "Segmentation(512 x 341: class ": lambda files: files.task(SEGMENTER)(files.picture("cat.bmp")),
    "Embedding(1,280 numbers, norm ": lambda files: files.task(EMBEDDER)(files.picture("cat.bmp")),
    "TextClassification('a great film': Positive": lambda files: files.task("nl_classifier_regex")("a great film"),
    "SoundEvents(1 event in 4 windows: Silence ": lambda files: files.task("yamnet")(SILENCE),
    "Tensors(": lambda files: files.task(CLASSIFIER, task="tensors")(PICTURE[None]),
    "Replies(": lambda files: ew.SmartReply(files.model(TEXTS), PAIRS)("hello"),
    "SmartReply('": lambda files: ew.SmartReply(files.model(TEXTS), PAIRS),
    "Chain('…": lambda files: ew.chain(files.model(FACES), files.model(CLASSIFIER)),
    "Chained(8 of Detections(8 in 1200 x 600: cat": lambda files: files.crops,
    "Link(found=Observation(label='cat'": lambda files: files.crops[0],
    "ModelFile('…": lambda files: ew.ModelFile.read(files.model(CLASSIFIER)),
    "Interpreter('…": lambda files: ew.Interpreter(files.model(CLASSIFIER)),
    "Agent('mobilenet_v1_0.25_128_quant.tflite', iterator -> call:print, each result)": lambda files: files.agent,
    "Inspection(ModelFile('…": lambda files: ew.inspect(files.model(CLASSIFIER)),
    "Rewritten(ModelFile('…": lambda files: ew.rewrite(files.model(CLASSIFIER)),
    "CheckReport('…": lambda files: ew.check(files.model(CLASSIFIER), targets="gpu"),
    "Metadata(name='ImageClassifier', ": lambda files: ew.ModelFile.read(files.model(CLASSIFIER)).metadata,
    "InputMetadata(mean=(127.5,), std=(127.5,))": lambda files: ew.InputMetadata(mean=(127.5,), std=(127.5,)),
    "OutputMetadata(kind='feature', 9 labels)": lambda files: ew.OutputMetadata(kind="feature", labels=tuple(NINE)),
    "Dataset('arrays', 2 inputs of uint8 (128, 128, 3), 2 classes)": lambda files: arrays(),
    "Dataset('texts', 2 inputs, no labels)": lambda files: Dataset(["a", "b"], None, (), "texts", "here"),
    "Evaluation('…": lambda files: ew.evaluate(files.model(CLASSIFIER), arrays()),
    "Accuracy(0.0%, 0 of 2)": lambda files: ew.accuracy(files.model(CLASSIFIER), arrays()),
    "Answer(input=": lambda files: next(iter(files.task(CLASSIFIER).stream([PICTURE]))),
    "Crop(margin=0.3)": lambda files: ew.Crop(margin=0.3),
}  # fmt: skip


@pytest.mark.parametrize("begin", VALUES)
def test_it_is_one_line_that_says_the_most_important(begin, shared_file):
    line = repr(VALUES[begin](Files(shared_file)))
    assert line.startswith(begin)
    assert line.endswith(")")
    assert len(line) <= LONGEST
    assert line.isprintable()
    assert " object at 0x" not in line


@dataclass(frozen=True)
class Value:
    text: str = ""
    number: float = 0.5
    entries: tuple[Any, ...] = ()
    tables: dict[str, int] = field(default_factory=dict)
    hidden: int = field(default=0, repr=False)

    __repr__ = brief


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (Value(), "Value()"),
        (Value("a"), "Value(text='a')"),
        (Value(number=1 / 3), "Value(number=0.3333)"),
        (Value(number=0.5), "Value()"),
        (Value(entries=(1, 2.0, "x")), "Value(entries=(1, 2, 'x'))"),
        (Value(entries=(1,)), "Value(entries=(1,))"),
        (Value(entries=(0,) * 5000), "Value(5,000 entries)"),
        (Value(entries=(Value(),)), "Value(1 entry)"),
        (Value(tables={"a": 1, "b": 2}), "Value(2 tables)"),
        (Value(hidden=3), "Value()"),
        (Value("two\nlines \x1b[31m"), r"Value(text='two\nlines \x1b[31m')"),
        (Value(f"{'/a' * 99}/model.tflite"), f"Value(text='…{'/a' * 17}/model.tflite')"),
    ],
)
def test_fields_that_say_something(value, line):
    assert repr(value) == line


def test_what_is_too_much_is_taken_off_the_end():
    line = line_of(Value(), "word " * 99, "more")
    assert (len(line), line[-2:]) == (LONGEST, "…)")


def test_signs_that_steer_a_terminal_are_written_out():
    assert line_of(Value(), "\x1b[2J\n\u202e") == r"Value(\x1b[2J\n\u202e)"
