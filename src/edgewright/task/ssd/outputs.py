"""Where boxes, classes, scores and their number are among a detector's outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from edgewright.model import ModelFile, Operator, OutputMetadata, output_groups, read_numbers
from edgewright.task.shapes import takes_picture

POST_PROCESS = "TFLite_Detection_PostProcess"
"""The last step of TensorFlow's object detection API, and of EfficientDet."""

# A file with fewer boxes has finished ones, or none at all.
_FEWEST_RAW = 16


class Finished(NamedTuple):
    """Outputs of which nothing overlaps any more: places of boxes, classes, scores and of their number, if it is said.

    `operator` computes them, None where the metadata alone says what they are.
    """

    boxes: int
    classes: int
    scores: int
    number: int | None
    operator: Operator | None = None

    def of_operator(self, option: str) -> int | None:
        """A whole number among the operator's options, such as num_classes and max_detections."""
        number = read_numbers(self.operator.custom_options).get(option) if self.operator else None
        return None if number is None else int(number)


class Raw(NamedTuple):
    """Outputs that are relative to anchors: places of boxes [1, n, 4] and scores [1, n, classes]."""

    boxes: int
    scores: int
    anchors: int
    classes: int


def finished_outputs(model: ModelFile) -> Finished | None:
    """The outputs of `TFLite_Detection_PostProcess`, in whatever order the file has them, else by its metadata."""
    return by_operator(model) or by_metadata(model)


def by_operator(model: ModelFile) -> Finished | None:
    """The operator's outputs, where all of them are the model's: their order is fixed there, shapes are often empty."""
    outputs = [spec.index for spec in model.outputs]
    for operator in model.ops:
        if operator.name == POST_PROCESS and len(operator.outputs) == 4 and set(operator.outputs) <= set(outputs):
            boxes, classes, scores, number = map(outputs.index, operator.outputs)
            return Finished(boxes, classes, scores, number, operator)
    return None


def by_metadata(model: ModelFile) -> Finished | None:
    """What the metadata calls boxes and classes, with the scores that belong to them; None where it says less.

    Classes have labels for their values. Of what is left in their group, or of all, the scores are those that are
    calibrated, have a threshold or are called so.
    """
    said = dict(enumerate(model.metadata.outputs[: len(model.outputs)]))
    boxes = _only(said, lambda output: output.kind == "bounding_box")
    if boxes is None or len(said) < len(("boxes", "classes", "scores")):
        return None
    group = next((group for group in output_groups(model.metadata) if boxes in group), ())
    left = {place: said[place] for place in group or said if place != boxes}
    classes = _classes(left)
    scores = _scores({place: output for place, output in left.items() if place != classes})
    if classes is None or scores is None or not _is_row(model.outputs[scores].shape):
        return None
    others = {place: output for place, output in said.items() if place not in (boxes, classes, scores)}
    return Finished(boxes, classes, scores, _number(others, model))


def raw_outputs(model: ModelFile) -> Raw | None:
    """Two outputs of a picture, for as many anchors each, one of four numbers; None for any other model."""
    if len(model.outputs) != 2 or not takes_picture(model):
        return None
    shapes = [_flat(spec.shape) for spec in model.outputs]
    if not all(len(shape) == 3 and shape[0] == 1 for shape in shapes):
        return None
    fours = [place for place, shape in enumerate(shapes) if shape[2] == 4]
    if not fours or shapes[0][1] != shapes[1][1] or shapes[0][1] < _FEWEST_RAW:
        return None
    boxes = fours[0] if len(fours) == 1 else _called_boxes(model)
    return Raw(boxes, 1 - boxes, shapes[0][1], shapes[1 - boxes][2])


def _flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """[1, n, 1, 4], as TensorFlow's box predictors have it, is [1, n, 4]."""
    return (*shape[:2], shape[3]) if len(shape) == 4 and shape[2] == 1 else shape


def _called_boxes(model: ModelFile) -> int:
    """Of two outputs of four numbers the one that is said or called to be boxes, else the first one."""
    said = [output.kind == "bounding_box" for output in model.metadata.outputs]
    if sum(said[:2]) == 1:
        return said.index(True)
    names = [spec.name.lower() for spec in model.outputs]
    return 1 if any(word in names[1] and word not in names[0] for word in ("box", "loc", "regress")) else 0


def _classes(left: dict[int, OutputMetadata]) -> int | None:
    by_labels = _only(left, lambda output: bool(output.labels) and output.label_target == "value")
    return by_labels if by_labels is not None else _named(left, "class", "categor", "label")


def _scores(left: dict[int, OutputMetadata]) -> int | None:
    by_units = _only(left, lambda output: output.score_calibration is not None or output.score_threshold is not None)
    return by_units if by_units is not None else _named(left, "score", "confiden", "probab")


def _number(left: dict[int, OutputMetadata], model: ModelFile) -> int | None:
    named = _named(left, "number", "count", "num")
    return named if named is not None else next((place for place in left if model.outputs[place].elements == 1), None)


def _named(left: dict[int, OutputMetadata], *words: str) -> int | None:
    return _only(left, lambda output: any(word in output.name.lower() for word in words))


def _is_row(shape: tuple[int, ...]) -> bool:
    """Whether there is one score for each box; scores of several classes are not finished."""
    return sum(size > 1 for size in shape) <= 1


def _only(left: dict[int, OutputMetadata], fits: Callable[[OutputMetadata], bool]) -> int | None:
    """The place of the one output that fits; None where none or several do."""
    found: Iterable[int] = [place for place, output in left.items() if fits(output)]
    return next(iter(found)) if len(list(found)) == 1 else None
