"""What the numbers of a box are, where a YOLO says its sides, scores and more side by side in one output."""

from __future__ import annotations

from typing import NamedTuple

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task.yolo.form import Form, form_of

_SIDES = 4


class Stretch(NamedTuple):
    """Neighboring numbers with one meaning, from `first` to before `stop`; `score`: they lie in 0 to 1."""

    name: str
    first: int
    stop: int
    score: bool


class BoxNumbers(NamedTuple):
    """The output at `place` has the numbers of each box along an `axis`."""

    place: int
    axis: int
    stretches: tuple[Stretch, ...]


def box_numbers(model: ModelFile, labels: int = 0) -> BoxNumbers | None:
    """What the numbers of a box are, along whichever axis; `None` for all but a YOLO that has them in one output."""
    if not any(len(spec.shape) == 3 for spec in model.outputs):
        return None
    try:
        form = form_of(model, labels, None)
    except UsageError:  # labels of something else
        form = form_of(model, 0, None)
    if form is None or form.scores is not None:
        return None
    return BoxNumbers(form.boxes.place, 2 if form.boxes.rows else 1, tuple(_stretches(form)))


def _stretches(form: Form) -> list[Stretch]:
    """Source: see `edgewright.task.yolo.form`."""
    sizes = [("boxes", _SIDES, False)]
    if form.end_to_end:
        sizes += [("scores", 1, True), ("classes", 1, False)]
    else:
        sizes += [("objectness", int(form.objectness), True), ("class scores", form.classes, True)]
    rest = form.boxes.numbers - sum(size for _, size, _ in sizes)
    found, first = [], 0
    for name, size, score in (*sizes, ("what more is said of a box", rest, False)):
        if size > 0:
            found.append(Stretch(name, first, first + size, score))
        first += size
    return found
