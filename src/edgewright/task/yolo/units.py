"""In which units a YOLO says its boxes and scores, found from its numbers where nobody said it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.task.yolo.form import Form, Part

if TYPE_CHECKING:
    from edgewright.task.kind import Outputs

Coordinates = Literal["shares", "pixels"]
COORDINATES: tuple[Coordinates, Coordinates] = ("shares", "pixels")

# A grid of boxes covers the whole input: in shares no middle is far beyond 1, in pixels most are.
_LARGEST_SHARE = 2.0

# Of a grid by middles and sizes few boxes are as wide as they are far from the left: a size is no second corner.
_ALL = 0.99

# Eight bits may say a little less than 0. Of a grid most boxes are nothing: their logits are negative.
_LEAST_SCORE = -0.1

Numbers = npt.NDArray[Any]


class Units(NamedTuple):
    """`coordinates`: what sides are; `corners`: they are two corners, else middle and size; `logits`: scores are."""

    coordinates: Coordinates
    corners: bool
    logits: bool


def columns(outputs: Outputs, part: Part) -> Numbers:
    """One output as (numbers, boxes), whichever way it lies."""
    numbers = outputs[part.place].reshape(outputs[part.place].shape[-2:])
    return numbers.T if part.rows else numbers


def scores_of(form: Form, outputs: Outputs) -> Numbers:
    """The scores of all classes, (classes, boxes), of a grid."""
    behind = columns(outputs, form.boxes)[4:] if form.scores is None else columns(outputs, form.scores)
    return behind[form.objectness : form.objectness + form.classes]


def are_logits(scores: Numbers) -> bool:
    """Whether scores of a grid want a sigmoid."""
    return bool(scores.size and scores.min() < _LEAST_SCORE)


def coordinates_of(form: Form, sides: Numbers) -> Coordinates:
    """What the sides (4, boxes) are."""
    first = sides if form.end_to_end else sides[:2]
    furthest = np.max(first, where=np.isfinite(first), initial=0)
    return COORDINATES[int(furthest > _LARGEST_SHARE)]


def known_corners(form: Form) -> bool | None:
    """Whether sides are corners, where the form says it: a turned box has middle and size, sorted ones corners."""
    return False if form.extra.angle else True if form.end_to_end else None


def are_corners(sides: Numbers) -> bool:
    """Whether the sides (4, boxes) of a grid are corners."""
    return bool((sides[2:] >= sides[:2]).mean() > _ALL)


def units_of(form: Form, outputs: Outputs) -> Units:
    """What is found from the outputs for one picture."""
    sides = columns(outputs, form.boxes)[:4]
    corners = known_corners(form)
    return Units(
        coordinates_of(form, sides),
        are_corners(sides) if corners is None else corners,
        not form.end_to_end and are_logits(scores_of(form, outputs)),
    )
