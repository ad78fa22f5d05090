"""Finding things in pictures: the outputs of an SSD detector are boxes, classes, scores and their number."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile, Operator
from edgewright.task.labels import own_labels, read_labels, unknown_label
from edgewright.task.options import Options, only, unsaid
from edgewright.task.scores import calibrate

if TYPE_CHECKING:
    from edgewright.media import Placement, Prepared
    from edgewright.model import ScoreCalibration
    from edgewright.task.kind import Outputs
    from edgewright.task.results.detections import Detections

THRESHOLD = 0.3
"""Scores below this are left out where neither the caller nor the file says another one."""

# The detector's last step, written for TensorFlow's object detection API, and its outputs in their order.
_POST_PROCESS = "TFLite_Detection_PostProcess"
_BOXES, _CLASSES, _SCORES, _COUNT = range(4)


class DetectionDecoder:
    """The four outputs of an SSD detector into `Detections`.

    `places`: where boxes, classes, scores and the count are among the model's outputs. `allowed`: indices of classes;
    None allows all.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        *,
        places: tuple[int, ...],
        threshold: float,
        most: int | None,
        allowed: frozenset[int] | None,
        calibration: ScoreCalibration | None,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._places = places
        self._threshold = threshold
        self._most = most
        self._allowed = allowed
        self._calibration = calibration

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Detections:
        """Decode one picture: boxes are shares (y0, x0, y1, x1) of the model's input.

        Source: `TFLite_Detection_PostProcess` in TensorFlow Lite's custom operators.
        """
        from edgewright.task.results.detections import Detections  # of no use to a model of another kind

        if prepared.placement is None or prepared.original is None:
            raise DataError("boxes belong to a picture, and this input is none")
        boxes, classes, scores, count = (outputs[place] for place in self._places)
        found = int(count.reshape(-1)[0])
        class_id = classes.reshape(-1)[:found].astype(np.int64)
        confidence = scores.reshape(-1)[:found].astype(np.float32)
        if self._calibration is not None:
            confidence = calibrate(confidence, self._calibration, class_id)
        chosen = self._chosen(class_id, confidence)
        xyxy = _in_picture(boxes.reshape(-1, 4)[chosen], prepared.placement, prepared.original)
        return Detections(xyxy, confidence[chosen], class_id[chosen], self.labels, prepared.original)

    def _chosen(self, class_id: npt.NDArray[np.int64], confidence: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
        """Places of the detections to show, by falling score."""
        wanted = confidence >= self._threshold
        if self._allowed is not None:
            wanted &= np.isin(class_id, list(self._allowed))
        order = np.argsort(-confidence, kind="stable")
        return order[wanted[order]][: self._most]


class _Kind:
    """Detectors that end in TensorFlow Lite's own post-processing."""

    name = "detection"
    input = "picture"

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
        given = only(options, "labels", "locale", "threshold", "most", "allow", "deny", task=self.name)
        places = _places(model)
        if places is None:
            raise UsageError(f"{model.name}: a detector ends in {_POST_PROCESS}, and this model does not")
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
            threshold=_threshold(given.get("threshold"), file_threshold),
            most=_most(given.get("most")),
            allowed=_allowed(labels, given.get("allow"), given.get("deny")),
            calibration=of_scores.score_calibration if of_scores else None,
        )


KIND = _Kind()


def _places(model: ModelFile) -> tuple[int, ...] | None:
    """Where the operator's outputs are among the model's: files order them in several ways."""
    outputs = [spec.index for spec in model.outputs]
    for operator in model.ops:
        if operator.name == _POST_PROCESS and set(operator.outputs) <= set(outputs):
            return _in_order(operator, outputs)
    return None


def _in_order(operator: Operator, outputs: list[int]) -> tuple[int, ...] | None:
    return tuple(outputs.index(index) for index in operator.outputs) if len(operator.outputs) == 4 else None


def _in_picture(shares: npt.NDArray[Any], placement: Placement, original: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Boxes (n, 4), shares (y0, x0, y1, x1) of the input, as pixels (x0, y0, x1, y1) of the original, inside it."""
    (height, width), (rows, columns) = original, placement.size
    y0, x0, y1, x1 = shares.astype(np.float64).T
    left, top = placement.to_picture(np.minimum(x0, x1) * columns, np.minimum(y0, y1) * rows)
    right, bottom = placement.to_picture(np.maximum(x0, x1) * columns, np.maximum(y0, y1) * rows)
    inside = [np.clip(left, 0, width), np.clip(top, 0, height), np.clip(right, 0, width), np.clip(bottom, 0, height)]
    return np.stack(inside, axis=1).astype(np.float32)


def _threshold(given: Any, of_file: float | None) -> float:
    chosen = given if given is not None else of_file if of_file is not None else THRESHOLD
    if not 0 <= chosen <= 1:
        raise UsageError(f"threshold is {chosen}; scores go from 0 to 1")
    return float(chosen)


def _most(given: int | None) -> int | None:
    if given is not None and given < 1:
        raise UsageError(f"most is {given}; at least 1 is needed")
    return given


def _allowed(
    labels: tuple[str, ...], allow: Collection[str] | None, deny: Collection[str] | None
) -> frozenset[int] | None:
    """The classes that are shown; None for all."""
    if allow is None and deny is None:
        return None
    for label in (*(allow or ()), *(deny or ())):
        if label not in labels:
            raise UsageError(unknown_label(label, labels))
    shown = set(labels if allow is None else allow) - set(deny or ())
    return frozenset(index for index, label in enumerate(labels) if label in shown)
