"""Faces: MediaPipe's BlazeFace detectors, which are told by the shapes of their outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task.numbers.limits import at_least_one
from edgewright.task.numbers.scores import SHARES, threshold_of
from edgewright.task.options import Options, only, unsaid

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.anchored import AnchoredForm, Places
    from edgewright.task.crop import Crop
    from edgewright.task.kind import Outputs
    from edgewright.task.results.faces import Faces

THRESHOLD = 0.5
"""Faces below this are left out; that of MediaPipe's own graphs."""

_VALUES = 16  # a box and six points


class FacesDecoder:
    """Boxes with points, and scores, into `Faces`."""

    labels: tuple[str, ...] = ("face",)

    def __init__(self, form: AnchoredForm, places: Places, threshold: float, most: int | None) -> None:
        self._form = form
        self._places = places
        self._threshold = threshold
        self._most = most

    @property
    def crop(self) -> Crop:
        """What a second model is to see of each: upright by its eyes, and half as large again.

        Source: MediaPipe's `face_detection_front_detection_to_roi.pbtxt`.
        """
        from edgewright.task.crop import Crop

        return Crop(start="right_eye", end="left_eye", degrees=0.0, margin=0.25, square=True)

    takes_minus_infinity = True
    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """The scores: of the boxes those that are shown."""
        return [outputs[self._places.scores]]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Faces:
        """Decode one picture."""
        import numpy as np

        from edgewright.task.results.faces import Faces

        found = self._form.find(outputs, self._places, prepared, threshold=self._threshold)
        height, width = prepared.original or (0, 0)  # `find` takes pictures only
        xyxy = np.clip(found.xyxy, 0, np.array([width, height, width, height], np.float32))
        inside = (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
        faces = np.flatnonzero(inside)[: self._most]
        return Faces(xyxy[faces], found.points[faces], found.confidence[faces], (height, width))


class _Kind:
    """Detectors of faces with six points each."""

    name = "faces"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """Shapes: what such files say of themselves is generic, and sometimes of another model."""
        return "its outputs are those of BlazeFace" if _form(model) else None

    def input_options(self, model: ModelFile) -> Options:
        """Pictures keep their proportions and become -1 to 1, as in MediaPipe's graphs.

        Antialiasing, which those do without, made no difference: of 24 copies of a portrait, shifted and scaled, the
        points were as far from where the eye sees them, 3% of the face's width.
        """
        return unsaid(model, normalization="minus_one_to_one", resize="letterbox", interpolation="quick")

    def decoder(self, model: ModelFile, options: Options) -> FacesDecoder:
        """Make a decoder. Options: threshold, the least score (0 to 1); most, the largest number of faces."""
        given = only(options, "threshold", "most", task=self.name)
        found = _form(model)
        if found is None:
            shapes = [list(spec.shape) for spec in model.outputs]
            raise UsageError(
                f"{model.name}: a face detector has outputs [1, 896, 16] and [1, 896, 1], or 2304 in place of 896; "
                f"this model has {shapes}"
            )
        threshold = threshold_of(given.get("threshold"), None, THRESHOLD)
        return FacesDecoder(*found, threshold, at_least_one(given.get("most")))


KIND = _Kind()


def _form(model: ModelFile) -> tuple[AnchoredForm, Places] | None:
    """The detector's form and where its outputs are, for those of faces."""
    if not any(len(spec.shape) == 3 and spec.shape[2] == _VALUES for spec in model.outputs):
        return None
    from edgewright.task.anchored import AnchoredForm

    forms = (
        AnchoredForm(size=128, strides=(8, 16, 16, 16), keypoints=6),  # short range, within 2 meters
        AnchoredForm(size=192, strides=(4,), keypoints=6, each=1),  # full range, within 5 meters
        AnchoredForm(size=256, strides=(16, 32, 32, 32), keypoints=6),  # the older one of the back camera
    )
    found = ((form, form.places(model)) for form in forms)
    return next(((form, places) for form, places in found if places is not None), None)
