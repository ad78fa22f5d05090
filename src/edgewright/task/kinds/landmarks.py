"""All points of one hand, body, face or eye that fills the picture: the second of two models in a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile
from edgewright.task.numbers.scores import SHARES, threshold_of
from edgewright.task.options import Options, only, unsaid

if TYPE_CHECKING:
    import numpy.typing as npt

    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.poses.skeletons import Skeleton
    from edgewright.task.results.poses import Poses

    Points = npt.NDArray[Any]

THRESHOLD = 0.5
"""Where the file is less sure that there is such a thing at all, there is none; as in MediaPipe's graphs."""


@dataclass(frozen=True)
class Form:
    """One of MediaPipe's files. `sizes`: elements of its outputs in their order; `skeleton` makes the names.

    `values` are the numbers of a point in the first output, `points` how many of those are used; the first two are x
    and y in pixels of the input. `flag`: the output that says whether the thing is there, `is_share` whether it is a
    share already. `side`: the output that tells one hand from the other. `visible`: the number of a point that says
    whether it can be seen. `more`: an output with further points. `maps`: the output with a map of each point, by which
    they are moved, and its cells a side.
    """

    thing: str
    sizes: tuple[int, ...]
    values: int
    points: int
    skeleton: Callable[[], Skeleton]
    labels: tuple[str, ...]
    flag: int | None = None
    is_share: bool = True
    side: int | None = None
    visible: int | None = None
    more: int | None = None
    maps: tuple[int, int] | None = None


def _hand() -> Skeleton:
    from edgewright.task.poses.skeletons import HAND

    return HAND


def _body() -> Skeleton:
    from edgewright.task.poses.skeletons import BODY

    return BODY


def _face() -> Skeleton:
    from edgewright.task.poses.skeletons import numbered

    return numbered(468)


def _eye() -> Skeleton:
    from edgewright.task.poses.skeletons import EYE

    return EYE


# Sources: MediaPipe's graphs `hand_landmark_cpu.pbtxt`, `pose_landmark_by_roi_cpu.pbtxt` with
# `tensors_to_pose_landmarks_and_segmentation.pbtxt`, `face_landmark_cpu.pbtxt`, `iris_landmark_cpu.pbtxt`.
_FORMS = (
    Form("a hand", (63, 1, 1, 63), 3, 21, _hand, ("left hand", "right hand"), flag=1, side=2),
    Form("a body", (195, 1, 256 * 256, 64 * 64 * 39, 117), 5, 33, _body, ("person",), flag=1, visible=3, maps=(3, 64)),
    Form("a face", (1404, 1), 3, 468, _face, ("face",), flag=1, is_share=False),
    Form("an eye", (213, 15), 3, 76, _eye, ("eye",), more=1),
)


class LandmarksDecoder:
    """Outputs into `Poses` of one figure, or of none where the file says that there is none."""

    def __init__(self, form: Form, threshold: float, keypoint_threshold: float | None) -> None:
        self.labels = form.labels
        self._form = form
        self._skeleton = form.skeleton()
        self._threshold = threshold
        self._keypoint_threshold = keypoint_threshold

    score_range = SHARES

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """Those that are looked at; a file may have a mask and points in meters besides."""
        form = self._form
        maps = None if form.maps is None else form.maps[0]
        return [outputs[place] for place in (0, form.flag, form.side, form.more, maps) if place is not None]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Poses:
        """Decode one picture."""
        import numpy as np

        from edgewright.task.results.poses import POINT_THRESHOLD, Poses

        if prepared.placement is None or prepared.original is None:
            raise DataError("points belong to a picture, and this input is none")
        form = self._form
        heads = [output.reshape(-1) for output in outputs]
        points = _points(heads, form, prepared.placement.size[0])
        score = _score(heads, form)
        seen = np.full(len(points), score) if form.visible is None else _sigmoid(points[:, form.visible])
        there = int(score >= self._threshold)
        x, y = prepared.placement.to_picture(points[:, 0], points[:, 1])
        least = POINT_THRESHOLD if self._keypoint_threshold is None else self._keypoint_threshold
        return Poses(
            np.stack([x, y], axis=1)[None, :][:there].astype(np.float32),
            seen[None, :][:there].astype(np.float32),
            np.full(there, score, np.float32),
            prepared.original,
            kind="landmarks",
            skeleton=self._skeleton,
            keypoint_threshold=least,
            labels=form.labels,
            class_id=np.full(there, _side(heads, form)),
        )


class _Kind:
    """A picture that one thing fills in, its points out."""

    name = "landmarks"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The sizes of the outputs are those of one of the files."""
        form = _form(model)
        return f"its outputs are the points of {form.thing}" if form else None

    def input_options(self, model: ModelFile) -> Options:
        """The whole crop as sharp as those of the training, pixels from 0 to 1."""
        return unsaid(model, normalization="zero_to_one", resize="letterbox", interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> LandmarksDecoder:
        """Make a decoder.

        Options: threshold, the least score of the whole (0 to 1, usually 0.5); keypoint_threshold, that of a point that
        is drawn and stretches the box (0.3).
        """
        from edgewright.task.figures import point_threshold

        given = only(options, "threshold", "keypoint_threshold", task=self.name)
        form = _form(model)
        if form is None:
            known = ", ".join(f"{form.thing} ({' + '.join(map(str, form.sizes))} numbers)" for form in _FORMS)
            sizes = " + ".join(str(spec.elements) for spec in model.outputs)
            raise UsageError(f"the points of one thing are those of {known}; this model's outputs have {sizes}")
        return LandmarksDecoder(
            form,
            threshold_of(given.get("threshold"), None, THRESHOLD),
            point_threshold(given),
        )


KIND = _Kind()


def _form(model: ModelFile) -> Form | None:
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        return None
    sizes = tuple(spec.elements for spec in model.outputs)
    return next((form for form in _FORMS if form.sizes == sizes), None)


def _points(heads: list[Points], form: Form, size: int) -> Points:
    import numpy as np

    from edgewright.task.poses.refining import refined

    points = heads[0].reshape(-1, form.values)
    if form.more is not None:
        points = np.concatenate([points, heads[form.more].reshape(-1, form.values)])
    points = points[: form.points].astype(np.float64)
    if form.maps is not None:
        place, cells = form.maps
        points[:, :2] = refined(points[:, :2], heads[place].reshape(cells, cells, -1), size)
    return points


def _score(heads: list[Points], form: Form) -> float:
    if form.flag is None:
        return 1.0
    flag = heads[form.flag]
    return float(flag[0] if form.is_share else _sigmoid(flag)[0])


def _side(heads: list[Points], form: Form) -> int:
    """MediaPipe's first class is the left hand of a mirrored picture: the right one of a picture as it is."""
    return int(heads[form.side][0] >= 0.5) if form.side is not None else 0


def _sigmoid(logits: Points) -> Points:
    import numpy as np

    shares: Points = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -60, 60)))
    return shares
