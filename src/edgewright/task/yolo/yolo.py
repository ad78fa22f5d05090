"""A model that is a YOLO, as it is known before there is a file of it: by the shapes of its ports and its notes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ExporterNotes, Metadata, ModelFile
from edgewright.task.yolo.arithmetic import computing
from edgewright.task.yolo.describing import described, task_of
from edgewright.task.yolo.form import Form, Shape, form_of_shapes
from edgewright.task.yolo.matching import matched
from edgewright.task.yolo.splitting import Cut, cut_of, taken_apart
from edgewright.task.yolo.units import Units, units_of

if TYPE_CHECKING:
    from edgewright.task.kind import Outputs

_CLASSIFIES = "classify"


@dataclasses.dataclass(frozen=True)
class Yolo:
    """What is known of it: the `form` of its outputs, None for a classifier, and what an exporter noted.

    `units` are None until it has been run.
    """

    notes: ExporterNotes
    form: Form | None = None
    units: Units | None = None

    @property
    def reason(self) -> str:
        """Why it is one, in a few words."""
        return "its exporter notes that it is a YOLO" if self.form is None else str(self.form)

    def labeled(self, inputs: Sequence[Shape], outputs: Sequence[Shape], labels: tuple[str, ...]) -> Yolo:
        """The same with other labels. Raises `UsageError` where a detector's outputs do not fit them."""
        notes = self.notes._replace(labels=labels)
        if self.form is None:
            return dataclasses.replace(self, notes=notes)
        form = form_of_shapes(inputs, outputs, len(labels), notes)
        if form is None:
            raise UsageError(f"{len(labels):,} labels do not fit its outputs; one for each class is needed")
        return dataclasses.replace(self, notes=notes, form=form)

    def seen(self, outputs: Outputs) -> Yolo:
        """The same with what its outputs for one picture show of their units."""
        return self if self.form is None else dataclasses.replace(self, units=units_of(self.form, outputs))

    def apart(self, model: ModelFile) -> tuple[ModelFile, Yolo, Cut] | None:
        """A float file with boxes, scores and all else as outputs of their own, and how it was cut.

        None where they are already, or are not known to be understood so.
        """
        cut = None if self.form is None else cut_of(self.form)
        found = None if self.form is None or cut is None else taken_apart(model, self.form, cut, self.notes)
        if found is None:
            return None
        return found.model, dataclasses.replace(self, form=found.form), found.cut

    def computing(self, model: ModelFile) -> frozenset[int]:
        """The operators of a file that is taken apart, by index, that compute where boxes and keypoints are."""
        if self.form is None or self.form.scores is None:
            return frozenset()
        form = self.form
        if form.end_to_end:
            return computing(model, range(len(model.outputs)), ())
        more = form.more if form.extra.points or form.extra.angle else None
        places = [part.place for part in (form.boxes, more, form.seen) if part is not None]
        return computing(model, places, [self.form.scores.place])

    def matched(
        self, reference: Sequence[Outputs], outputs: Sequence[Outputs], share: float
    ) -> tuple[list[Outputs], list[Outputs]]:
        """The outputs of two models for the same pictures, to be compared: sorted boxes in one order (`matched`)."""
        form = self.form
        if form is None or not form.end_to_end:
            return list(reference), list(outputs)
        pairs = [matched(form, *pair, share) for pair in zip(reference, outputs, strict=True)]
        return [first for first, _ in pairs], [second for _, second in pairs]

    def described(self, model: ModelFile) -> Metadata:
        """The metadata of its file with all this, where that says nothing else."""
        return described(model, self.form, self.units, self.notes)


def yolo_of(inputs: Sequence[Shape], outputs: Sequence[Shape], notes: ExporterNotes | None) -> Yolo | None:
    """A model with ports of such shapes, if it is a YOLO.

    Raises `UsageError` where its exporter's labels do not fit its outputs.
    """
    if notes is not None and notes.task == _CLASSIFIES:
        return Yolo(notes)
    form = form_of_shapes(inputs, outputs, len(notes.labels) if notes else 0, notes)
    if form is None:
        return None
    return Yolo(notes or ExporterNotes(task_of(form), (), form.extra.points), form)
