"""Detectors of hands and bodies: a box and the points that say which way up the thing is, for a second model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright.errors import UsageError
from edgewright.task.numbers.limits import at_least_one, share
from edgewright.task.numbers.scores import SHARES, threshold_of
from edgewright.task.options import Options, only
from edgewright.task.poses.skeletons import Skeleton
from edgewright.task.results.poses import Poses

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.model import ModelFile
    from edgewright.task.anchored import AnchoredForm, Places
    from edgewright.task.crop import Crop
    from edgewright.task.kind import Outputs

THRESHOLD = 0.5
"""Things with a lower score are left out, as in MediaPipe's graphs."""


@dataclass(frozen=True)
class FigureDetector:
    """What a detector of this form finds: `label` names it, `skeleton` its points, `crop` what a second model sees."""

    kind: str
    label: str
    form: AnchoredForm
    skeleton: Skeleton
    crop: Crop

    def decoder(self, model: ModelFile, options: Options) -> FigureDecoder:
        """Make a decoder; options: threshold (0 to 1, usually 0.5) and most. Raises `UsageError`."""
        given = only(options, "threshold", "most", task=self.kind)
        places = self.form.places(model)
        if places is None:
            size, count, values = self.form.size, self.form.count, self.form.values
            raise UsageError(
                f"{self.kind} are found in pictures of {size} x {size} as [1, {count}, {values}] and [1, {count}, 1]; "
                f"this model's outputs are {', '.join(str(list(spec.shape)) for spec in model.outputs)}"
            )
        threshold = threshold_of(given.get("threshold"), None, THRESHOLD)
        return FigureDecoder(self, places, threshold, at_least_one(given.get("most")))


class FigureDecoder:
    """Outputs into `Poses` with the detector's own boxes. `crop`: what a second model is to see of each."""

    def __init__(self, detector: FigureDetector, places: Places, threshold: float, most: int | None) -> None:
        self.labels = (detector.label,)
        self.crop = detector.crop
        self._detector = detector
        self._places = places
        self._threshold = threshold
        self._most = most

    takes_minus_infinity = True
    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """The scores: of the boxes those that are shown."""
        return [outputs[self._places.scores]]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Poses:
        """Decode one picture; a point is as sure as the whole thing."""
        detector = self._detector
        found = detector.form.find(outputs, self._places, prepared, threshold=self._threshold)
        confidence = found.confidence[: self._most]
        return Poses(
            found.points[: self._most],
            np.repeat(confidence[:, None], len(detector.skeleton), axis=1),
            confidence,
            prepared.original or (0, 0),
            kind=detector.kind,
            skeleton=detector.skeleton,
            labels=self.labels,
            xyxy=found.xyxy[: self._most],
        )


def point_threshold(given: Options) -> float | None:
    """The least score of a point that is drawn, None where nobody says one; raises `UsageError` unless 0 to 1."""
    chosen = given.get("keypoint_threshold")
    return None if chosen is None else share(chosen, "keypoint_threshold")
