"""What the exporter of a source noted of it, and the size of its pictures where only that says it."""

from __future__ import annotations

from dataclasses import replace

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import DescribesItself, Opened
from edgewright.errors import MetadataError
from edgewright.model import ExporterNotes, notes_of

_PICTURE = 4


def exporter_notes(opened: Opened) -> tuple[ExporterNotes | None, tuple[str, ...]]:
    """What the source's exporter noted, and what of it makes no sense."""
    if not isinstance(opened, DescribesItself):
        return None, ()
    try:
        return notes_of(opened.notes()), ()
    except MetadataError as error:
        return None, (f"{error}.",)


def in_noted_size(opened: Opened, options: ConversionOptions) -> ConversionOptions:
    """The options with the size of the pictures that a YOLO was exported for, where the source leaves it open."""
    ports = opened.inputs
    if options.input_shape or len(ports) != 1 or len(ports[0].shape) != _PICTURE or None not in ports[0].shape[1:]:
        return options
    noted, _ = exporter_notes(opened)
    if noted is None or noted.size is None:
        return options
    sizes = iter(noted.size)
    shape = tuple(next(sizes, 1) if size is None else size for size in ports[0].shape[1:])
    return replace(options, input_shape={"": shape})
