"""Data sets: by name, from `.npz`, IDX and CSV files, from folders of pictures and pairs; and splitting them."""

from __future__ import annotations

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.loading import DEFAULT_NAME, load, load_samples, names
from edgewright.data.pictures import one_by_one
from edgewright.data.registry import Format, Listing, Named, ReadOptions, register_format, register_named
from edgewright.data.samples import Samples
from edgewright.data.split import hold_out, stratified_split
from edgewright.data.three_way import CALIBRATION, MIN_SAMPLES, ThreeParts, three_way_split

__all__ = [
    "CALIBRATION",
    "DEFAULT_NAME",
    "MIN_SAMPLES",
    "Dataset",
    "Format",
    "Listing",
    "Named",
    "ReadOptions",
    "Samples",
    "ThreeParts",
    "from_arrays",
    "hold_out",
    "load",
    "load_samples",
    "names",
    "one_by_one",
    "register_format",
    "register_named",
    "stratified_split",
    "three_way_split",
]
