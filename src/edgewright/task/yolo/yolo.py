"""A model that is a YOLO, as it is known before there is a file of it: by the shapes of its ports and its notes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ExporterNotes, Metadata, ModelFile
from edgewright.task.yolo.describing import described, task_of
from edgewright.task.yolo.form import Form, Shape, form_of_shapes
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

    def labelled(self, inputs: Sequence[Shape], outputs: Sequence[Shape], labels: tuple[str, ...]) -> Yolo:
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
