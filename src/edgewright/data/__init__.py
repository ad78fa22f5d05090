"""Data sets with targets: by name, from files and folders of many formats, from pairs; and splitting them."""

from __future__ import annotations

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.loading import DEFAULT_NAME, load, load_samples, names, open_dataset
from edgewright.data.pictures import one_by_one
from edgewright.data.pixels import as_bytes
from edgewright.data.registry import Format, Named, ReadOptions, register_format, register_named
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

__all__ = [
    "CALIBRATION",
    "DEFAULT_NAME",
    "IGNORED",
    "MIN_SAMPLES",
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
    "from_arrays",
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
