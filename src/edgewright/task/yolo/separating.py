"""A file of a YOLO whose one output is taken apart, and that says of each new output what it is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from edgewright.errors import UsageError
from edgewright.model import ExporterNotes, Metadata, ModelFile, OutputMetadata
from edgewright.task.yolo.describing import said_layout, task_of
from edgewright.task.yolo.form import form_of
from edgewright.task.yolo.head import notes_of
from edgewright.task.yolo.splitting import Cut, cut_of
from edgewright.task.yolo.units import COORDINATES, Units
from edgewright.task.yolo.yolo import Yolo

if TYPE_CHECKING:
    from edgewright.task.kind import Outputs


class Separated(NamedTuple):
    """The file, what is known of it, and how it was cut."""

    model: ModelFile
    yolo: Yolo
    cut: Cut


def joined_yolo(model: ModelFile) -> Yolo | None:
    """A file that is a YOLO whose boxes and scores are in one output; None for any other."""
    labels = next((output.labels for output in model.metadata.outputs if output.labels), ())
    notes = notes_of(model)
    try:
        form = form_of(model, len(labels), notes)
    except UsageError:  # labels of something else
        return None
    if form is None or cut_of(form) is None:
        return None
    return Yolo(notes or ExporterNotes(task_of(form), labels, form.extra.points), form)


def separated(model: ModelFile, yolo: Yolo, outputs: Outputs) -> Separated | None:
    """Take a float file apart, which gives such `outputs` for a picture; None where that is not understood."""
    seen = yolo.seen(outputs)
    found = dataclasses.replace(seen, units=_said_units(model, seen.units)).apart(model)
    if found is None:
        return None
    apart, known, cut = found
    told = apart.with_metadata(_cut_metadata(model, cut))
    return Separated(told.with_metadata(known.described(told)), known, cut)


def _said_units(model: ModelFile, seen: Units | None) -> Units | None:
    """What the file says of its units goes before what one picture shows."""
    if seen is None:
        return None
    said, layout = model.metadata.outputs, said_layout(model.metadata.outputs)
    meaning = next((one.meaning for one in said if one.meaning in ("logits", "probabilities")), None)
    if layout is not None:
        seen = seen._replace(coordinates=COORDINATES[layout.pixels], corners=layout.type == "boundaries")
    return seen if meaning is None else seen._replace(logits=meaning == "logits")


def _cut_metadata(model: ModelFile, cut: Cut) -> Metadata:
    """What holds of the parts: labels, and all that is said of other outputs."""
    said = list(model.metadata.outputs) or [OutputMetadata()] * len(model.outputs)
    names = cut.names
    said[cut.place] = dataclasses.replace(said[cut.place], name=names[0], meaning=None, description="")
    more = (OutputMetadata(name=name) for name in names[1:])
    return dataclasses.replace(model.metadata, outputs=(*said, *more))
