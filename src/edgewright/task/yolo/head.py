"""YOLO among the detectors: which files are one, what their pictures look like, and their decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import MetadataError, UsageError
from edgewright.model import ModelFile, OutputMetadata
from edgewright.task.labels import known_labels
from edgewright.task.numbers.limits import overlap
from edgewright.task.options import Options, only, unsaid

if TYPE_CHECKING:
    from edgewright.model import ExporterNotes
    from edgewright.task.yolo.decoding import YoloDecoder
    from edgewright.task.yolo.form import Form

_GRAY = 114
_OF_SCORES = ("logits", "probabilities")
_ASSUMED = (
    "nothing in the file says how its pictures are prepared: as for YOLO, letterboxed on gray, pixels from 0 to 1"
)


class _Head:
    """Detectors with the outputs of a YOLO, version 5 to 26; also with masks, keypoints or turned boxes."""

    options = ("labels", "locale", "threshold", "iou", "most", "allow", "deny", "coordinates", "meaning")

    def recognize(self, model: ModelFile) -> str | None:
        """By the shapes of its outputs, which go with that of its input."""
        form = _form(model, 0)
        return str(form) if form is not None else None

    def input_options(self, model: ModelFile) -> Options:
        """As all of them were trained, with OpenCV's bilinear resizing."""
        wanted = {"pad": _GRAY} if _letterboxed(model) else {}
        return unsaid(model, normalization="zero_to_one", resize="letterbox", interpolation="sharp", **wanted)

    def decoder(self, model: ModelFile, options: Options) -> YoloDecoder:
        """Make a decoder.

        Options: labels, locale, threshold, most, allow, deny as for all detectors; iou, the overlap from which on two
        boxes are one; coordinates, "shares" or "pixels" of the input, found from the first picture where nothing is
        said; meaning, whether scores are "probabilities" or "logits", found in the same way. Raises `UsageError` where
        the labels do not fit the outputs.
        """
        from edgewright.task.boxes.choosing import Choice
        from edgewright.task.yolo.decoding import OVERLAP, YoloDecoder
        from edgewright.task.yolo.describing import THRESHOLD, said_layout
        from edgewright.task.yolo.units import COORDINATES

        given = only(options, *self.options, task="detection")
        said = model.metadata.outputs
        named = next((output for output in said if output.labels), OutputMetadata())
        labels = known_labels(given, named, fits=lambda number: _form(model, number) is not None)
        form = _form(model, len(labels))
        if form is None:
            raise UsageError(f"{len(labels):,} labels do not fit its outputs; one for each class is needed")
        threshold = next((output.score_threshold for output in said if output.score_threshold is not None), None)
        choice = Choice.of(given, labels, of_file=threshold, usual=THRESHOLD)
        meaning = given.get("meaning") or next((one.meaning for one in said if one.meaning in _OF_SCORES), None)
        layout = said_layout(said)
        return YoloDecoder(
            form,
            labels,
            _notices(model, labels),
            choice=choice,
            iou=overlap(given.get("iou"), OVERLAP),
            coordinates=given.get("coordinates", None if layout is None else COORDINATES[layout.pixels]),
            corners=None if layout is None else layout.type == "boundaries",
            logits=None if meaning not in _OF_SCORES else meaning == "logits",
        )


HEAD = _Head()


def _form(model: ModelFile, labels: int) -> Form | None:
    """The form of its outputs; what knows them all is not imported for a file that has nothing of the kind."""
    if not any(len(spec.shape) == 3 for spec in model.outputs) or [len(spec.shape) for spec in model.inputs] != [4]:
        return None
    from edgewright.task.yolo.form import form_of

    return form_of(model, labels, notes_of(model))


def notes_of(model: ModelFile) -> ExporterNotes | None:
    """The exporter's notes; None where they make no sense, which the model's metadata says as damage."""
    from edgewright.model import exporter_notes

    try:
        return exporter_notes(model.files) if model.metadata else None
    except MetadataError:
        return None


def _letterboxed(model: ModelFile) -> bool:
    said = model.metadata.inputs[0].resize if model.metadata.inputs else None
    return said in (None, "letterbox")


def _notices(model: ModelFile, labels: tuple[str, ...]) -> tuple[str, ...]:
    said = model.metadata.inputs
    notices = () if said and said[0].mean else (_ASSUMED,)
    return notices if labels else (*notices, "no labels: classes are called by their number")
