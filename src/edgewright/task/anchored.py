"""Boxes and keypoints of MediaPipe's single-shot detectors (faces, palms, bodies), which say both relative to anchors.

A kind that has such a detector names its form once, and everything else is here:

    FORM = AnchoredForm(size=192, strides=(8, 16, 16, 16), keypoints=7)   # palms: [1, 2016, 18] and [1, 2016, 1]
    places = FORM.places(model)                   # where boxes and scores are among the outputs; None: another model
    found = FORM.find(outputs, places, prepared, threshold=0.5)
    found.xyxy, found.points, found.confidence    # in pixels of the original, the best first

The form says nothing of the names in a file: those are generic, and one of these files calls itself another model.
Such files want letterboxed pictures; `options.unsaid` fills in what a file leaves open.

Source: the graphs of MediaPipe (Apache-2.0), `SsdAnchorsCalculator`, `TensorsToDetectionsCalculator` and
`NonMaxSuppressionCalculator` with the options in `modules/{face,palm,pose}_detection/*.pbtxt`: anchors of unit size in
the middle of each cell, scores clipped to ±100 before the sigmoid, weighted suppression from an overlap of 0.3 on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.model import ModelFile
from edgewright.task.suppression import overlap_with_first

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs

Floats = npt.NDArray[np.float64]

OVERLAP = 0.3
"""Boxes that share more than this (intersection over union) are one thing."""

_LARGEST_LOGIT = 100.0


class Places(NamedTuple):
    """Where boxes with keypoints, and scores, are among a model's outputs."""

    boxes: int
    scores: int


class Found(NamedTuple):
    """What was found, the best first.

    `xyxy` (n, 4) and `points` (n, k, 2) float32, x and y in pixels of the original, upright picture; they may lie
    outside of it. `confidence` (n,) float32, 0 to 1.
    """

    xyxy: npt.NDArray[np.float32]
    points: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]


@dataclass(frozen=True)
class AnchoredForm:
    """The form of a detector: what its input and outputs look like, and where its anchors are.

    `size`: height and width of the input. `strides`: pixels of the input between the cells of each layer. `keypoints`:
    points of each thing, behind the box's center and size. `each`: anchors that a layer has in a cell.
    """

    size: int
    strides: tuple[int, ...]
    keypoints: int
    each: int = 2

    @property
    def values(self) -> int:
        """Numbers for each anchor: x, y, width, height, then x and y of each keypoint; in pixels of the input."""
        return 4 + 2 * self.keypoints

    @property
    def count(self) -> int:
        """How many anchors there are."""
        return sum(self.each * self._cells(stride) ** 2 for stride in self.strides)

    @cached_property
    def anchors(self) -> Floats:
        """Centers of the anchors (count, 2): x and y in pixels of the input.

        Layers of one stride that follow one another share their cells: a cell has all of their anchors together.
        """
        layers: list[tuple[int, int]] = []
        for stride in self.strides:
            before = layers.pop()[1] if layers and layers[-1][0] == stride else 0
            layers.append((stride, before + self.each))
        return np.concatenate([self._centers(stride, each) for stride, each in layers])

    def _cells(self, stride: int) -> int:
        """Cells along a side."""
        return math.ceil(self.size / stride)

    def _centers(self, stride: int, each: int) -> Floats:
        cells = self._cells(stride)
        middles = (np.arange(cells) + 0.5) * (self.size / cells)
        x, y = np.meshgrid(middles, middles)
        return np.stack([x.ravel(), y.ravel()], axis=1).repeat(each, axis=0)

    def places(self, model: ModelFile) -> Places | None:
        """Tell a model of this form by its shapes, and where its outputs are; None for another one."""
        if [spec.shape for spec in model.inputs] != [(1, self.size, self.size, 3)]:
            return None
        shapes = [spec.shape for spec in model.outputs]
        wanted = (1, self.count, self.values), (1, self.count, 1)
        if sorted(shapes) != sorted(wanted):
            return None
        return Places(*map(shapes.index, wanted))

    def find(self, outputs: Outputs, places: Places, prepared: Prepared, *, threshold: float) -> Found:
        """Decode the outputs, real numbers, of one picture; things below the threshold (0 to 1) are left out.

        Raises `DataError` where a box that is left is no number, and for an input that is no picture.
        """
        if prepared.placement is None:
            raise DataError("boxes belong to a picture, and this input is none")
        scores = _sigmoid(outputs[places.scores].reshape(-1))
        chosen = np.flatnonzero(scores >= threshold)
        values = outputs[places.boxes].reshape(-1, self.values)[chosen].astype(np.float64)
        if not np.isfinite(values).all():
            raise DataError("the model's boxes hold NaN or infinity")
        boxes, confidence = _merged(self._placed(values, self.anchors[chosen]), scores[chosen])
        x, y = prepared.placement.to_picture(boxes[..., 0], boxes[..., 1])
        there = np.stack([x, y], axis=-1).astype(np.float32)
        return Found(there[:, :2].reshape(-1, 4), there[:, 2:], confidence.astype(np.float32))

    def _placed(self, values: Floats, anchors: Floats) -> Floats:
        """Two corners and the keypoints (n, 2 + k, 2) in pixels of the input."""
        points = values.reshape(-1, 2 + self.keypoints, 2)
        center, half = points[:, 0] + anchors, np.maximum(points[:, 1], 0) / 2
        corners = np.stack([center - half, center + half], axis=1)
        return np.concatenate([corners, points[:, 2:] + anchors[:, None]], axis=1)


def _sigmoid(logits: npt.NDArray[Any]) -> Floats:
    clipped = np.clip(logits.astype(np.float64), -_LARGEST_LOGIT, _LARGEST_LOGIT)
    scores: Floats = 1 / (1 + np.exp(-clipped))
    return scores


def _merged(points: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Weighted suppression: what overlaps the best one becomes one with it, averaged by the scores; that is its score.

    `points` (n, 2 + k, 2): the corners come first.
    """
    order = np.argsort(-scores, kind="stable")
    points, scores = points[order], scores[order]
    merged, confidence = [], []
    while len(scores):
        sides = points[:, :2].reshape(-1, 4).T
        same = overlap_with_first(sides, (sides[2] - sides[0]) * (sides[3] - sides[1])) > OVERLAP
        same[0] = True  # also where the box is empty
        weights = scores[same]
        merged.append((weights @ points[same].reshape(len(weights), -1)) / weights.sum())
        confidence.append(scores[0])
        points, scores = points[~same], scores[~same]
    return np.array(merged).reshape(-1, *points.shape[1:]), np.array(confidence)
