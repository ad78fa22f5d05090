"""The output of a YOLO cut into boxes, scores and all else, so that each has a scale of its own in eight bits.

With one scale for all, which boxes in pixels need, nothing is left of scores from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.model import ExporterNotes, ModelFile
from edgewright.rewrite import last_apart, outputs_apart
from edgewright.task.yolo.form import Form, Part, form_of_shapes

_SIDES = 4
_SEEN = "keypoint_scores"

Array = npt.NDArray[Any]


class Cut(NamedTuple):
    """The output at `place` is cut along an `axis` into so many entries each, by the names of the parts.

    `each`: numbers of a keypoint, the last of which becomes another part; 0 where it does not. All parts but the first
    come behind the other outputs.
    """

    place: int
    axis: int
    sizes: dict[str, int]
    each: int = 0

    @property
    def names(self) -> list[str]:
        """What the parts are called, in their order."""
        return [*self.sizes, *([_SEEN] if self.each else [])]

    def of(self, outputs: Sequence[Array]) -> list[Array]:
        """Outputs of the whole as those of the parts."""
        whole = outputs[self.place]
        ends = list(accumulate(self.sizes.values()))[:-1]
        parts = np.split(whole, ends, axis=self.axis)
        if self.each:
            numbers = np.arange(parts[-1].shape[self.axis])
            last = numbers % self.each == self.each - 1
            parts[-1:] = [np.compress(chosen, parts[-1], axis=self.axis) for chosen in (~last, last)]
        return [*outputs[: self.place], parts[0], *outputs[self.place + 1 :], *parts[1:]]


class TakenApart(NamedTuple):
    """The file that is cut, its form, and how it was cut."""

    model: ModelFile
    form: Form
    cut: Cut


def cut_of(form: Form) -> Cut | None:
    """How the output of a form is cut; None where its parts are outputs of their own."""
    if form.scores is not None or (form.end_to_end and any(form.extra)):
        return None
    sizes = {name: size for name, size in _sizes(form) if size}
    points = form.extra.points
    return Cut(form.boxes.place, 2 if form.boxes.rows else 1, sizes, 3 if points and points[1] == 3 else 0)


def taken_apart(model: ModelFile, form: Form, cut: Cut, notes: ExporterNotes) -> TakenApart | None:
    """Cut the file; None where what comes out is not known to be the same YOLO."""
    apart = outputs_apart(model, cut.place, cut.axis, list(cut.sizes.values()), list(cut.sizes))
    if cut.each:
        last = len(apart.outputs) - 1
        further = last_apart(apart, last, cut.axis, cut.each, cut.names[-2:])
        apart, cut = (apart, cut._replace(each=0)) if further is None else (further, cut)
    known = _sorted(form, len(model.outputs)) if form.end_to_end else _of_grid(apart, notes)
    return None if known is None else TakenApart(apart, known, cut)


def _sorted(form: Form, outputs: int) -> Form:
    """Scores, and behind them classes, are the last outputs; the metadata says what they are."""
    boxes = form.boxes
    return form._replace(boxes=boxes._replace(numbers=_SIDES), scores=Part(outputs, boxes.boxes, 1, boxes.rows))


def _of_grid(model: ModelFile, notes: ExporterNotes) -> Form | None:
    inputs, outputs = ([spec.shape for spec in specs] for specs in (model.inputs, model.outputs))
    return form_of_shapes(inputs, outputs, len(notes.labels), notes)


def _sizes(form: Form) -> Iterator[tuple[str, int]]:
    """What stands in an output, and how many numbers it has."""
    yield "boxes", _SIDES
    if form.end_to_end:
        yield from (("scores", 1), ("classes", 1))
        return
    scores, extra = form.objectness + form.classes, form.extra
    yield "scores", scores
    more = "angles" if extra.angle else "keypoints" if extra.points else "masks"
    yield more, form.boxes.numbers - _SIDES - scores
