"""Data sets with targets: by name, from files and folders of many formats, from pairs; and splitting them."""

from __future__ import annotations

from edgewright.data.content import content_digest
from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.format import Format, ReadOptions
from edgewright.data.formats.file_tables import PATH_NAMES, column_of
from edgewright.data.grouped import grouped_split
from edgewright.data.loading import DEFAULT_NAME, load, load_samples, names, open_dataset
from edgewright.data.pictures import one_by_one
from edgewright.data.pixels import as_bytes
from edgewright.data.registry import Named, register_format, register_named
from edgewright.data.split import hold_out, stratified_split
from edgewright.data.targets import (
    IGNORED,
    BoxesTarget,
    ClassTarget,
    EventsTarget,
    KeypointsTarget,
    MaskTarget,
    Target,
    TextTarget,
)
from edgewright.data.three_way import CALIBRATION, MIN_SAMPLES, ThreeParts, three_way_split
from edgewright.data.trainable import check_trainable

__all__ = [
    "CALIBRATION",
    "DEFAULT_NAME",
    "IGNORED",
    "MIN_SAMPLES",
    "PATH_NAMES",
    "BoxesTarget",
    "ClassTarget",
    "Dataset",
    "EventsTarget",
    "Format",
    "KeypointsTarget",
    "MaskTarget",
    "Named",
    "ReadOptions",
    "Target",
    "TextTarget",
    "ThreeParts",
    "as_bytes",
    "check_trainable",
    "column_of",
    "content_digest",
    "from_arrays",
    "grouped_split",
    "hold_out",
    "load",
    "load_samples",
    "names",
    "one_by_one",
    "open_dataset",
    "register_format",
    "register_named",
    "stratified_split",
    "three_way_split",
]
