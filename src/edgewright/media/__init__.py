"""Pictures in, arrays out; Pillow is imported in this room only."""

from __future__ import annotations

from edgewright.media.formats import SUFFIXES
from edgewright.media.opening import PictureSource, one_line
from edgewright.media.picture import (
    DEFAULT_MAX_PIXELS,
    ColorSpace,
    PictureHeader,
    load_image,
    read_header,
    read_picture,
)
from edgewright.media.resize import Placement, Resampling, ResizePolicy, place
from edgewright.media.tensor import normalize, quantize

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "SUFFIXES",
    "ColorSpace",
    "PictureHeader",
    "PictureSource",
    "Placement",
    "Resampling",
    "ResizePolicy",
    "load_image",
    "normalize",
    "one_line",
    "place",
    "quantize",
    "read_header",
    "read_picture",
]
