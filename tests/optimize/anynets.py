"""Float networks of every task with constructed weights, so that their answers are right by construction, and data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import BoxesTarget, Dataset, EventsTarget, MaskTarget
from edgewright.model import (
    BoxLayout,
    InputMetadata,
    Metadata,
    ModelFile,
    OutputMetadata,
    RegexTokenizerOptions,
)

from ..model.builders import model, operator, raw, subgraph, tensor
from ..task.detector_files import flexbuffer

Array = npt.NDArray[Any]

RATE, WINDOW = 50, 20
WORDS = ("good", "fine", "nice", "bad", "poor", "sad", "the", "a", "film", "was", "very", "and")
_SHADES = InputMetadata(kind="image", mean=(0.0,), std=(255.0,))


class Graph:
    """A graph that is built from its inputs on, tensor by tensor."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self.operators: list[Any] = []
        self.inputs: list[int] = []

    def input(self, shape: Sequence[int], dtype: str = "float32", name: str = "input") -> int:
        self.inputs.append(self._add({**tensor(shape, dtype), "name": name}))
        return self.inputs[-1]

    def constant(self, values: Any, dtype: str = "float32") -> int:
        array = np.ascontiguousarray(values, np.dtype(dtype))
        return self._add({**tensor(array.shape, dtype, array.tobytes()), "name": f"constant{len(self.tensors)}"})

    def add(self, name: str, inputs: Sequence[int], shape: Sequence[int], kind: str = "", **options: Any) -> int:
        out = self._add({**tensor(shape), "name": f"{name.lower()}{len(self.tensors)}"})
        self.operators.append(operator(name, inputs, [out], (kind, options) if kind else None))
        return out

    def convolution(self, x: int, weights: Array, bias: Array, shape: Sequence[int], stride: int = 1) -> int:
        """`weights` (out, height, width, in), with RELU behind."""
        options = {"stride_w": stride, "stride_h": stride, "padding": 1, "fused_activation_function": 1}
        options |= {"dilation_w_factor": 1, "dilation_h_factor": 1}
        return self.add("CONV_2D", [x, self.constant(weights), self.constant(bias)], shape, "Conv2DOptions", **options)

    def dense(self, x: int, weights: Array, bias: Array) -> int:
        inputs = [x, self.constant(weights), self.constant(bias)]
        return self.add("FULLY_CONNECTED", inputs, [1, len(bias)], "FullyConnectedOptions")

    def plain(self, shape: Sequence[int]) -> int:
        return self._add({**tensor(shape), "name": f"out{len(self.tensors)}"})

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        return self.add("RESHAPE", [x, self.constant(shape, "int32")], shape)

    def concatenation(self, parts: Sequence[int], shape: Sequence[int], axis: int) -> int:
        return self.add("CONCATENATION", parts, shape, "ConcatenationOptions", axis=axis)

    def file(self, outputs: Sequence[int], described: Metadata, name: str) -> ModelFile:
        read = ModelFile.read(raw(model(subgraph(self.tensors, self.operators, self.inputs, outputs))))
        return ModelFile.build(read.edit(), {}, name).with_metadata(described)

    def _add(self, one: Any) -> int:
        self.tensors.append(one)
        return len(self.tensors) - 1


# ----- series and sounds


def series_model() -> ModelFile:
    """It tells three kinds of moving apart by the mean of each column over a window."""
    weights = np.kron(np.ones((1, WINDOW)) / WINDOW, np.eye(3)).astype(np.float32) * 6
    graph = Graph()
    made = graph.dense(graph.input([1, WINDOW, 3]), weights, np.zeros(3, np.float32))
    scores = graph.add("SOFTMAX", [made], [1, 3], "SoftmaxOptions", beta=1.0)
    said = InputMetadata(columns=("x", "y", "z"), rate=RATE, mean=(1.0,), std=(2.0,))
    labels = OutputMetadata(labels=("left", "right", "up"))
    return graph.file([scores], Metadata(task="series", inputs=(said,), outputs=(labels,)), "moving.tflite")


def series_data(count: int = 90, seed: int = 0) -> Dataset:
    """Series of 40 to 99 rows, each moving in one way from its start to its end."""
    random = np.random.default_rng(seed)
    classes = np.arange(count) % 3
    lengths = random.integers(40, 100, count)
    series, targets = [], []
    for index, length in zip(classes.tolist(), lengths.tolist(), strict=True):
        rows = random.normal(1, 0.3, (length, 3)) + 2.5 * np.eye(3)[index]
        series.append(rows.astype(np.float32))
        targets.append(EventsTarget(np.array([[0, length / RATE]]), np.array([index])))
    return Dataset(tuple(series), targets, ("left", "right", "up"), "moving", "made")


def series_classes(count: int = 90) -> Dataset:
    """The same series, each of one class as a whole."""
    series = series_data(count)
    return Dataset(series.inputs, np.arange(count) % 3, series.classes, "moving", "made")


def sound_model() -> ModelFile:
    """It tells a low from a high tone, in windows of 160 samples."""
    time = np.arange(160) / 1600
    tones = [part(2 * np.pi * tone * time) for tone in (100, 400) for part in (np.sin, np.cos)]
    graph = Graph()
    phases = graph.dense(graph.input([1, 160]), np.float32(tones) / 20, np.zeros(4, np.float32))
    power = graph.add("MUL", [phases, phases], [1, 4], "MulOptions")
    made = graph.dense(power, np.float32([[1, 1, -1, -1], [-1, -1, 1, 1]]) / 4, np.zeros(2, np.float32))
    scores = graph.add("SOFTMAX", [made], [1, 2], "SoftmaxOptions", beta=1.0)
    said = InputMetadata(kind="audio", sample_rate=1600, channels=1)
    labels = OutputMetadata(labels=("low", "high"), score_threshold=0.5)
    return graph.file([scores], Metadata(task="audio-classification", inputs=(said,), outputs=(labels,)), "tone.tflite")


def sound_data(count: int = 80) -> Dataset:
    """Tones of 0.2 to 0.6 seconds, with the samples' rate."""
    random = np.random.default_rng(0)
    sounds = []
    for number in range(count):
        time = np.arange(random.integers(320, 960)) / 1600
        tone = np.sin(2 * np.pi * (100, 400)[number % 2] * time + random.uniform(0, 6))
        sounds.append(((0.9 * tone + random.normal(0, 0.05, len(time))).astype(np.float32), 1600))
    return Dataset(tuple(sounds), np.arange(count) % 2, ("low", "high"), "tones", "made")


# ----- texts and tensors


def text_model(length: int = 8) -> ModelFile:
    """Two inputs, numbers of words and a mask: it adds up how good each word is."""
    worth = np.zeros((len(WORDS) + 2, 4), np.float32)
    worth[2:5, 0] = worth[5:8, 1] = 1.0
    worth[8:, 2:] = np.random.default_rng(0).normal(0, 0.3, (len(WORDS) - 6, 2))
    graph = Graph()
    ids, mask = graph.input([1, length], "int32", "ids"), graph.input([1, length], "int32", "mask")
    looked = graph.add("GATHER", [graph.constant(worth), ids], [1, length, 4], "GatherOptions", axis=0)
    column = graph.reshape(graph.add("CAST", [mask], [1, length]), [1, length, 1])
    masked = graph.add("MUL", [looked, column], [1, length, 4], "MulOptions")
    total = graph.add("SUM", [masked, graph.constant([1], "int32")], [1, 4], "ReducerOptions")
    made = graph.dense(total, np.float32([[2, -2, 0.1, 0], [-2, 2, 0, 0.1]]), np.zeros(2, np.float32))
    scores = graph.add("SOFTMAX", [made], [1, 2], "SoftmaxOptions", beta=1.0)
    vocabulary = "".join(f"{word} {place}\n" for place, word in enumerate(["<PAD>", "<UNKNOWN>", *WORDS]))
    described = Metadata(
        task="text-classification",
        inputs=(InputMetadata(name="ids"), InputMetadata(name="mask")),
        outputs=(OutputMetadata(labels=("likes", "hates"), meaning="probabilities"),),
        tokenizer=RegexTokenizerOptions(delim_regex_pattern=r"\s+", vocabulary=vocabulary.encode()),
    )
    return graph.file([scores], described, "opinion.tflite")


def text_data(count: int = 120) -> Dataset:
    """Sentences with one or two words that say what is thought of it."""
    random = np.random.default_rng(0)
    texts = []
    for number in range(count):
        telling = random.choice(WORDS[:3] if number % 2 else WORDS[3:6])
        words = [*random.choice(WORDS[6:], random.integers(2, 6)), telling]
        texts.append(" ".join(random.permutation(words)))
    return Dataset(tuple(texts), 1 - np.arange(count) % 2, ("likes", "hates"), "opinions", "made")


def tensors_model() -> ModelFile:
    """Two real inputs and one of whole numbers; a large output and a small one."""
    random = np.random.default_rng(0)
    graph = Graph()
    first, second = graph.input([1, 12], name="a"), graph.input([1, 6], name="b")
    number = graph.input([1, 1], "int32", "n")
    hidden = graph.dense(first, random.normal(0, 0.4, (16, 12)), np.zeros(16, np.float32))
    other = graph.dense(second, random.normal(0, 0.4, (16, 6)), np.zeros(16, np.float32))
    table = graph.constant(random.normal(0, 0.3, (4, 16)))
    shift = graph.reshape(graph.add("GATHER", [table, number], [1, 1, 16], "GatherOptions"), [1, 16])
    both = graph.add("ADD", [hidden, other], [1, 16], "AddOptions")
    both = graph.add("ADD", [both, shift], [1, 16], "AddOptions")
    large = graph.dense(both, random.normal(0, 60, (40, 16)), np.zeros(40, np.float32))
    small = graph.dense(both, random.normal(0, 0.002, (20, 16)), np.zeros(20, np.float32))
    return graph.file([large, small], Metadata(task="tensors"), "two.tflite")


def tensors_data(count: int = 80) -> Dataset:
    random = np.random.default_rng(1)
    items = [
        {"a": random.normal(size=(1, 12)).astype(np.float32), "b": random.normal(size=(1, 6)).astype(np.float32),
         "n": random.integers(0, 4, (1, 1)).astype(np.int32)}
        for _ in range(count)
    ]  # fmt: skip
    return Dataset(tuple(items), None, (), "pairs", "made")


# ----- pictures


def segmenter() -> ModelFile:
    """The class of each pixel is its strongest color."""
    weights = (np.eye(3) - 0.5 * (1 - np.eye(3))).astype(np.float32)[:, None, None, :] * 5
    graph = Graph()
    scores = graph.convolution(graph.input([1, 16, 24, 3]), weights, np.full(3, 0.2, np.float32), [1, 16, 24, 3])
    labels = OutputMetadata(labels=("red", "green", "blue"), label_target="axis")
    return graph.file([scores], Metadata(task="segmentation", inputs=(_SHADES,), outputs=(labels,)), "colors.tflite")


def segments(count: int = 80) -> Dataset:
    """Pictures of 4 x 6 patches, each of one color that is more or less strong."""
    random = np.random.default_rng(0)
    pictures, masks = [], []
    for _ in range(count):
        classes = np.kron(random.integers(0, 3, (4, 6)), np.ones((4, 4), int))
        strength = np.kron(random.uniform(20, 120, (4, 6)), np.ones((4, 4)))[..., None]
        pictures.append((random.integers(60, 90, (16, 24, 3)) + strength * np.eye(3)[classes]).astype(np.uint8))
        masks.append(MaskTarget(classes.astype(np.uint8)))
    return Dataset(tuple(pictures), masks, ("red", "green", "blue"), "patches", "made")


def embedder() -> ModelFile:
    """16 numbers of a picture."""
    random = np.random.default_rng(0)
    graph = Graph()
    seen = graph.convolution(
        graph.input([1, 16, 24, 3]), random.normal(0, 0.5, (16, 4, 4, 3)), random.normal(0, 0.1, 16), [1, 4, 6, 16], 4
    )
    mean = graph.add("MEAN", [seen, graph.constant([1, 2], "int32")], [1, 16], "ReducerOptions")
    vector = graph.dense(mean, random.normal(0, 0.5, (16, 16)), np.zeros(16, np.float32))
    return graph.file([vector], Metadata(task="embedding", inputs=(_SHADES,)), "vector.tflite")


SIZE = (32, 320)
_STRIDES = (8, 16, 32)
SQUARES = ("red", "green")


def detector(*, split: bool = False, shown: float = 0.6) -> ModelFile:
    """A YOLO of pictures of 32 x 320: it finds squares of 8 x 8 pixels in its finest grid, by their color.

    Boxes are in pixels, and a score is `shown` times how strong the color is: beside numbers up to 320, in one output,
    nothing is left of it in eight bits. `split`: boxes and scores are outputs of their own.
    """
    height, width = SIZE
    graph = Graph()
    picture = graph.input([1, height, width, 3])
    scores, sides = [], []
    for stride in _STRIDES:
        rows, columns = height // stride, width // stride
        color = np.float32([[1, -0.5, -0.5], [-0.5, 1, -0.5]])[:, None, None, :]
        weights = np.broadcast_to(color, (2, stride, stride, 3)) * np.float32(shown / stride**2)
        weights, bias = weights * (1.0 if stride == 8 else 0.2), np.zeros(2, np.float32)
        seen = graph.convolution(picture, weights, bias, [1, rows, columns, 2], stride)
        scores.append(graph.reshape(seen, [1, rows * columns, 2]))
        y, x = np.mgrid[:rows, :columns] * stride + stride / 2
        sides.append(np.stack([x, y, np.full_like(x, stride), np.full_like(x, stride)], -1).reshape(-1, 4))
    boxes = sum(map(len, sides))
    classes = graph.concatenation(scores, [1, boxes, 2], 1)
    # What is nearly nothing of the picture goes into the boxes, which otherwise were constants.
    faint = graph.add("MUL", [classes, graph.constant([1e-3])], [1, boxes, 2], "MulOptions")
    twice = graph.concatenation([faint, faint], [1, boxes, 4], 2)
    placed = graph.add("ADD", [twice, graph.constant(np.concatenate(sides)[None])], [1, boxes, 4], "AddOptions")
    turned = [
        graph.add("TRANSPOSE", [part, graph.constant([0, 2, 1], "int32")], [1, numbers, boxes])
        for part, numbers in ((placed, 4), (classes, 2))
    ]
    layout = BoxLayout(type="center", pixels=True)
    first = OutputMetadata(kind="bounding_box", boxes=layout, labels=SQUARES, label_target="value")
    outputs = (first, OutputMetadata(meaning="probabilities"))
    if not split:
        turned = [graph.concatenation(turned, [1, 6, boxes], 1)]
        outputs = (dataclasses.replace(first, meaning="probabilities"),)
    return graph.file(turned, Metadata(task="detection", inputs=(_SHADES,), outputs=outputs), "squares.tflite")


def finished_detector() -> ModelFile:
    """The same of the finest grid alone, which ends in the post-processing of TensorFlow Lite: four sorted outputs."""
    height, width = SIZE
    rows, columns = height // 8, width // 8
    boxes = rows * columns
    graph = Graph()
    color = np.float32([[0, 0, 0], [1, -0.5, -0.5], [-0.5, 1, -0.5]])[:, None, None, :]
    weights = np.broadcast_to(color, (3, 8, 8, 3)) * np.float32(1 / 64)
    seen = graph.convolution(graph.input([1, height, width, 3]), weights, np.zeros(3), [1, rows, columns, 3], 8)
    scores = graph.reshape(seen, [1, boxes, 3])
    y, x = (np.mgrid[:rows, :columns].reshape(2, -1) + 0.5) / np.array([[rows], [columns]])
    anchors = np.stack([y, x, np.full_like(y, 1 / rows), np.full_like(x, 1 / columns)], 1)
    encoded = graph.constant(np.zeros((1, boxes, 4)))
    outputs = [graph.plain([1, 10, 4]), graph.plain([1, 10]), graph.plain([1, 10]), graph.plain([1])]
    options = {
        "max_detections": 10, "max_classes_per_detection": 1, "nms_score_threshold": 0.01, "nms_iou_threshold": 0.5,
        "num_classes": 2, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0,
    }  # fmt: skip
    last = operator("tflite_detection_postprocess", [encoded, scores, graph.constant(anchors)], outputs)
    graph.operators.append({**last, "custom_options": flexbuffer(options)})
    said = (OutputMetadata(kind="bounding_box"), OutputMetadata(labels=SQUARES, label_target="value"))
    described = Metadata(task="detection", inputs=(_SHADES,), outputs=(*said, OutputMetadata(), OutputMetadata()))
    tables = model(subgraph(graph.tensors, graph.operators, graph.inputs, outputs))
    for code in tables["operator_codes"]:
        code["custom_code"] = "TFLite_Detection_PostProcess" if code["custom_code"] else None
    return ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "ssd.tflite").with_metadata(described)


def squares(count: int = 80, seed: int = 0) -> Dataset:
    """Pictures of gray noise with 2 to 4 squares of red or green in cells of 8 pixels."""
    random = np.random.default_rng(seed)
    pictures, targets = [], []
    for _ in range(count):
        picture = np.repeat(random.integers(90, 110, (*SIZE, 1)), 3, axis=2)
        cells = random.choice(4 * 40, random.integers(2, 5), replace=False)
        classes = random.integers(0, 2, len(cells))
        corners = np.stack([cells % 40, cells // 40], 1) * 8
        for (x, y), index in zip(corners, classes, strict=True):
            picture[y : y + 8, x : x + 8] = 20
            picture[y : y + 8, x : x + 8, index] = random.integers(170, 256)
        pictures.append(picture.astype(np.uint8))
        targets.append(BoxesTarget(np.concatenate([corners, corners + 8], 1), classes))
    return Dataset(tuple(pictures), targets, SQUARES, "squares", "made")
