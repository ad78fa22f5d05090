"""The outputs of a YOLO into `Detections`: what is sure enough, without doubles, in pixels of the original."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.model import MOST_LABELS
from edgewright.spelling import argument
from edgewright.task.boxes.choosing import Choice
from edgewright.task.boxes.places import Boxes, boxes_in_picture, picture_of
from edgewright.task.numbers.scores import SHARES
from edgewright.task.poses.skeletons import COCO, Skeleton, numbered
from edgewright.task.suppression import suppress
from edgewright.task.yolo.form import Form, Part
from edgewright.task.yolo.masks import MaskMaker
from edgewright.task.yolo.turned import suppress_turned
from edgewright.task.yolo.units import COORDINATES, are_corners, are_logits, columns, coordinates_of, known_corners

if TYPE_CHECKING:
    from edgewright.media import Placement, Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.detections import Detections

OVERLAP, MOST = 0.7, 300
"""What `ultralytics` takes where nobody says anything else: `cfg/default.yaml`."""

# Eight bits may say a little more than 1.
_LARGEST_SCORE, _LARGEST_LOGIT = 1.1, 80.0

Floats = npt.NDArray[np.float32]


class Candidates(NamedTuple):
    """Boxes that are sure enough: `sides` (4, n) as the model says them, and `more` (m, n) of each."""

    sides: Floats
    confidence: Floats
    class_id: npt.NDArray[np.int64]
    more: Floats


class YoloDecoder:
    """Decodes the outputs of a form. `iou`: boxes of one class that overlap more are one thing.

    `coordinates`: whether sides are shares of the input or its pixels; None: found from the first picture's numbers,
    and kept for all others. `corners`: sides are two corners and no middle and size. `logits`: scores want a sigmoid,
    which few exporters leave out; None: found as well.
    """

    def __init__(
        self,
        form: Form,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        *,
        choice: Choice,
        iou: float = OVERLAP,
        coordinates: str | None = None,
        corners: bool | None = None,
        logits: bool | None = None,
    ) -> None:
        if coordinates not in (None, *COORDINATES):
            raise UsageError(f"coordinates is {coordinates!r}; choose one of: {', '.join(COORDINATES)}")
        self.labels = labels
        self.notices = notices
        self.coordinates = coordinates
        self._form = form
        self._choice = choice
        self._iou = iou
        self._logits = logits
        self._corners = known_corners(form) if corners is None else corners

    takes_minus_infinity = True
    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """The scores, and of what masks are made; of the boxes those that are shown."""
        form = self._form
        masks = [] if form.prototypes is None else [outputs[form.prototypes.place]]
        if form.scores is not None:
            return [columns(outputs, form.scores), *masks]
        behind = 6 if form.end_to_end else 4 + form.objectness + form.classes
        return [columns(outputs, form.boxes)[4:behind], *masks]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Detections:
        """Decode one picture."""
        found = _sorted(outputs, self._form) if self._form.end_to_end else self._of_grid(outputs)
        found = _at(found, np.flatnonzero(self._choice.wanted(found.confidence, found.class_id)))
        if not (np.isfinite(found.sides).all() and np.isfinite(found.more).all()):
            raise DataError("the model's boxes hold NaN or infinity")
        self._understand(outputs, found)
        scale = self._scale()
        xyxy, angle = self._placed(found, scale)
        kept = self._without_doubles(xyxy, angle, found)
        found = _at(found, kept)
        boxes = boxes_in_picture(xyxy[kept], prepared, None if angle is None else angle[kept])
        return self._result(found, boxes, outputs, prepared, scale)

    def _of_grid(self, outputs: Outputs) -> Candidates:
        """Those boxes of the grid whose best class is sure enough; most are not, and are looked at no further."""
        form = self._form
        numbers = columns(outputs, form.boxes)
        scores = numbers[4:] if form.scores is None else columns(outputs, form.scores)
        behind = scores[form.objectness :]
        more = behind[form.classes :] if form.more is None else _more(outputs, form, form.more)
        there, scores = scores[0], behind[: form.classes]
        if self._logits is None:
            self._logits = are_logits(scores)
        least = self._least()
        if form.objectness:
            sure = np.flatnonzero(there >= least)
            of_classes = self._scores(scores[:, sure]) * self._scores(there[sure])
        else:
            sure = np.flatnonzero(_largest(scores) >= least)
            of_classes = self._scores(scores[:, sure])
        class_id = of_classes.argmax(axis=0) if len(sure) else np.zeros(0, np.int64)
        confidence = of_classes[class_id, np.arange(len(sure))]
        return Candidates(numbers[:4, sure], confidence, class_id, more[:, sure])

    def _least(self) -> float:
        """The threshold as the model says scores."""
        threshold = self._choice.threshold
        if not self._logits:
            return threshold
        return math.log(threshold / (1 - threshold)) if 0 < threshold < 1 else math.copysign(math.inf, threshold - 0.5)

    def _scores(self, said: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Scores from 0 to 1. Raises `DataError` where what the model says is something else."""
        if self._logits:
            sigmoids: npt.NDArray[Any] = 1 / (1 + np.exp(-np.clip(said, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
            return sigmoids
        if said.size and said.max() > _LARGEST_SCORE:
            raise DataError(f"a score is {said.max():g}, and they go from 0 to 1. Pass {argument('meaning', 'logits')}")
        return said

    def _understand(self, outputs: Outputs, found: Candidates) -> None:
        """Find out from the first picture's numbers what nobody said."""
        sides = found.sides if self._form.end_to_end else columns(outputs, self._form.boxes)[:4]
        if not sides.size:
            return
        if self.coordinates is None:
            self.coordinates = coordinates_of(self._form, sides)
        if self._corners is None:
            self._corners = are_corners(sides)

    def _scale(self) -> tuple[float, float]:
        """(vertical, horizontal) pixels of the input for one of the model's units."""
        return (1.0, 1.0) if self.coordinates == "pixels" else (float(self._form.size[0]), float(self._form.size[1]))

    def _placed(self, found: Candidates, scale: tuple[float, float]) -> tuple[Floats, Floats | None]:
        """Corners (n, 4) in pixels of the input, and angles (n,) where the model says them."""
        first, second, third, fourth = found.sides * np.array([scale[1], scale[0]] * 2, np.float32)[:, None]
        angle = found.more[-1] if self._form.extra.angle else None
        if self._corners:
            return np.stack([first, second, third, fourth], axis=1), None
        across, down = third / 2, fourth / 2
        return np.stack([first - across, second - down, first + across, second + down], axis=1), angle

    def _without_doubles(self, xyxy: Floats, angle: Floats | None, found: Candidates) -> npt.NDArray[np.intp]:
        """Places of those that stay, the best first."""
        most = self._choice.most or MOST
        if self._form.end_to_end:
            return np.argsort(-found.confidence, kind="stable")[:most]
        if angle is not None:
            return suppress_turned(xyxy, angle, found.confidence, found.class_id, iou=self._iou, most=most)
        return suppress(xyxy, found.confidence, found.class_id, iou=self._iou, most=most)

    def _result(
        self, found: Candidates, boxes: Boxes, outputs: Outputs, prepared: Prepared, scale: tuple[float, float]
    ) -> Detections:
        from edgewright.task.results.detections import Detections

        placement, original = picture_of(prepared)
        points, mask_of, extra = None, None, self._form.extra
        if extra.points is not None:
            points = _points(found.more.T.reshape(-1, *extra.points), placement, scale)
        if self._form.prototypes is not None:
            place, _, last = self._form.prototypes
            mask_of = MaskMaker(found.more.T, outputs[place][0], boxes.bounds, placement, original, last=last)
        return Detections(
            boxes.xyxy,
            found.confidence.astype(np.float32),
            found.class_id,
            self.labels,
            original,
            angle=boxes.angle,
            points=points,
            skeleton=None if extra.points is None else _skeleton(extra.points[0]),
            mask_of=mask_of,
        )


def _more(outputs: Outputs, form: Form, part: Part) -> npt.NDArray[Any]:
    """What more is said of each box, (numbers, boxes); of keypoints x, y and score of each."""
    more = columns(outputs, part)
    if form.seen is None:
        return more
    seen = columns(outputs, form.seen)
    joined: npt.NDArray[Any] = np.concatenate([more.reshape(len(seen), 2, -1), seen[:, None]], axis=1)
    return joined.reshape(-1, more.shape[1])


def _largest(scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The best score (n,) of each box, of (classes, n)."""
    largest: npt.NDArray[Any] = scores.max(axis=0)
    return largest


def _sorted(outputs: Outputs, form: Form) -> Candidates:
    numbers = columns(outputs, form.boxes)
    there = (numbers[5] > -0.5) & (numbers[5] < MOST_LABELS)  # also not NaN
    class_id = np.rint(np.where(there, numbers[5], 0)).astype(np.int64)
    return Candidates(numbers[:4], np.where(there, numbers[4], 0), class_id, numbers[6:])


def _skeleton(points: int) -> Skeleton:
    """Nobody names the points of other things than people."""
    return COCO if points == len(COCO) else numbered(points)


def _points(points: Floats, placement: Placement, scale: tuple[float, float]) -> Floats:
    """Points (n, k, 2 or 3) of the model as x, y and score (n, k, 3) in the original; without a score they are sure."""
    x, y = placement.to_picture(points[..., 0] * scale[1], points[..., 1] * scale[0])
    scores = points[..., 2] if points.shape[-1] > 2 else np.ones_like(x)
    return np.stack([x, y, scores], axis=-1).astype(np.float32)


def _at(found: Candidates, places: npt.NDArray[np.intp]) -> Candidates:
    return Candidates(found.sides[:, places], found.confidence[places], found.class_id[places], found.more[:, places])
