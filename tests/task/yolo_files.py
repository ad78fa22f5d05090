"""Small files with the outputs of a YOLO, which say the same known boxes of every picture."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.model import ModelFile

from ..model.builders import model, operator, quantized, raw, subgraph, tensor

SIZE = (320, 320)  # the input's height and width
COEFFICIENTS = 8


@dataclass(frozen=True)
class Thing:
    """One thing in an original picture, x0, y0, x1, y1 in its pixels before it is turned by the angle."""

    box: tuple[float, float, float, float]
    index: int
    score: float
    angle: float = 0.0
    points: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Layout:
    """A form of head. `numbers`: which of masks, points or angle it has."""

    name: str
    rows: bool = False
    each: int = 1
    objectness: bool = False
    end_to_end: bool = False
    split: bool = False
    more: str = ""
    points: tuple[int, int] = (17, 3)
    corners: bool = False
    size: tuple[int, int] = SIZE

    def __str__(self) -> str:
        return self.name


LAYOUTS = [
    Layout("v8"),
    Layout("v8 in rows", rows=True),
    Layout("v5", rows=True, each=3, objectness=True),
    Layout("end to end", rows=True, end_to_end=True),
    Layout("split", split=True),
    Layout("split in rows", split=True, rows=True),
    Layout("NAS", split=True, rows=True, corners=True),
    Layout("v8 wide", size=(192, 320)),
    Layout("v5 high", rows=True, each=3, objectness=True, size=(320, 224)),
    Layout("end to end wide", rows=True, end_to_end=True, size=(192, 320)),
]
MASKS = [
    Layout("v8 masks", more="masks"),
    Layout("v5 masks", rows=True, each=3, objectness=True, more="masks"),
    Layout("end to end masks", rows=True, end_to_end=True, more="masks"),
    Layout("split masks", split=True, more="masks"),
    Layout("v8 masks wide", more="masks", size=(192, 320)),
]
POINTS = [
    Layout("v8 points", more="points"),
    Layout("end to end points", rows=True, end_to_end=True, more="points"),
    Layout("five points of two numbers", more="points", points=(5, 2)),
    Layout("split points", split=True, more="points"),
    Layout("v8 points high", more="points", size=(320, 192)),
]
TURNED = [
    Layout("v8 turned", more="angle"),
    Layout("end to end turned", rows=True, end_to_end=True, more="angle"),
    Layout("split turned", split=True, more="angle"),
    Layout("v8 turned wide", more="angle", size=(192, 320)),
]
TASKS = {"": "detect", "masks": "segment", "points": "pose", "angle": "obb", "classes": "classify"}


def boxes_of(layout: Layout) -> int:
    """How many boxes the head says."""
    if layout.end_to_end:
        return 300
    return layout.each * sum(-(-layout.size[0] // stride) * -(-layout.size[1] // stride) for stride in (8, 16, 32))


def letterboxed(picture: tuple[int, int], size: tuple[int, int] = SIZE) -> tuple[float, float, float]:
    """Scale, and the borders at the left and the top: worked out here on its own."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    height, width = round(picture[0] * scale), round(picture[1] * scale)
    return scale, (size[1] - width) // 2, (size[0] - height) // 2


@dataclass
class Said:
    """The numbers that a head says, (boxes, …) each; sides are center and size, in pixels of the input."""

    sides: np.ndarray
    scores: np.ndarray
    angle: np.ndarray
    points: np.ndarray
    masks: np.ndarray
    prototypes: np.ndarray = field(default_factory=lambda: np.zeros(0))


def said_of(layout: Layout, things: list[Thing], picture: tuple[int, int], classes: int) -> Said:
    """What a network would say: the things, a double of each that is less sure, and a grid of unsure boxes."""
    random = np.random.default_rng(4)
    count, (height, width) = boxes_of(layout), layout.size
    sides = random.uniform(0.05, 0.95, (count, 4)) * [width, height, width / 3, height / 3]
    scores = random.uniform(0, 0.2, (count, classes))
    scores[:, random.integers(0, classes)] *= 0.5
    angle = random.uniform(-0.7, 0.7, count)
    points = random.uniform(0, 1, (count, *layout.points)) * [width, height, 1][: layout.points[1]]
    masks = random.normal(0, 1, (count, COEFFICIENTS))
    scale, left, top = letterboxed(picture, layout.size)
    taken = random.permutation(count)[: 2 * len(things)]
    for number, thing in enumerate(things):
        for place, less in zip(taken[2 * number :][:2], (0.0, 0.1), strict=True):
            x0, y0, x1, y1 = thing.box
            sides[place] = [
                (x0 + x1) / 2 * scale + left, (y0 + y1) / 2 * scale + top, (x1 - x0) * scale, (y1 - y0) * scale
            ]  # fmt: skip
            sides[place, :2] += 6 * less
            scores[place] = 0.01
            scores[place, thing.index] = thing.score - less
            angle[place] = thing.angle
            for point, (x, y, score) in enumerate(thing.points[: layout.points[0]]):
                points[place, point] = [x * scale + left, y * scale + top, score][: layout.points[1]]
    said = Said(sides, scores, angle, points, masks)
    if layout.end_to_end:
        _sort(said, taken[: 2 * len(things) : 2])
    return said


def _sort(said: Said, things: np.ndarray) -> None:
    """End to end the things come first, their doubles are gone, and what is left is not sure."""
    for array in (said.sides, said.scores, said.angle, said.points, said.masks):
        first = array[things].copy()
        rest = np.delete(array, things, axis=0)
        array[: len(things)], array[len(things) :] = first, rest
    said.scores[len(things) :] *= np.minimum(0.2 / said.scores[len(things) :].max(axis=1, keepdims=True), 1)


def arrays_of(layout: Layout, said: Said, pixels: bool) -> list[np.ndarray]:
    """The outputs, without the batch, boxes first: (boxes, numbers) each."""
    units = np.array([1.0, 1.0]) if pixels else 1 / np.array(layout.size[::-1], float)
    sides = said.sides * np.tile(units, 2)
    if layout.corners or (layout.end_to_end and layout.more != "angle"):
        sides = np.concatenate([sides[:, :2] - sides[:, 2:] / 2, sides[:, :2] + sides[:, 2:] / 2], axis=1)
    points = said.points.copy()
    points[..., :2] *= units
    more = {
        "": np.zeros((len(sides), 0)),
        "masks": said.masks,
        "points": points.reshape(len(points), -1),
        "angle": said.angle[:, None],
    }[layout.more]
    if layout.end_to_end:
        best = said.scores.argmax(axis=1)
        return [np.concatenate([sides, said.scores.max(axis=1)[:, None], best[:, None], more], axis=1)]
    scores = said.scores
    if layout.objectness:
        sure = np.maximum(scores.max(axis=1, keepdims=True), 0.05)
        scores = np.concatenate([sure, scores / sure], axis=1)
    if layout.split:
        return [sides, scores, *([more] if layout.more else [])]
    return [np.concatenate([sides, scores, more], axis=1)]


def stored(array: np.ndarray, dtype: str, shape: tuple[int, ...]) -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    """A constant and an output of the same numbers, and those that they stand for."""
    if dtype == "float32":
        return tensor(shape, dtype, array.astype(dtype).tobytes()), tensor(shape, dtype), array
    low, high = (-128, 127) if dtype == "int8" else (0, 255)
    scale = max((array.max() - min(array.min(), 0)) / 255, 1e-6)
    zero = int(np.clip(round(low - min(array.min(), 0) / scale), low, high))
    numbers = np.clip(np.rint(array / scale) + zero, low, high).astype(dtype)
    how = {"quantization": quantized([scale], [zero])}
    return (
        tensor(shape, dtype, numbers.tobytes(), **how),
        tensor(shape, dtype, **how),
        (numbers.astype(float) - zero) * np.float32(scale),
    )


def file_of(
    layout: Layout,
    arrays: list[np.ndarray],
    *,
    prototypes: np.ndarray | None = None,
    nchw: bool = False,
    dtype: str = "float32",
    labels: list[str] | None = None,
    swapped: bool = False,
) -> ModelFile:
    """A file that gives these arrays for every picture; with labels, the notes of an exporter are behind it.

    `prototypes` (k, height, width). `swapped`: the outputs come in the reverse order.
    """
    shape = [1, 3, *layout.size] if nchw else [1, *layout.size, 3]
    scale = {"int8": ([1 / 255], [-128]), "uint8": ([1 / 255], [0])}.get(dtype)
    first = tensor(shape, dtype, **({"quantization": quantized(*scale)} if scale else {}))
    outputs = [(array if layout.rows else array.T, 2) for array in arrays]
    if prototypes is not None:
        outputs.append((prototypes if nchw else prototypes.transpose(1, 2, 0), 3))
    tensors, operators, made = [first], [], []
    for array, _ in outputs[::-1] if swapped else outputs:
        constant, out, _ = stored(np.ascontiguousarray(array), dtype, (1, *array.shape))
        sizes = np.array((1, *array.shape), np.int32)
        tensors += [constant, tensor([len(sizes)], "int32", sizes.tobytes()), out]
        operators.append(operator("RESHAPE", [len(tensors) - 3, len(tensors) - 2], [len(tensors) - 1]))
        made.append(len(tensors) - 1)
    named = [{**one, "name": f"t{place}"} for place, one in enumerate(tensors)]
    plain = raw(model(subgraph(named, operators, [0], made)))
    return ModelFile.read(plain if labels is None else with_notes(plain, layout, labels))


def with_notes(plain: bytes, layout: Layout, labels: list[str]) -> bytes:
    stream = io.BytesIO(plain)
    notes: dict[str, Any] = {
        "task": TASKS[layout.more], "stride": 32, "imgsz": list(layout.size), "names": dict(enumerate(labels))
    }  # fmt: skip
    if layout.more == "points":
        notes["kpt_shape"] = list(layout.points)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps(notes))
    return stream.getvalue()


def pentagon(x: float, y: float) -> tuple[tuple[float, float, float], ...]:
    """17 points about a place."""
    turns = (2 * math.pi * number / 17 for number in range(17))
    return tuple(
        (x + 40 * math.cos(turn), y + 30 * math.sin(turn), 0.5 + number / 40) for number, turn in enumerate(turns)
    )
