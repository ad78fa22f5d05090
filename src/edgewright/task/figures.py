"""Detectors of hands and bodies: a box and the points that say which way up the thing is, for a second model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import UsageError
from edgewright.task.numbers.scores import SHARES
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
        return FigureDecoder(self, places, checked_threshold(given, THRESHOLD), checked_most(given))


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


def checked_threshold(given: Options, usual: Any, name: str = "threshold") -> Any:
    """A threshold of scores that was given, else the usual one; raises `UsageError` unless it is from 0 to 1."""
    value = given.get(name, usual)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (is_number and 0 <= value <= 1):
        raise UsageError(f"{name} is {value!r}; scores go from 0 to 1")
    return value


def checked_most(given: Options) -> int | None:
    """The largest number of things that was asked for; raises `UsageError` for less than 1."""
    most = given.get("most")
    if most is not None and not (isinstance(most, int) and most >= 1):
        raise UsageError(f"most is {most!r}; at least 1 is needed")
    return most
