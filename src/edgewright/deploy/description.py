"""What code in another language has to know of a model: how a picture becomes its input, what its outputs mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.media import Preparation
from edgewright.model import ModelFile, OutputMetadata, TensorSpec, implied_meaning
from edgewright.task import (
    OF_OPERATOR,
    THRESHOLD,
    decoder_of,
    described_picture,
    finished_outputs,
    input_options,
    kind_of,
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Tensor:
    """An input or output: a stored number stands for (number - zero_point) * scale; scale is 0 where it is itself."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Pixels:
    """How a picture becomes the one input.

    `size` is (height, width) in pixels, `channels` 1 (gray) or 3 (RGB), `layout` "NHWC", "NCHW" or "NHW". `resize`:
    "stretch", "crop" or "letterbox", with `crop_fraction` and the gray level `pad` of borders. `interpolation`:
    "bilinear", "bicubic", "reduced", "draft", "sharp" or "quick", as `run` resizes. `mean` and `std` as in TensorFlow
    Lite Metadata, empty where bytes go in as they are. `values`: what each of 256 bytes becomes in each
    channel, (256, channels) in the input's own type; with it all languages come to the same bits.
    """

    size: tuple[int, int]
    channels: int
    layout: str
    resize: str
    crop_fraction: float
    pad: int
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    values: npt.NDArray[Any]


@dataclass(frozen=True)
class Classes:
    """One row of scores.

    `softmax`: they are logits, of which it makes shares. `threshold`: the least score worth showing, where the
    file says one.
    """

    labels: tuple[str, ...]
    softmax: bool
    threshold: float | None


@dataclass(frozen=True)
class Boxes:
    """Finished boxes: places of the outputs with boxes, classes, scores and their number (None: all of them count).

    `order`: places of left, top, right and bottom among the four numbers. `pixels`: they are pixels of the input, not
    shares of it. `labels` by class, empty where nobody named them.
    """

    boxes: int
    classes: int
    scores: int
    number: int | None
    order: tuple[int, int, int, int]
    pixels: bool
    labels: tuple[str, ...]
    threshold: float


@dataclass(frozen=True)
class Description:
    """A model for another runtime.

    `pixels` is None where its input is no picture, `decoding` where nothing is known of the outputs; either is None
    too where code in another language would come to something else than here, and `obstacles` says why.
    """

    model: ModelFile
    task: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    pixels: Pixels | None
    decoding: Classes | Boxes | None
    obstacles: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All that it can say."""
        return self.decoding.labels if self.decoding else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the model and the table of bytes."""
        pixels = {key: value for key, value in vars(self.pixels).items() if key != "values"} if self.pixels else None
        return {
            "task": self.task,
            "inputs": [asdict(tensor) for tensor in self.inputs],
            "outputs": [asdict(tensor) for tensor in self.outputs],
            "pixels": pixels,
            "decoding": asdict(self.decoding) if self.decoding else None,
            "obstacles": list(self.obstacles),
        }


def describe(model: ModelFile) -> Description:
    """Find out what other code has to know.

    What no code of ours in another language computes is an obstacle: pixels of which nothing says how they become
    numbers, a score calibration, boxes that are no corners. Raises `UsageError` for more than one scale for a tensor.
    """
    kind = kind_of(model)
    pixels, unprepared = _or_why(lambda: _pixels(model) if kind.input == "picture" else None)
    decoding, undecoded = _or_why(lambda: _decoding(model, kind.name))
    return Description(
        model,
        kind.name,
        tuple(_tensor(spec) for spec in model.inputs),
        tuple(_tensor(spec) for spec in model.outputs),
        pixels,
        decoding,
        tuple(why for why in (unprepared, undecoded) if why),
    )


def _or_why(find: Callable[[], _T]) -> tuple[_T | None, str]:
    """What is found, or why it is not."""
    try:
        return find(), ""
    except UsageError as error:
        return None, str(error)


def _tensor(spec: TensorSpec) -> Tensor:
    if len(spec.scale) > 1:
        raise UsageError(f"{spec.name!r} has a scale for each channel, which no input or output can have elsewhere")
    scale, zero_point = (spec.scale[0] if spec.scale else 0.0), (spec.zero_point[0] if spec.zero_point else 0)
    return Tensor(spec.name, spec.dtype, tuple(spec.shape), scale, zero_point)


def _pixels(model: ModelFile) -> Pixels:
    described = described_picture(model, dict(input_options(model)))
    preparation = Preparation.of(model.inputs[0], described)
    values = preparation.values_of_bytes()
    return Pixels(
        size=preparation.size,
        channels=values.shape[1],
        layout=preparation.layout,
        resize=described.resize or "stretch",
        crop_fraction=described.crop_fraction or 1.0,
        pad=described.pad or 0,
        interpolation=described.interpolation or "bilinear",
        mean=described.mean,
        std=described.std,
        values=values,
    )


def _decoding(model: ModelFile, task: str) -> Classes | Boxes | None:
    if any(output.score_calibration is not None for output in model.metadata.outputs):
        raise UsageError(f"{model.name}: its scores are calibrated, and exported code does not compute that")
    if task == "detection":
        return _boxes(model)
    return (
        _classes(model) if task in ("classification", "audio-classification", "text-classification", "series") else None
    )


def _classes(model: ModelFile) -> Classes:
    said = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
    softmax = (said.meaning or implied_meaning(model)) == "logits"
    return Classes(decoder_of(model).labels, softmax, said.score_threshold)


def _boxes(model: ModelFile) -> Boxes | None:
    places = finished_outputs(model)
    if places is None:
        return None
    said = model.metadata.outputs
    layout = OF_OPERATOR if places.operator or not said else said[places.boxes].boxes
    if layout is None or layout.type != "boundaries":
        raise UsageError(f"{model.name}: its boxes are no corners, and exported code takes only those")
    threshold = said[places.scores].score_threshold if places.scores < len(said) else None
    left, top, right, bottom = layout.order
    return Boxes(
        places.boxes,
        places.classes,
        places.scores,
        places.number,
        (left, top, right, bottom),
        layout.pixels,
        decoder_of(model).labels,
        THRESHOLD if threshold is None else threshold,
    )
