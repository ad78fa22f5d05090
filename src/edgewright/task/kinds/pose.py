"""Following bodies in pictures: MoveNet, its sibling for several people, and PoseNet say where 17 joints are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile, implied_meaning
from edgewright.task.numbers.limits import at_least_one
from edgewright.task.numbers.scores import SHARES, threshold_of
from edgewright.task.options import Options, only, unsaid

if TYPE_CHECKING:
    import numpy.typing as npt

    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.poses import Poses

    Points = npt.NDArray[Any]

THRESHOLD, OF_ONE = 0.3, 0.5
"""Figures with a lower score are left out; the second is for networks that point at somebody in every picture."""
MOST = 20
"""Figures that are looked for at most where the file sets no bound itself."""

_POINTS = 17
_CORALS_OWN = "PosenetDecoderOp"
_WANTED = (
    "poses come out as [1, 1, 17, 3] (MoveNet), [1, 6, 56] (MoveNet for several people) or as PoseNet's maps of 17 and "
    "34 channels"
)


class Found(NamedTuple):
    """`points` (n, 17, 3): x and y in shares of the input, and the score; `confidence` (n,), of each figure."""

    points: Points
    confidence: Points


class Head(NamedTuple):
    """How a network's outputs become at most so many figures, and the score from which on they are believed."""

    find: Callable[[Outputs, int], Found]
    threshold: float


class PoseDecoder:
    """Outputs into `Poses`. `head` finds the figures in the outputs."""

    labels = ("person",)
    score_range = SHARES

    def __init__(self, head: Head, threshold: float, keypoint_threshold: float | None, most: int) -> None:
        self._head = head
        self._threshold = threshold
        self._keypoint_threshold = keypoint_threshold
        self._most = most

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Poses:
        """Decode one picture."""
        import numpy as np

        from edgewright.task.results.poses import POINT_THRESHOLD, Poses  # of no use to a model of another kind

        if prepared.placement is None or prepared.original is None:
            raise DataError("poses belong to a picture, and this input is none")
        points, confidence = self._head.find(outputs, self._most)
        order = np.argsort(-confidence, kind="stable")
        chosen = order[confidence[order] >= self._threshold][: self._most]
        rows, columns = prepared.placement.size
        x, y = prepared.placement.to_picture(points[chosen, :, 0] * columns, points[chosen, :, 1] * rows)
        least = POINT_THRESHOLD if self._keypoint_threshold is None else self._keypoint_threshold
        return Poses(
            np.stack([x, y], axis=2).astype(np.float32),
            points[chosen, :, 2].astype(np.float32),
            confidence[chosen].astype(np.float32),
            prepared.original,
            keypoint_threshold=least,
        )


class _Kind:
    """A picture in, 17 joints of one person or several out."""

    name = "pose"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The shapes of the outputs say which network it is."""
        if _ends_in_corals(model):
            return f"it ends in {_CORALS_OWN}"
        if _is_one(model):
            return "its output is 17 points"
        if _is_several(model):
            return "its output is 17 points and a box for each of several people"
        return "its outputs are the maps of PoseNet" if _places(model) else None

    def input_options(self, model: ModelFile) -> Options:
        """How these networks take a picture: whole, as sharp as in training; MoveNet as bytes, PoseNet from -1 to 1."""
        if not _places(model):
            return unsaid(model, resize="letterbox", interpolation="sharp", normalization="none")
        of_floats = None if model.inputs[0].dtype == "uint8" else "minus_one_to_one"
        return unsaid(model, resize="letterbox", interpolation="sharp", normalization=of_floats)

    def decoder(self, model: ModelFile, options: Options) -> PoseDecoder:
        """Make a decoder.

        Options: threshold, the least score of a figure (0 to 1; usually 0.5 of one person, 0.3 of several);
        keypoint_threshold, that of a point that is drawn and stretches the box (0.3); most, the largest number of
        figures.
        """
        from edgewright.task.figures import point_threshold

        given = only(options, "threshold", "keypoint_threshold", "most", task=self.name)
        head = _head(model)
        return PoseDecoder(
            head,
            threshold_of(given.get("threshold"), None, head.threshold),
            point_threshold(given),
            at_least_one(given.get("most")) or MOST,
        )


KIND = _Kind()


def _ends_in_corals(model: ModelFile) -> bool:
    return any(operator.name == _CORALS_OWN for operator in model.ops)


def _is_one(model: ModelFile) -> bool:
    return len(model.outputs) == 1 and model.outputs[0].shape in ((1, 1, _POINTS, 3), (1, _POINTS, 3))


def _is_several(model: ModelFile) -> bool:
    shape = model.outputs[0].shape if len(model.outputs) == 1 else ()
    return len(shape) == 3 and shape[0] == 1 and shape[1] <= MOST and shape[2] == 56


class _Places(NamedTuple):
    """Where PoseNet's heads are among the outputs; displacements are one head of 64 channels, two of 32, or none."""

    scores: int
    offsets: int
    displacements: tuple[int, ...]


def _places(model: ModelFile) -> _Places | None:
    """Found by the channels of maps that are equally large; of two heads of 32 the backward one says so or is last."""
    maps = {place: spec for place, spec in enumerate(model.outputs) if len(spec.shape) == 4}
    if len(maps) != len(model.outputs) or len({spec.shape[:3] for spec in maps.values()}) != 1:
        return None
    of = {count: [place for place, spec in maps.items() if spec.shape[3] == count] for count in (17, 34, 32, 64)}
    if len(of[17]) != 1 or len(of[34]) != 1 or maps[0].shape[0] != 1 or min(maps[0].shape) < 1:
        return None
    pair = sorted(of[32], key=lambda place: ("bwd" in maps[place].name or "backward" in maps[place].name, place))
    return _Places(of[17][0], of[34][0], tuple(of[64][:1] or (pair if len(pair) == 2 else ())))


def _head(model: ModelFile) -> Head:
    if _ends_in_corals(model):
        raise UsageError(
            f"its last operator, {_CORALS_OWN}, is in Coral's own runtime only. Take the PoseNet file that ends "
            "before it"
        )
    if _is_one(model):
        return Head(_one, OF_ONE)
    if _is_several(model):
        return Head(_several, THRESHOLD)
    places = _places(model)
    if places is None:
        shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs)
        raise UsageError(f"{_WANTED}; this model's outputs are {shapes}")
    return Head(_posenet(model, places), THRESHOLD if places.displacements else OF_ONE)


def _one(outputs: Outputs, most: int) -> Found:
    """MoveNet: rows of (y, x, score) in shares of the input.

    Source: the model card of MoveNet.SinglePose, "Outputs".
    """
    points = outputs[0].reshape(1, _POINTS, 3)[..., [1, 0, 2]]
    return Found(points, _surest(points))


def _surest(points: Points) -> Points:
    """The score of each figure, (n,): the mean of its five surest points, as many as a head has.

    Much of a body is often out of the picture; the mean of all points would be that of a picture without anybody.
    """
    import numpy as np

    scores: Points = np.sort(points[..., 2], axis=1)[:, -5:].mean(axis=1)
    return scores


def _several(outputs: Outputs, most: int) -> Found:
    """The same for several people, each with a box (y0, x0, y1, x1) and its score behind the points.

    Source: the model card of MoveNet.MultiPose, "Outputs".
    """
    rows = outputs[0].reshape(-1, 56)
    return Found(rows[:, :51].reshape(-1, _POINTS, 3)[..., [1, 0, 2]], rows[:, 55])


def _posenet(model: ModelFile, places: _Places) -> Callable[[Outputs, int], Found]:
    """PoseNet: one person without displacements, several with them."""
    import numpy as np

    from edgewright.task.poses import posenet

    rows, columns, cells = *_size(model), model.outputs[places.scores].shape[1]
    stride = posenet.stride_of(rows, cells)
    is_share = implied_meaning(model, places.scores) == "probabilities"

    def found(outputs: Outputs, most: int) -> Found:
        raw = outputs[places.scores][0].astype(np.float64)
        scores = raw if is_share else 1 / (1 + np.exp(-np.clip(raw, -60, 60)))
        offsets = posenet.pairs(outputs[places.offsets][0])
        away = [posenet.pairs(part) for part in _displacements(outputs, places)]
        maps = posenet.Maps(scores, offsets, stride, tuple(away))
        if not away:
            points = posenet.one_figure(maps)[None] / (columns, rows, 1)
            return Found(points, _surest(points))
        points, confidence = posenet.many_figures(maps, most)
        return Found(points / (columns, rows, 1), confidence)

    return found


def _displacements(outputs: Outputs, places: _Places) -> list[Points]:
    heads = [outputs[place][0] for place in places.displacements]
    return [heads[0][..., :32], heads[0][..., 32:]] if len(heads) == 1 else heads


def _size(model: ModelFile) -> tuple[int, int]:
    """(height, width) of the input's picture."""
    shape = model.inputs[0].shape
    if len(shape) != 4:
        raise UsageError(f"PoseNet takes a picture, and this model's input is {list(shape)}")
    return (shape[2], shape[3]) if shape[1] == 3 else (shape[1], shape[2])
