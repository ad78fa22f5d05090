"""Finding things in pictures: the outputs of an SSD detector are boxes, classes, scores and their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.model import ModelFile, Operator
from edgewright.task.boxes.choosing import Choice
from edgewright.task.boxes.places import boxes_in_picture, picture_of
from edgewright.task.labels import own_labels, read_labels
from edgewright.task.options import Options, only, unsaid
from edgewright.task.scores import calibrate

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.model import ScoreCalibration
    from edgewright.task.kind import Decoder, Outputs
    from edgewright.task.results.detections import Detections

THRESHOLD = 0.3
"""Scores below this are left out where neither the caller nor the file says another one."""

# The detector's last step, written for TensorFlow's object detection API, and its outputs in their order.
_POST_PROCESS = "TFLite_Detection_PostProcess"
_BOXES, _CLASSES, _SCORES, _COUNT = range(4)


class DetectionDecoder:
    """The four outputs of an SSD detector into `Detections`.

    `places`: where boxes, classes, scores and the count are among the model's outputs.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        *,
        places: tuple[int, ...],
        choice: Choice,
        calibration: ScoreCalibration | None,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._places = places
        self._choice = choice
        self._calibration = calibration

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Detections:
        """Decode one picture: boxes are shares (y0, x0, y1, x1) of the model's input.

        Source: `TFLite_Detection_PostProcess` in TensorFlow Lite's custom operators.
        """
        from edgewright.task.results.detections import Detections  # of no use to a model of another kind

        placement, original = picture_of(prepared)
        boxes, classes, scores, count = (outputs[place] for place in self._places)
        found = int(count.reshape(-1)[0])
        class_id = classes.reshape(-1)[:found].astype(np.int64)
        confidence = scores.reshape(-1)[:found].astype(np.float32)
        if self._calibration is not None:
            confidence = calibrate(confidence, self._calibration, class_id)
        chosen = self._choice.ranked(confidence, class_id)
        xyxy, angle = boxes_in_picture(_in_input(boxes.reshape(-1, 4)[chosen], placement.size), prepared)
        return Detections(xyxy, confidence[chosen], class_id[chosen], self.labels, original, angle=angle)


class Head(Protocol):
    """One of the ways in which files say what they found. All of them are of one kind, with one result."""

    def recognize(self, model: ModelFile) -> str | None:
        """Why a file says it in this way, in a few words; None where it does not."""

    def input_options(self, model: ModelFile) -> Options:
        """What the preparation needs where the file and the caller say nothing else."""

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make the decoder of a file that is recognized."""


class _PostProcessed:
    """Detectors that end in TensorFlow Lite's own post-processing."""

    def recognize(self, model: ModelFile) -> str | None:
        """The outputs of the post-processing are the model's."""
        return f"it ends in {_POST_PROCESS}" if _places(model) else None

    def input_options(self, model: ModelFile) -> Options:
        """Boxes come nearer to the published ones on pictures that are as sharp as those of the training."""
        return unsaid(model, interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> DetectionDecoder:
        """Make a decoder.

        Options: labels and locale, as for classification; threshold, the least score (0 to 1); most, the largest number
        of detections; allow, deny: labels to be shown, or not to be shown.
        """
        given = only(options, "labels", "locale", "threshold", "most", "allow", "deny", task="detection")
        places = _places(model) or ()
        said = model.metadata.outputs
        of_classes = said[places[_CLASSES]] if said else None
        own = own_labels(of_classes, given.get("locale")) if of_classes else ()
        labels = read_labels(given["labels"]) if "labels" in given else own
        of_scores = said[places[_SCORES]] if said else None
        file_threshold = of_scores.score_threshold if of_scores else None
        return DetectionDecoder(
            labels,
            () if labels else ("no labels: classes are called by their number",),
            places=places,
            choice=Choice.of(given, labels, of_file=file_threshold, usual=THRESHOLD),
            calibration=of_scores.score_calibration if of_scores else None,
        )


class _Kind:
    """Whatever finds things in pictures; each of its heads knows one form of outputs."""

    name = "detection"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The reason of the first head that knows the outputs."""
        return next((reason for head in _heads() if (reason := head.recognize(model))), None)

    def input_options(self, model: ModelFile) -> Options:
        """Those of the head that knows the outputs."""
        head = _head(model)
        return {} if head is None else head.input_options(model)

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Detections]:
        """Make the decoder of the head that knows the outputs; see there for its options."""
        head = _head(model)
        if head is None:
            shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs)
            raise UsageError(
                f"{model.name}: a detector ends in {_POST_PROCESS} or has the outputs of a YOLO, and this model does "
                f"not: its outputs are {shapes}"
            )
        return head.decoder(model, options)


KIND = _Kind()


def _heads() -> tuple[Head, ...]:
    from edgewright.task.yolo.head import HEAD as YOLO

    return _PostProcessed(), YOLO


def _head(model: ModelFile) -> Head | None:
    return next((head for head in _heads() if head.recognize(model)), None)


def _places(model: ModelFile) -> tuple[int, ...] | None:
    """Where the operator's outputs are among the model's: files order them in several ways."""
    outputs = [spec.index for spec in model.outputs]
    for operator in model.ops:
        if operator.name == _POST_PROCESS and set(operator.outputs) <= set(outputs):
            return _in_order(operator, outputs)
    return None


def _in_order(operator: Operator, outputs: list[int]) -> tuple[int, ...] | None:
    return tuple(outputs.index(index) for index in operator.outputs) if len(operator.outputs) == 4 else None


def _in_input(shares: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Boxes (n, 4), shares (y0, x0, y1, x1) of the input of (height, width), as its pixels (x0, y0, x1, y1)."""
    rearranged: npt.NDArray[np.float64] = shares.astype(np.float64)[:, [1, 0, 3, 2]] * np.array(size[::-1] * 2)
    return rearranged
