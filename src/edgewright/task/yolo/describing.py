"""Writes into a file that it is a YOLO and how its numbers are meant, so that nobody has to find it out again."""

from __future__ import annotations

import dataclasses
from typing import Any

from edgewright.model import BoxLayout, ExporterNotes, Metadata, ModelFile, OutputMetadata, with_notes
from edgewright.task.yolo.form import Form
from edgewright.task.yolo.units import Units

THRESHOLD = 0.25
"""The least score that `ultralytics` shows where nobody says anything else: `cfg/default.yaml`."""

_TASKS = ("segment", "pose", "obb")


def task_of(form: Form) -> str:
    """What its makers call the task of such outputs."""
    return next((task for task, there in zip(_TASKS, form.extra, strict=True) if there), "detect")


def described(model: ModelFile, form: Form | None, units: Units | None, notes: ExporterNotes) -> Metadata:
    """The metadata of a file with what is known of it, where that says nothing: task, labels, pictures, outputs.

    A classifier has no `form`. What the file said before is kept.
    """
    said = with_notes(model.metadata, notes, inputs=len(model.inputs), outputs=len(model.outputs))
    if form is None or units is None:
        return said
    outputs = list(said.outputs)
    for place, more in _meanings(form, units).items():
        kept = {name: value for name, value in more.items() if not getattr(outputs[place], name)}
        outputs[place] = dataclasses.replace(outputs[place], **kept)
    return dataclasses.replace(said, outputs=tuple(outputs))


def said_layout(outputs: tuple[OutputMetadata, ...]) -> BoxLayout | None:
    """How boxes are said, where the metadata says it in one of the two ways that a YOLO has."""
    said = next((output.boxes for output in outputs if output.boxes is not None), None)
    plain = said is not None and said.type in ("boundaries", "center") and said.order == BoxLayout().order
    return said if plain else None


def _meanings(form: Form, units: Units) -> dict[int, dict[str, Any]]:
    """What is said of each output, by its place."""
    layout = BoxLayout(type="boundaries" if units.corners else "center", pixels=units.coordinates == "pixels")
    scores = form.boxes if form.scores is None else form.scores
    found: dict[int, dict[str, Any]] = {place: {} for place in _places(form)}
    found[form.boxes.place] = {"kind": "bounding_box", "boxes": layout}
    if form.end_to_end and form.scores is not None:
        found[scores.place]["score_threshold"] = THRESHOLD
    if not form.end_to_end:
        found[scores.place]["meaning"] = "logits" if units.logits else "probabilities"
    for place, words in _words(form, layout, logits=units.logits).items():
        found[place]["description"] = words
    return found


def _places(form: Form) -> list[int]:
    parts = (form.boxes, form.scores, form.more, form.seen, form.prototypes)
    return [part.place for part in parts if part is not None]


def _words(form: Form, layout: BoxLayout, *, logits: bool) -> dict[int, str]:
    """Each output in words, its numbers in their order."""
    unit = "pixels" if layout.pixels else "shares"
    sides = f"{', '.join(layout.names)} in {unit} of the input"
    scores = f"{'logits' if logits else 'scores'} of {form.classes:,} classes"
    if form.objectness:
        scores = f"whether anything is there, {scores}"
    if form.end_to_end:
        scores = "score, class" if form.scores is None else "score"
    listed: dict[int, list[str]] = {form.boxes.place: [sides]}
    listed.setdefault((form.scores or form.boxes).place, []).append(scores)
    if more := _of_more(form):
        listed.setdefault((form.more or form.scores or form.boxes).place, []).append(more)
    each = "each of the surest" if form.end_to_end else f"each of {form.boxes.boxes:,} boxes"
    words = {place: f"Of {each}: {', '.join(parts)}." for place, parts in listed.items()}
    if form.seen is not None:
        words[form.seen.place] = f"Of {each}: how sure each of its keypoints is."
    if form.prototypes is not None:
        words[form.prototypes.place] = "Prototypes of masks: a thing's mask is where their weighted sum is above 0."
    return words


def _of_more(form: Form) -> str:
    coefficients, points, angle = form.extra
    if coefficients:
        return f"weights of {coefficients} prototypes of its mask"
    if points is not None:
        return f"{points[0]} keypoints of {'x, y' if points[1] == 2 or form.seen else 'x, y, score'}"
    return "the angle in radians" if angle else ""
