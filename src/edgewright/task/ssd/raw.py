"""Raw boxes and scores, as TensorFlow's object detection API has them before its post-processing, into `Detections`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import (
    GAP,
    DetectorOptions,
    ModelFile,
    OutputMetadata,
    detector_options,
    implied_meaning,
    maker_of,
)
from edgewright.spelling import argument
from edgewright.task.boxes.choosing import Choice
from edgewright.task.boxes.places import boxes_in_picture
from edgewright.task.labels import BACKGROUND, known_labels
from edgewright.task.numbers.limits import overlap
from edgewright.task.numbers.scores import SHARES
from edgewright.task.options import Options, only
from edgewright.task.ssd.anchors import FORM, Anchors, read_anchors
from edgewright.task.ssd.outputs import Raw
from edgewright.task.suppression import suppress

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.detections import Detections

THRESHOLD, OVERLAP, MOST = 0.3, 0.5, 100
"""Least score, overlap from which on two boxes of a class are one thing, and most detections, where nobody says."""

SCALES = (10.0, 10.0, 5.0, 5.0)
"""What y, x, height and width are divided by: `faster_rcnn_box_coder` in TensorFlow's object detection API."""

_LARGEST_LOGIT = 80.0
# Quantized scores may lie a little above 1.
_LARGEST_SCORE = 1.1


class Coding(NamedTuple):
    """How a box is said: relative to `anchors`, its numbers times `scales`; sizes as logarithms if `exponential`."""

    anchors: Anchors
    scales: tuple[float, float, float, float]
    exponential: bool = True

    def boxes(self, numbers: npt.NDArray[Any], places: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Boxes (n, 4) as x0, y0, x1, y1 in shares of the input, of the anchors at some places.

        Source: `CenterSizeEncoding` in TensorFlow Lite's `detection_postprocess.cc`.
        """
        y, x, down, across = (numbers.astype(np.float64) / self.scales).T
        anchor_y, anchor_x, height, width = self.anchors[places].T
        middle_y, middle_x = y * height + anchor_y, x * width + anchor_x
        half_height, half_width = self._size(down) * height / 2, self._size(across) * width / 2
        sides = middle_x - half_width, middle_y - half_height, middle_x + half_width, middle_y + half_height
        return np.stack(sides, axis=1)

    def _size(self, said: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.exp(np.minimum(said, _LARGEST_LOGIT)) if self.exponential else said


class RawDecoder:
    """Boxes relative to anchors, and scores of classes, into `Detections`.

    `labels`: of the classes that count, which are those from number `first` on. `logits`: scores want a sigmoid; None
    where nobody knows, then all do if one is below 0. `iou`: boxes of one class that overlap more are one thing.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        places: Raw,
        *,
        first: int,
        coding: Coding,
        logits: bool | None,
        choice: Choice,
        iou: float,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._places = places
        self._first = first
        self._coding = coding
        self._logits = logits
        self._choice = choice
        self._iou = iou

    takes_minus_infinity = True
    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """The scores: of the boxes those that are shown."""
        return [outputs[self._places.scores]]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Detections:
        """Decode one picture. Raises `DataError` where a box that is shown is no number."""
        from edgewright.task.results.detections import Detections  # of no use to a model of another kind

        if prepared.placement is None or prepared.original is None:
            raise DataError("boxes belong to a picture, and this input is none")
        places, class_id, confidence = self._sure(outputs[self._places.scores])
        numbers = outputs[self._places.boxes].reshape(-1, 4)[places]
        rows, columns = prepared.placement.size
        xyxy = self._coding.boxes(numbers, places) * (columns, rows, columns, rows)
        kept = suppress(xyxy, confidence, class_id, iou=self._iou, most=self._choice.most or MOST)
        there = boxes_in_picture(xyxy[kept], prepared)
        return Detections(there.xyxy, confidence[kept], class_id[kept], self.labels, prepared.original)

    def _sure(
        self, scores: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Places, classes and scores (n,) of those anchors whose best class is sure enough.

        Logits are held against the threshold's: most of them are not worth a sigmoid.
        """
        rows = scores.reshape(self._places.anchors, -1)[:, self._first :]
        logits = bool(rows.min() < 0) if self._logits is None else self._logits
        limit = _logit(self._choice.threshold) if logits else self._choice.threshold
        places = np.flatnonzero(rows.max(axis=1) >= limit)
        class_id = rows[places].argmax(axis=1)
        confidence = rows[places, class_id].astype(np.float32)
        if logits:
            powers = np.exp(-np.clip(confidence, -_LARGEST_LOGIT, _LARGEST_LOGIT))
            confidence = np.divide(1, 1 + powers, dtype=np.float32)
        elif confidence.max(initial=0) > _LARGEST_SCORE:
            raise DataError(
                f"a score is {confidence.max():g}, and they go from 0 to 1. Pass {argument('meaning', 'logits')}"
            )
        wanted = self._choice.wanted(confidence, class_id)
        return places[wanted], class_id[wanted], confidence[wanted]


def raw_decoder(model: ModelFile, places: Raw, options: Options) -> RawDecoder:
    """Make the decoder of a model with raw boxes; for the options see `kinds.detection`."""
    given = only(
        options,
        *("labels", "locale", "threshold", "most", "allow", "deny", "anchors", "box_scales", "iou", "meaning"),
        task="detection",
    )
    told = detector_options(model.metadata)
    said = model.metadata.outputs[places.scores] if places.scores < len(model.metadata.outputs) else OutputMetadata()
    labels, first, notices = _labels(given, said, places, _with_background(model, places))
    if first >= places.classes:
        raise UsageError("its only score is that of the background: it can find nothing")
    return RawDecoder(
        labels,
        notices,
        places,
        first=first,
        coding=_coding(model, places, given, told),
        logits=_logits(model, places, given, said, told),
        choice=Choice.of(given, labels, of_file=said.score_threshold, usual=THRESHOLD),
        iou=overlap(given.get("iou"), OVERLAP),
    )


def _coding(model: ModelFile, places: Raw, given: Options, told: DetectorOptions | None) -> Coding:
    if "anchors" not in given and told is None:
        shapes = " and ".join(str(list(model.outputs[place].shape)) for place in (places.boxes, places.scores))
        raise UsageError(
            f"its boxes and scores ({shapes}) are relative to {places.anchors:,} anchors, which are not in the file. "
            f"Pass them with {argument('anchors', 'FILE')} (.npy or .csv): {FORM}"
        )
    anchors = read_anchors(given["anchors"] if "anchors" in given or told is None else told.anchors, places.anchors)
    if "box_scales" in given or told is None:
        return Coding(anchors, _scales(given.get("box_scales", SCALES)))
    return Coding(anchors, told.scales, told.exponential)


def _scales(given: Any) -> tuple[float, float, float, float]:
    try:
        y, x, height, width = (float(number) for number in given)
    except (TypeError, ValueError):
        raise UsageError(
            f"{argument('box_scales')} is {given!r}; four numbers are expected, of y, x, height and width"
        ) from None
    if not all(math.isfinite(number) and number > 0 for number in (y, x, height, width)):
        raise UsageError(f"{argument('box_scales')} is {given!r}; all four are above 0")
    return y, x, height, width


def _logit(score: float) -> float:
    return -math.inf if score <= 0 else math.inf if score >= 1 else math.log(score / (1 - score))


def _logits(
    model: ModelFile, places: Raw, given: Options, said: OutputMetadata, told: DetectorOptions | None
) -> bool | None:
    """Whether scores want a sigmoid: as the caller, the file or the graph says; None where none of them does."""
    meaning = given.get("meaning") or said.meaning
    if meaning is not None:
        return bool(meaning == "logits")
    if told is not None:
        return told.logits
    return False if implied_meaning(model, places.scores) == "probabilities" else None


def _with_background(model: ModelFile, places: Raw) -> bool:
    """A softmax has a class for nothing, in front; sigmoids need none."""
    maker = maker_of(model, places.scores)
    return maker is not None and maker.name == "SOFTMAX"


def _labels(
    given: Options, said: OutputMetadata, places: Raw, softmax: bool
) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """The names of the classes, the number of the first that is one, and what had to be understood."""
    labels = known_labels(given, said, places.classes, gap=GAP)
    if not labels:
        return (), int(softmax), ("no labels: classes are called by their number",)
    if len(labels) == places.classes - 1:
        notice = (
            f"{len(labels):,} labels for {places.classes:,} scores: the first one is taken for the background class"
        )
        return labels, 1, (notice,)
    if len(labels) != places.classes:
        raise UsageError(f"{len(labels):,} labels do not fit the model's {places.classes:,} scores. Give one for each")
    background = labels[0].lower() in (BACKGROUND, GAP)
    return (labels[1:], 1, ()) if background else (labels, 0, ())
