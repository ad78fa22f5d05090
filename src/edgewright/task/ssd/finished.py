"""Finished boxes, classes and scores into `Detections`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import GAP, BoxLayout, ModelFile, OutputMetadata
from edgewright.task.boxes.choosing import Choice
from edgewright.task.boxes.places import boxes_in_picture
from edgewright.task.labels import BACKGROUND, known_labels
from edgewright.task.numbers.scores import SHARES, Calibrator
from edgewright.task.options import Options, only
from edgewright.task.ssd.outputs import POST_PROCESS, Finished, by_metadata

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.model import ScoreCalibration
    from edgewright.task.kind import Outputs
    from edgewright.task.results.detections import Detections

THRESHOLD = 0.3
"""Scores below this are left out where neither the caller nor the file says another one."""

OF_OPERATOR = BoxLayout(order=(1, 0, 3, 2))
"""`TFLite_Detection_PostProcess` says top, left, bottom and right, as shares of the input."""

_NO_OBJECT = (BACKGROUND, GAP)
# Labels that people have, and classes that TensorFlow's models have.
_COCO = (80, 90)


class FinishedDecoder:
    """Boxes, classes, scores and perhaps their number into `Detections`. `layout`: how four numbers are a box."""

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        places: Finished,
        *,
        layout: BoxLayout,
        choice: Choice,
        calibration: ScoreCalibration | None,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._places = places
        self._layout = layout
        self._choice = choice
        self._calibrate = None if calibration is None else Calibrator(calibration)

    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """The scores of what was found: of the boxes those that are shown, and nothing of the places behind them."""
        return [self._found(outputs)[2]]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Detections:
        """Decode one picture.

        Raises `DataError` where the outputs do not fit one another, or a box that is shown is no number.
        """
        from edgewright.task.results.detections import Detections  # of no use to a model of another kind

        if prepared.placement is None or prepared.original is None:
            raise DataError("boxes belong to a picture, and this input is none")
        boxes, class_id, confidence = self._found(outputs)
        if self._calibrate is not None:
            confidence = self._calibrate(confidence, class_id)
        chosen = self._choice.ranked(confidence, class_id)
        xyxy = corners(boxes[chosen], self._layout, prepared.placement.size)
        there = boxes_in_picture(xyxy, prepared)
        return Detections(there.xyxy, confidence[chosen], class_id[chosen], self.labels, prepared.original)

    def _found(self, outputs: Outputs) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Boxes (n, 4) as the model says them, classes and scores (n,)."""
        places = self._places
        boxes, classes, scores = outputs[places.boxes], outputs[places.classes], outputs[places.scores]
        if boxes.size != 4 * scores.size or classes.size != scores.size:
            shapes = [list(array.shape) for array in (boxes, classes, scores)]
            raise DataError(f"boxes, classes and scores of shapes {shapes} are not as many of each")
        count = scores.size if places.number is None else _count(outputs[places.number], scores.size)
        numbers = classes.reshape(-1)[:count]
        class_id = np.rint(np.where(np.isfinite(numbers), numbers, -1)).astype(np.int64)  # eight bits say 2.996
        return boxes.reshape(-1, 4)[:count], class_id, scores.reshape(-1)[:count].astype(np.float32)


def finished_decoder(model: ModelFile, places: Finished, options: Options) -> FinishedDecoder:
    """Make the decoder of a model with finished boxes; for the options see `kinds.detection`."""
    given = only(options, "labels", "locale", "threshold", "most", "allow", "deny", task="detection")
    layout, notices = _layout(model, places)
    labels, notice = _labels(model, places, given)
    said = _said(model, places.scores)
    return FinishedDecoder(
        labels,
        (*notices, *((notice,) if notice else ())),
        places,
        layout=layout,
        choice=Choice.of(given, labels, of_file=said.score_threshold, usual=THRESHOLD),
        calibration=said.score_calibration,
    )


def corners(boxes: npt.NDArray[Any], layout: BoxLayout, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Boxes (n, 4) of a layout as x0, y0, x1, y1 in pixels of an input of (height, width) `size`."""
    rows, columns = (1, 1) if layout.pixels else size
    if layout.type == "boundaries":
        rearranged: npt.NDArray[np.float64] = boxes[:, layout.order] * np.array([columns, rows, columns, rows], float)
        return rearranged
    first, second, third, fourth = boxes.astype(np.float64).T[list(layout.order)]
    if layout.type == "upper_left":
        third, fourth = first + third, second + fourth
    elif layout.type == "center":
        first, third = first - third / 2, first + third / 2
        second, fourth = second - fourth / 2, second + fourth / 2
    return np.stack([first * columns, second * rows, third * columns, fourth * rows], axis=1)


def _count(said: npt.NDArray[Any], most: int) -> int:
    number = float(np.rint(said.reshape(-1)[0])) if said.size else float("nan")  # eight bits say 9.996
    if not 0 <= number <= most:
        raise DataError(f"the model says that it found {number:g} things, and has room for {most}")
    return int(number)


def _said(model: ModelFile, place: int) -> OutputMetadata:
    said = model.metadata.outputs
    return said[place] if place < len(said) else OutputMetadata()


def _layout(model: ModelFile, places: Finished) -> tuple[BoxLayout, list[str]]:
    """How four numbers are a box, and what the metadata says against what the operator does."""
    said = _said(model, places.boxes).boxes
    if places.operator is None:
        if said is None or said.type is None:
            raise UsageError("its metadata has boxes, and does not say what their four numbers are")
        return said, []
    notices = []
    told = by_metadata(model)
    if told is not None and (told.boxes, told.classes, told.scores) != (places.boxes, places.classes, places.scores):
        notices.append(f"its metadata mistakes the outputs for one another; the order of {POST_PROCESS} holds")
    elif said is not None and said.type is not None and said != OF_OPERATOR:
        notices.append(f"its metadata describes other boxes than {POST_PROCESS} computes; those of the operator hold")
    return OF_OPERATOR, notices


def _labels(model: ModelFile, places: Finished, given: Options) -> tuple[tuple[str, ...], str | None]:
    """The names of the classes, and what had to be understood.

    Raises `UsageError` where they are of another number than the operator's classes.
    """
    classes = places.of_operator("num_classes")
    labels = known_labels(given, _with_labels(model, places), classes, gap=GAP)
    if not labels:
        return (), "no labels: classes are called by their number"
    if classes is None or len(labels) == classes:
        return labels, None
    if len(labels) == classes + 1 and labels[0].lower() in _NO_OBJECT:
        return labels[1:], f"the first of {len(labels):,} labels is the background, which this model does not count"
    of_coco = "; COCO's 80 labels belong to 90 classes, with ??? in the gaps" if (len(labels), classes) == _COCO else ""
    raise UsageError(f"{len(labels):,} labels do not fit the model's {classes:,} classes. Give one for each{of_coco}")


def _with_labels(model: ModelFile, places: Finished) -> OutputMetadata:
    """The metadata of the classes, or where that has none of the first output that has labels for its values."""
    classes = _said(model, places.classes)
    if classes.labels:
        return classes
    others = (output for output in model.metadata.outputs if output.labels and output.label_target == "value")
    return next(others, classes)
