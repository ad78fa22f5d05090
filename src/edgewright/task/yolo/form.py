"""How the outputs of a YOLO are laid out, told by their shapes and by what its exporter noted.

A grid of cells covers the input, at three or four scales; each cell says of one box (from version 8 on) or of three
(before) where it is, which class it is of, and perhaps more: coefficients of a mask, keypoints, an angle. "End to end"
(versions 10 and 26) only the best are said, sorted and without doubles.

Source: the heads in `ultralytics/nn/modules/head.py` and `models/yolo.py` of `yolov5`, and what their exporters write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from edgewright.errors import UsageError
from edgewright.model import ExporterNotes, ModelFile

# Pixels of the input between the cells of each scale; two scales are those of the tiny ones of version 3.
_STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32))
_TINY = (16, 32)
_EACH_OF_OLD = 3

_SIDES = 4
# Numbers of a box that is said end to end: four sides, score, class.
_SORTED = 6
_FEWEST_SORTED = 100

# Of a person, in COCO: 17 points with x, y and score; and the 80 classes of all else there.
_BODY, _COCO = (17, 3), 80


class Part(NamedTuple):
    """One output: its `place` among the model's, and `numbers` for each of so many `boxes`, side by side in `rows`."""

    place: int
    boxes: int
    numbers: int
    rows: bool


class Prototypes(NamedTuple):
    """The output that masks are put together from: its `place`, how many there are, and whether they come last."""

    place: int
    channels: int
    last: bool


class More(NamedTuple):
    """What is said of a box beyond its sides and classes."""

    coefficients: int = 0
    points: tuple[int, int] | None = None
    angle: bool = False


class Form(NamedTuple):
    """Where everything is.

    `boxes`: the output with the sides; `scores` and `more` where these have outputs of their own, else they follow the
    sides. `size` is the (height, width) of the input, `classes` their number, 0 where that is unknown. `objectness`:
    each box has a score of its own in front of those of the classes. `points`: keypoints, and numbers of each. `seen`:
    where `more` has the places of keypoints alone, how sure these are.
    """

    size: tuple[int, int]
    classes: int
    boxes: Part
    scores: Part | None = None
    more: Part | None = None
    objectness: bool = False
    end_to_end: bool = False
    extra: More = More()
    prototypes: Prototypes | None = None
    seen: Part | None = None

    def __str__(self) -> str:
        what = "sorted boxes" if self.end_to_end else "a box for each cell of a grid"
        also = [name for name, there in zip(("masks", "keypoints", "angles"), self.extra, strict=True) if there]
        return " with ".join(["its outputs are those of a YOLO: " + what, *also])


Shape = Sequence[int]


def form_of(model: ModelFile, labels: int, notes: ExporterNotes | None) -> Form | None:
    """The form of a model whose outputs are a YOLO's; None for any other. `labels`: how many there are, 0 unknown.

    Raises `UsageError` where it is one, and the labels do not fit.
    """
    return form_of_shapes([spec.shape for spec in model.inputs], [spec.shape for spec in model.outputs], labels, notes)


def form_of_shapes(
    inputs: Sequence[Shape], shapes: Sequence[Shape], labels: int, notes: ExporterNotes | None
) -> Form | None:
    """The same for the shapes of a model's inputs and outputs."""
    size = _picture(inputs)
    if size is None or not all(len(shape) in (3, 4) and shape[0] == 1 for shape in shapes):
        return None
    prototypes = _prototypes(shapes, size)
    flat = [place for place, shape in enumerate(shapes) if len(shape) == 3]
    if not flat or len(shapes) - len(flat) != (prototypes is not None):
        return None
    grids = _grids(size)
    parts = [_part(place, shapes[place], grids) for place in flat]
    known = _Known(size, labels, notes, prototypes)
    if len(parts) == 1 and parts[0] is None:
        return _sorted_form(flat[0], shapes[flat[0]], known)
    there = [part for part in parts if part is not None]
    if len(there) != len(flat):
        return None
    if len(there) == 1:
        return _joined(there[0], grids[there[0].boxes], known)
    return _split(there, grids[there[0].boxes], known)


@dataclass(frozen=True)
class _Known:
    """What is known before the numbers of a box are looked at."""

    size: tuple[int, int]
    labels: int
    notes: ExporterNotes | None
    prototypes: Prototypes | None

    @property
    def task(self) -> str:
        return self.notes.task if self.notes else ""

    def more(self, numbers: int) -> More | None:
        """What so many numbers beyond sides and classes are; None where they are nothing that is known."""
        if self.prototypes is not None:
            return More(coefficients=numbers) if numbers == self.prototypes.channels else None
        if numbers == 0:
            return More()
        if numbers == 1:
            return More(angle=True)
        points = self.notes.keypoints if self.notes and self.notes.keypoints else _BODY
        return More(points=points) if numbers == points[0] * points[1] else None

    def expected(self) -> int:
        """How many numbers the notes let expect beyond sides and classes."""
        if self.prototypes is not None:
            return self.prototypes.channels
        if self.task == "pose":
            points, each = (self.notes.keypoints if self.notes else None) or _BODY
            return points * each
        return int(self.task == "obb")


def _picture(shapes: Sequence[Shape]) -> tuple[int, int] | None:
    """(height, width) of the one input, if that is a picture in color or gray."""
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] != 1:
        return None
    _, first, second, third = shapes[0]
    return (first, second) if third in (1, 3) else (second, third) if first in (1, 3) else None


def _grids(size: tuple[int, int]) -> dict[int, int]:
    """How many boxes there can be, and how many of them are in each cell."""
    counts: dict[int, int] = {}
    forms = [*product((1, _EACH_OF_OLD), _STRIDES), (_EACH_OF_OLD, _TINY)]
    for each, strides in forms:
        cells = sum(-(-size[0] // stride) * -(-size[1] // stride) for stride in strides)
        counts.setdefault(cells * each, each)
    return counts


def _part(place: int, shape: Shape, grids: dict[int, int]) -> Part | None:
    """An output whose boxes are those of a grid; None for another one."""
    if shape[2] in grids:
        return Part(place, shape[2], shape[1], rows=False)
    return Part(place, shape[1], shape[2], rows=True) if shape[1] in grids else None


def _prototypes(shapes: Sequence[Shape], size: tuple[int, int]) -> Prototypes | None:
    """The one output of four dimensions, two of which are a half to an eighth of the input's."""
    fours = [place for place, shape in enumerate(shapes) if len(shape) == 4]
    if len(fours) != 1:
        return None
    _, first, second, third = shapes[fours[0]]
    smaller = [(size[0] // step, size[1] // step) for step in (2, 4, 8)]
    if (first, second) in smaller:
        return Prototypes(fours[0], third, last=True)
    return Prototypes(fours[0], first, last=False) if (second, third) in smaller else None


def _sorted_form(place: int, shape: Shape, known: _Known) -> Form | None:
    """Boxes that are said end to end. Without the exporter's notes there have to be many, with nothing more to say."""
    more = known.more(shape[2] - _SORTED) if shape[2] >= _SORTED else None
    if more is None or (known.notes is None and (shape[1] < _FEWEST_SORTED or more.angle)):
        return None
    part = Part(place, shape[1], shape[2], rows=True)
    return Form(known.size, known.labels, part, end_to_end=True, extra=more, prototypes=known.prototypes)


def _joined(part: Part, each: int, known: _Known) -> Form | None:
    """All numbers of a box are in one output."""
    rest = part.numbers - _SIDES
    split: tuple[bool, int, More] | None
    if known.labels:
        split = _with_labels(rest, part, each, known)
    elif known.notes is None and known.prototypes is None and each == 1 and rest == 1 + _BODY[0] * _BODY[1]:
        split = (False, 1, More(points=_BODY))
    else:
        objectness = each > 1 or (part.rows and rest == 1 + _COCO)
        more = known.more(known.expected())
        split = (objectness, rest - objectness - known.expected(), more) if more is not None else None
    if split is None or split[1] < 1:
        return None
    objectness, classes, extra = split
    return Form(known.size, classes, part, objectness=objectness, extra=extra, prototypes=known.prototypes)


def _with_labels(rest: int, part: Part, each: int, known: _Known) -> tuple[bool, int, More]:
    """Objectness, classes, and more, where it is known how many classes there are."""
    alone = (True,) if each > 1 else (False, True)
    fitting = [
        (objectness, more)
        for objectness in alone
        if (more := known.more(rest - objectness - known.labels)) is not None and rest - objectness >= known.labels
    ]
    if not fitting:
        raise UsageError(
            f"each box has {part.numbers} numbers, {_SIDES} of them for its sides, and there are {known.labels:,} "
            "labels; one for each class is needed"
        )
    # One number more is the angle, which comes last, or the objectness of versions that have rows.
    if len(fitting) > 1 and part.rows and known.task != "obb":
        fitting.reverse()
    return (fitting[0][0], known.labels, fitting[0][1])


def _with_points(boxes: Part, others: list[Part], known: _Known) -> Form | None:
    """Scores, places of keypoints, and how sure these are, in this order."""
    scores, more, seen = others
    extra = known.more(more.numbers + seen.numbers)
    fits = extra is not None and extra.points == (seen.numbers, 3) and more.numbers == 2 * seen.numbers
    if extra is None or not fits or known.labels not in (0, scores.numbers):
        return None
    return Form(known.size, scores.numbers, boxes, scores, more, extra=extra, seen=seen)


def _split(parts: list[Part], each: int, known: _Known) -> Form | None:
    """Sides, scores, and perhaps more are outputs of their own."""
    boxes = next((part for part in parts if part.numbers == _SIDES), None)
    others = [part for part in parts if part is not boxes]
    if boxes is None or len(others) > 3:
        return None
    if len(others) == 3:
        return _with_points(boxes, others, known)
    for scores, more in ((others[0], None),) if len(others) == 1 else (others, others[::-1]):
        rest = more.numbers if more is not None else known.expected()
        said = scores.numbers if more is not None else scores.numbers - rest
        objectness = each > 1 or said == known.labels + 1 > 1
        classes = said - objectness
        extra = known.more(rest)
        if extra is not None and classes > 0 and known.labels in (0, classes):
            return Form(known.size, classes, boxes, scores, more, objectness, extra=extra, prototypes=known.prototypes)
    if known.labels:
        raise UsageError(
            f"the boxes' other outputs have {' and '.join(str(part.numbers) for part in others)} numbers for each, and "
            f"there are {known.labels:,} labels; one for each class is needed"
        )
    return None
