"""Sources that are a YOLO: seen before they are converted, so that their files say how they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.convert.proof.product import Prepared
from edgewright.convert.proof.samples import random_samples
from edgewright.convert.sources.contract import Lowered, Opened
from edgewright.convert.sources.notes import exporter_notes
from edgewright.convert.sources.ports import InputPort
from edgewright.errors import MetadataError, UsageError
from edgewright.model import Metadata, ModelFile, meant_labels
from edgewright.spelling import argument
from edgewright.task import Yolo, yolo_of

NOTES_FILE = "metadata.json"

# As all of them were trained: pixels from 0 to 1.
_USUAL = Normalization((0.0,), (255.0,))
_PICTURE = 4

Shape = tuple[int, ...]


class Seen(NamedTuple):
    """The options of a conversion with what a YOLO is given, and what was understood; None for any other source."""

    options: ConversionOptions
    yolo: Yolo | None = None
    notices: tuple[str, ...] = ()


def see(opened: Opened, ports: Sequence[InputPort], options: ConversionOptions) -> Seen:
    """See whether the source is a YOLO, by what its exporter noted and by the shapes of its outputs.

    Raises `UsageError` where labels do not fit.
    """
    if len(ports) != 1 or len(ports[0].shape) != _PICTURE:
        return Seen(options)
    inputs, outputs = [ports[0].sized()], _shapes(opened, ports)
    noted, damage = exporter_notes(opened)
    found = yolo_of(inputs, outputs, noted)
    if found is None:
        return Seen(options, notices=damage)
    labels = _labels(found, inputs, outputs, options)
    yolo = found.labeled(inputs, outputs, labels) if labels else found
    said = [f"{yolo.reason}. The file says how pictures are prepared and what its outputs mean."]
    if options.normalization is None:
        options = replace(options, normalization=_USUAL)
        said = [f"{yolo.reason}. Pixels from 0 to 1 were taken, as all of them were trained."]
    if yolo.notes.license:
        said.append(f"its exporter notes the license of the model: {yolo.notes.license}.")
    return Seen(options, yolo, (*damage, *said))


def apart(lowered: Lowered, prepared: Prepared) -> tuple[Lowered, Prepared]:
    """The lowered file of a YOLO with boxes, scores and all else as outputs of their own, and what they are to be."""
    found = None if prepared.yolo is None else prepared.yolo.apart(lowered.model)
    if found is None:
        return lowered, prepared
    model, yolo, cut = found
    names = list(prepared.outputs)
    names[cut.place : cut.place + 1] = cut.names[:1]
    said = f"{', '.join(cut.names[:-1])} and {cut.names[-1]} are outputs of their own, each with a scale of its own."
    return replace(lowered, model=model), replace(
        prepared,
        yolo=yolo,
        outputs=(*names, *cut.names[1:]),
        reference=[cut.of(outputs) for outputs in prepared.reference],
        wide_reference=[cut.of(outputs) for outputs in prepared.wide_reference],
        notices=(*prepared.notices, said),
    )


def with_yolo(model: ModelFile, yolo: Yolo) -> ModelFile:
    """The file with all that is known of a YOLO; its exporter's notes are behind it, as exporters put them."""
    labels = next((output.labels for output in model.metadata.outputs if output.labels), yolo.notes.labels)
    files = {**model.files, NOTES_FILE: yolo.notes._replace(labels=labels).written()} if labels else model.files
    described: Metadata = yolo.described(ModelFile.build(model.edit(), files, model.name))
    return model.with_metadata(described)


def _shapes(opened: Opened, ports: Sequence[InputPort]) -> list[Shape]:
    """The outputs' shapes for one picture; a source that does not know them is run."""
    known = [_sized(port.shape) for port in opened.outputs]
    if known and all(shape is not None for shape in known):
        return [shape for shape in known if shape is not None]
    [outputs] = opened.run(random_samples(ports, _USUAL)[:1])
    return [output.shape for output in outputs]


def _sized(shape: Sequence[int | None] | None) -> Shape | None:
    """A shape with a free batch as 1; None where more is not known."""
    if not shape or None in shape[1:]:
        return None
    return tuple(1 if size is None else size for size in shape)


def _labels(
    yolo: Yolo, inputs: Sequence[Shape], outputs: Sequence[Shape], options: ConversionOptions
) -> tuple[str, ...]:
    """The labels that are asked for; the lines of a file as they are meant for so many classes."""

    def fits(count: int) -> bool:
        try:
            yolo.labeled(inputs, outputs, ("",) * count)
        except UsageError:
            return False
        return True

    try:
        return options.labels or (meant_labels(options.label_lines, fits=fits) if options.label_lines else ())
    except MetadataError as error:
        raise UsageError(f"{argument('labels')}: {error}") from None
