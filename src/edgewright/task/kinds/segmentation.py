"""Segmentation: the class of each pixel, of a map of classes, of scores for each class, or of a mask of one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import (
    GAP,
    ModelFile,
    OutputMetadata,
    TensorSpec,
    implied_meaning,
    maker_of,
    segmenter_activation,
)
from edgewright.task.labels import BACKGROUND, known_labels, match_labels
from edgewright.task.numbers.scores import SHARES, threshold_of
from edgewright.task.options import Options, only, unsaid

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.model import Activation
    from edgewright.task.kind import Outputs
    from edgewright.task.results.segmentation import Segmentation

Array = npt.NDArray[Any]

THRESHOLD = 0.5
"""From this score on a pixel belongs to the thing of a mask."""

MOST_CLASSES = 255
"""Classes are kept as uint8, and one number is for pixels that the model was not shown."""

# Pixels of the input for a cell of the output, along a side: detectors' grids are coarser.
_COARSEST = 8

_CHANNELS = (1, 3)
_SOFTMAX, _SIGMOID = ("SOFTMAX",), ("LOGISTIC", "STABLEHLO_LOGISTIC")
_NUMBERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")


class Form(NamedTuple):
    """How an output says the classes of its cells.

    "numbers": the class of each; "mask": one score for each; "channels": a score for each class, along `axis`.
    `size`: (rows, columns). `classes`: how many there are, None where nothing shows it.
    """

    kind: Literal["numbers", "mask", "channels"]
    size: tuple[int, ...]
    classes: int | None
    axis: int = -1


class SegmentationDecoder:
    """One output into a `Segmentation`. `labels`: of the classes.

    `activation` makes scores of the output's numbers; it is applied only where `scores` are asked for, since the
    largest number is the largest score.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        form: Form,
        *,
        activation: Activation,
        threshold: float,
        scores: bool,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._form = form
        self._activation: Activation = activation
        self.takes_minus_infinity = activation != "none"
        self._limit = _before_sigmoid(threshold) if activation == "sigmoid" else threshold
        self._scores = scores

    score_range = SHARES

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Segmentation:
        """Decode one picture."""
        from edgewright.media import spread
        from edgewright.task.results.segmentation import UNKNOWN, Scores, Segmentation

        if prepared.placement is None or prepared.original is None:
            raise DataError("classes of pixels belong to a picture, and this input is none")
        grid = self._grid(outputs[0])
        classes = spread(self._classes(grid), prepared.placement, prepared.original, UNKNOWN)
        scores = Scores(self._sure(grid), prepared.placement) if self._scores else None
        return Segmentation(classes, self.labels, scores)

    def _grid(self, output: Array) -> Array:
        """(rows, columns), or (rows, columns, classes)."""
        if self._form.kind != "channels":
            return output.reshape(self._form.size)
        return np.moveaxis(output[0], self._form.axis - 1, -1)

    def _classes(self, grid: Array) -> npt.NDArray[np.uint8]:
        classes: npt.NDArray[np.uint8]
        if self._form.kind == "mask":
            classes = (grid >= self._limit).view(np.uint8)
        elif self._form.kind == "channels":
            classes = grid.argmax(axis=-1).astype(np.uint8)
        elif grid.min() < 0 or grid.max() >= MOST_CLASSES:
            raise DataError(
                f"the model's classes go from {grid.min()} to {grid.max()}; 0 to {MOST_CLASSES - 1} are possible"
            )
        else:
            classes = grid.astype(np.uint8)
        return classes

    def _sure(self, grid: Array) -> npt.NDArray[np.float32]:
        """Scores (rows, columns, classes)."""
        values: npt.NDArray[Any] = grid.astype(np.float32)
        if self._activation == "sigmoid":
            values = 1 / (1 + np.exp(-np.clip(values, -80, 80)))
        if self._activation == "softmax":
            values = np.exp(values - values.max(axis=-1, keepdims=True))
            values /= values.sum(axis=-1, keepdims=True)
        return values if self._form.kind == "channels" else np.stack([1 - values, values], axis=-1)


class _Kind:
    """A picture in, something for each of its pixels out."""

    name = "segmentation"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The file says that its output is a picture of labels, or the output's shape and type show it."""
        form = _form(model)
        if form is None:
            return None
        output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
        if (output.kind == "image" and output.labels) or segmenter_activation(model.metadata) is not None:
            return "its metadata says that its output is a picture of labels"
        if not _fine(form.size, _picture(model.inputs[0])):
            return None
        if form.kind == "numbers":
            return "its output is a number for each pixel"
        # Without a softmax three channels may be a picture, two a flow, and one, without a sigmoid, a depth.
        last = _last_operator(model)
        scores = last in _SOFTMAX or (last in _SIGMOID and form.classes != 3)
        return "its output is scores for each pixel" if scores or form.classes not in (2, *_CHANNELS) else None

    def input_options(self, model: ModelFile) -> Options:
        """MediaPipe's segmenters are shown pictures that are not antialiased, which take a fifth of the time."""
        return {} if segmenter_activation(model.metadata) is None else unsaid(model, interpolation="quick")

    def decoder(self, model: ModelFile, options: Options) -> SegmentationDecoder:
        """Make a decoder.

        Options: labels, locale and meaning, as for classification; threshold: from which score on a pixel belongs to
        the thing of a mask; scores: keep how sure the model is, which takes as long as all else.
        """
        given = only(options, "labels", "locale", "meaning", "threshold", "scores", task=self.name)
        form = _form(model)
        if form is None:
            raise UsageError(_unfit(model))
        output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
        known = known_labels(given, output, form.classes, gap=None if form.classes else GAP)
        labels, notices = _labels(known, form)
        activation, notice = _activation(model, form, given.get("meaning"))
        _check(form, given)
        return SegmentationDecoder(
            labels,
            (*notices, *notice),
            form,
            activation=activation,
            threshold=threshold_of(given.get("threshold"), output.score_threshold, THRESHOLD),
            scores=bool(given.get("scores")),
        )


KIND = _Kind()


def _form(model: ModelFile) -> Form | None:
    """How the one output for a picture says classes, by its shape and type; None where it cannot."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return None
    output, picture = model.outputs[0], _picture(model.inputs[0])
    shape = tuple(size for size in output.shape[1:] if size > 1)
    if picture is None or len(output.shape) not in (3, 4) or output.shape[0] != 1:
        return None
    numbers = output.dtype in _NUMBERS and not output.quantized
    if len(shape) == 2 and _alike(shape, picture):
        return Form("numbers", shape, _argmax_width(model)) if numbers else Form("mask", shape, 1)
    if len(shape) != 3 or numbers:
        return None
    axis = _class_axis(output.shape, model.inputs[0])
    size = shape[:2] if axis == 3 else shape[1:]
    fits = _alike(size, picture) and output.shape[axis] <= MOST_CLASSES
    return Form("channels", size, output.shape[axis], axis) if fits else None


def _picture(spec: TensorSpec) -> tuple[int, int] | None:
    """(height, width) of an input that is a picture, else None."""
    shape = spec.shape
    if len(shape) != 4 or shape[0] != 1:
        return None
    if shape[3] in _CHANNELS:
        return shape[1], shape[2]
    return (shape[2], shape[3]) if shape[1] in _CHANNELS else None


def _class_axis(shape: tuple[int, ...], picture: TensorSpec) -> int:
    """Classes are where the picture's channels are, unless only the other order has the picture's proportions."""
    size = _picture(picture) or (1, 1)
    fits = {3: _alike(shape[1:3], size), 1: _alike(shape[2:4], size)}
    own, other = (3, 1) if picture.shape[3] in _CHANNELS else (1, 3)
    return other if fits[other] and not fits[own] else own


def _alike(cells: tuple[int, ...], picture: tuple[int, int]) -> bool:
    """Whether a grid has the proportions of a picture, to a cell."""
    (rows, columns), (height, width) = cells, picture
    return abs(rows * width - columns * height) <= max(height, width)


def _fine(cells: tuple[int, ...], picture: tuple[int, int] | None) -> bool:
    """Whether a grid is as fine as those of segmenters are."""
    return picture is not None and all(n * _COARSEST >= side for n, side in zip(cells, picture, strict=True))


def _last_operator(model: ModelFile) -> str:
    maker = maker_of(model)
    return "" if maker is None else maker.name


def _argmax_width(model: ModelFile) -> int | None:
    """How many classes a map of numbers has, where the last operator takes the largest of so many."""
    maker = maker_of(model)
    if maker is None or maker.name != "ARG_MAX":
        return None
    shape = model.main.tensors[maker.inputs[0]].shape
    return shape[-1] if shape else None


def _labels(known: tuple[str, ...], form: Form) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of the classes, and notices."""
    if form.kind == "mask":
        if len(known) > 2:
            raise UsageError(f"{len(known)} labels do not fit a mask, which has one, or background and one")
        return (known if len(known) == 2 else (BACKGROUND, *(known or ("subject",)))), ()
    if form.classes is None:
        return known, () if known else ("no labels: classes are called by their number",)
    labels, notice = match_labels(known, form.classes)
    return labels, (notice,) if notice else ()


def _activation(model: ModelFile, form: Form, meaning: str | None) -> tuple[Activation, tuple[str, ...]]:
    """What makes scores of the output's numbers, and a notice where that had to be assumed."""
    if form.kind == "numbers":
        return "none", ()
    said = segmenter_activation(model.metadata)
    output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
    meaning = meaning or (output.meaning if output.meaning in ("probabilities", "logits") else None)
    if meaning is None and said is not None:
        return said, ()
    usual: Activation = "sigmoid" if form.kind == "mask" else "softmax"
    known = meaning or implied_meaning(model)
    if known is not None:
        return ("none" if known == "probabilities" else usual), ()
    assumed = "nothing says what the mask's numbers are: they are taken for logits, above 0 where the thing is"
    return usual, (assumed,) if form.kind == "mask" else ()


def _check(form: Form, given: dict[str, Any]) -> None:
    if form.kind == "numbers" and given.get("scores"):
        raise UsageError("its output is the number of a class for each pixel: it has no scores")
    if form.kind != "mask" and given.get("threshold") is not None:
        raise UsageError("threshold is for masks of one thing; here each pixel has the class with the highest score")


def _before_sigmoid(threshold: float) -> float:
    """The number of which a sigmoid makes the threshold."""
    with np.errstate(divide="ignore"):
        return float(np.log(np.float64(threshold)) - np.log1p(-np.float64(threshold)))


def _unfit(model: ModelFile) -> str:
    return (
        f"{model.name}: a segmenter takes one picture and has one output, [1, height, width] or [1, height, width, "
        f"classes]; this model has {len(model.inputs)} inputs and outputs of shapes "
        f"{[list(spec.shape) for spec in model.outputs]}"
    )
