"""Small detectors that find the same known things in every picture, in each form that files have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.model import BoxLayout, Metadata, ModelFile, OutputMetadata
from edgewright.model.storage.flatbuffer_writer import encode
from model import builders

SIZE = (40, 60)
"""Height and width of the input."""

LABELS = ("ant", "bee", "cat")


class Thing(NamedTuple):
    """A box as shares of the input, a class and a score."""

    x0: float
    y0: float
    x1: float
    y1: float
    index: int
    score: float


THINGS = (
    Thing(0.25, 0.10, 0.75, 0.90, 2, 0.9),
    Thing(0.50, 0.50, 1.00, 0.75, 0, 0.6),
    Thing(0.00, 0.25, 0.25, 0.50, 1, 0.4),
    Thing(0.10, 0.10, 0.20, 0.30, 0, 0.2),
)

ROLES = ("boxes", "classes", "scores", "number")


class Stored(NamedTuple):
    """How an output is stored: its type, and scale and zero point of one that is quantized."""

    dtype: str = "float32"
    scale: float = 1.0
    zero_point: int = 0


FLOAT = Stored()


def in_layout(things: Sequence[Thing], layout: BoxLayout) -> npt.NDArray[np.float32]:
    """The boxes (n, 4) as a layout has them, worked out from its definition."""
    rows = []
    for x0, y0, x1, y1, *_ in things:
        four = {
            "boundaries": (x0, y0, x1, y1),
            "upper_left": (x0, y0, x1 - x0, y1 - y0),
            "center": ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0),
        }[layout.type or "boundaries"]
        if layout.pixels:
            height, width = SIZE
            four = (four[0] * width, four[1] * height, four[2] * width, four[3] * height)
        row = [0.0] * 4
        for number, place in zip(four, layout.order, strict=True):
            row[place] = number
        rows.append(row)
    return np.array(rows, np.float32)


def constants(
    outputs: Sequence[tuple[npt.NDArray[Any], Stored]],
    *,
    makers: Sequence[str] = (),
    shape: Sequence[int] = (1, *SIZE, 3),
) -> ModelFile:
    """A model of one input that gives these arrays, stored as is said; a maker (LOGISTIC, …) works on it before."""
    tensors = [builders.tensor(shape, "uint8"), builders.tensor([1], data=np.zeros(1, "<f4").tobytes())]
    operators, made = [], []
    for place, (array, stored) in enumerate(outputs):
        tensors.append(builders.tensor(array.shape, data=array.astype("<f4").tobytes()))
        names = [makers[place] if place < len(makers) and makers[place] else "ADD"]
        for name in names if stored.dtype == "float32" else [*names, "QUANTIZE"]:
            more = (
                {"quantization": builders.quantized([stored.scale], [stored.zero_point])} if name == "QUANTIZE" else {}
            )
            more["name"] = f"output {place}"
            tensors.append(builders.tensor(array.shape, stored.dtype if name == "QUANTIZE" else "float32", **more))
            operators.append(_step(name, len(tensors) - 2))
        made.append(len(tensors) - 1)
    return ModelFile.read(builders.raw(builders.model(builders.subgraph(tensors, operators, [0], made))))


def _step(name: str, source: int) -> Any:
    """An operator from one tensor to the next; ADD adds zero."""
    inputs = [source, 1] if name == "ADD" else [source]
    options = {"ADD": ("AddOptions", {"fused_activation_function": 0}), "SOFTMAX": ("SoftmaxOptions", {"beta": 1.0})}
    return builders.operator(name, inputs, [source + 1], options.get(name))


def finished(
    things: Sequence[Thing] = THINGS,
    *,
    layout: BoxLayout | None = None,
    order: Sequence[str] = ROLES,
    stored: dict[str, Stored] | None = None,
    room: int = 6,
) -> ModelFile:
    """A detector of built-in operators that ends in finished boxes; what lies behind the last thing is rubbish."""
    count = len(things)
    boxes = np.full((1, room, 4), 7, np.float32)
    boxes[0, :count] = in_layout(things, layout or BoxLayout())
    classes, scores = np.full((1, room), 1, np.float32), np.full((1, room), 0.99, np.float32)
    classes[0, :count], scores[0, :count] = [thing.index for thing in things], [thing.score for thing in things]
    arrays = dict(zip(ROLES, (boxes, classes, scores, np.array([count], np.float32)), strict=True))
    return constants([(arrays[role], (stored or {}).get(role, FLOAT)) for role in order])


def post_processed(
    things: Sequence[Thing] = THINGS,
    *,
    order: Sequence[int] = (0, 1, 2, 3),
    most: int = 6,
    iou: float = 0.5,
    classes: int = len(LABELS),
) -> ModelFile:
    """A detector that ends in `TFLite_Detection_PostProcess`; `order`: which of its outputs each of the model's is."""
    anchors = np.array([_anchor(thing) for thing in things], "<f4")
    scores = np.zeros((1, len(things), 1 + classes), "<f4")
    for place, thing in enumerate(things):
        scores[0, place, 1 + thing.index] = thing.score
    tensors = [
        builders.tensor((1, *SIZE, 3), "uint8"),
        builders.tensor((1, len(things), 4), data=np.zeros((1, len(things), 4), "<f4").tobytes()),
        builders.tensor(scores.shape, data=scores.tobytes()),
        builders.tensor(anchors.shape, data=anchors.tobytes()),
        *[builders.tensor([])] * 4,
    ]
    options = {
        "max_detections": most, "max_classes_per_detection": 1, "nms_score_threshold": 0.01, "nms_iou_threshold": iou,
        "num_classes": classes, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0,
    }  # fmt: skip
    last = {**builders.operator("x", [1, 2, 3], [4, 5, 6, 7]), "custom_options": flexbuffer(options)}
    tables = builders.model(builders.subgraph(tensors, [last], [0], [4 + place for place in order]))
    tables["operator_codes"][0]["custom_code"] = "TFLite_Detection_PostProcess"
    return ModelFile.read(builders.raw(tables))


def _anchor(thing: Thing) -> tuple[float, float, float, float]:
    """Center and size: y, x, height, width."""
    return (thing.y0 + thing.y1) / 2, (thing.x0 + thing.x1) / 2, thing.y1 - thing.y0, thing.x1 - thing.x0


def flexbuffer(values: dict[str, float]) -> bytes:
    from flatbuffers import flexbuffers

    return bytes(flexbuffers.Dumps(values))


class RawFile(NamedTuple):
    """A model with raw outputs, and its anchors (n, 4): y, x, height, width."""

    model: ModelFile
    anchors: npt.NDArray[np.float32]


def raw(
    things: Sequence[Thing] = THINGS,
    *,
    logits: bool = True,
    background: bool = False,
    maker: str = "",
    scores_first: bool = False,
    stored: tuple[Stored, Stored] = (FLOAT, FLOAT),
    scales: Sequence[float] = (10, 10, 5, 5),
    four_dimensions: bool = False,
) -> RawFile:
    """A detector without post-processing, whose 24 anchors lie beside the things; each thing has one of its own."""
    count = 24
    random = np.random.RandomState(0)
    middles = np.array([_anchor(things[place % len(things)]) for place in range(count)])
    beside = random.uniform(-0.03, 0.03, (count, 2))
    anchors = np.concatenate([middles[:, :2] + beside, middles[:, 2:] * random.uniform(0.8, 1.25, (count, 2))], axis=1)
    anchors = anchors.astype(np.float32)
    encoded = np.zeros((1, count, 4), np.float32)
    scores = np.full((1, count, len(LABELS)), 0.001)
    for place, thing in enumerate(things):
        y, x, height, width = _anchor(thing)
        anchor_y, anchor_x, anchor_height, anchor_width = anchors[place]
        encoded[0, place] = (
            (y - anchor_y) / anchor_height * scales[0], (x - anchor_x) / anchor_width * scales[1],
            math.log(height / anchor_height) * scales[2], math.log(width / anchor_width) * scales[3],
        )  # fmt: skip
        scores[0, place, thing.index] = thing.score
    if background:
        scores = np.concatenate([1 - scores.sum(axis=2, keepdims=True), scores], axis=2)
    numbers = np.log(scores) if maker == "SOFTMAX" else np.log(scores / (1 - scores)) if logits or maker else scores
    boxes = encoded[:, :, None] if four_dimensions else encoded
    outputs = [(boxes, stored[0]), (numbers.astype(np.float32), stored[1])]
    makers = ["", maker]
    if scores_first:
        outputs, makers = outputs[::-1], makers[::-1]
    return RawFile(constants(outputs, makers=makers), anchors)


def described(model: ModelFile, order: Sequence[str] = ROLES, **more: Any) -> ModelFile:
    """The same with metadata that names each output; `more` is said of an output by its role."""
    said = {
        "boxes": {"name": "location", "kind": "bounding_box", "boxes": BoxLayout()},
        "classes": {"name": "category", "labels": LABELS, "label_target": "value"},
        "scores": {"name": "score"},
        "number": {"name": "number of detections"},
    }
    outputs = tuple(OutputMetadata(**{**said[role], **more.get(role, {})}) for role in order)  # type: ignore[arg-type]
    return model.with_metadata(Metadata(outputs=outputs))


def detector_metadata(
    anchors: npt.NDArray[Any], *, num_coords: int = 4, logits: bool = True, scale: float = 10.0
) -> bytes:
    """What MediaPipe writes of a detector with raw boxes."""
    from edgewright.model.describing.detectors import OPTIONS

    tables = {
        "min_parser_version": "1.0.0",
        "ssd_anchors_options": {
            "fixed_anchors_schema": {
                "anchors": [
                    {"x_center": float(x), "y_center": float(y), "width": float(width), "height": float(height)}
                    for y, x, height, width in anchors
                ]
            }
        },
        "tensors_decoding_options": {
            "num_classes": len(LABELS), "num_boxes": len(anchors), "num_coords": num_coords, "keypoint_coord_offset": 0,
            "num_keypoints": 0, "num_values_per_keypoint": 2, "x_scale": scale, "y_scale": scale, "w_scale": 5.0,
            "h_scale": 5.0, "apply_exponential_on_box_size": True, "sigmoid_score": logits,
        },
    }  # fmt: skip
    return encode(tables, OPTIONS, "ObjectDetectorOptions", identifier=b"V001")
