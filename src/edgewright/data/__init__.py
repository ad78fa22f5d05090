"""Labelled data sets: by name, from `.npz` and IDX files, from folders of pictures; and splitting them."""

from __future__ import annotations

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.loading import DEFAULT_NAME, load, names
from edgewright.data.registry import Format, Named, ReadOptions, register_format, register_named
from edgewright.data.split import hold_out, stratified_split
from edgewright.data.three_way import CALIBRATION, MIN_SAMPLES, ThreeParts, three_way_split

__all__ = [
    "CALIBRATION",
    "DEFAULT_NAME",
    "MIN_SAMPLES",
    "Dataset",
    "Format",
    "Named",
    "ReadOptions",
    "ThreeParts",
    "from_arrays",
    "hold_out",
    "load",
    "names",
    "register_format",
    "register_named",
    "stratified_split",
    "three_way_split",
]
