"""Pictures in, arrays out; Pillow is imported in this room only."""

from __future__ import annotations

from edgewright.media.drawing import caption
from edgewright.media.finding import find_pictures
from edgewright.media.formats import SUFFIXES
from edgewright.media.opening import PictureSource, one_line
from edgewright.media.picture import (
    DEFAULT_MAX_PIXELS,
    PictureHeader,
    load_image,
    read_header,
    read_picture,
)
from edgewright.media.preparation import Preparation
from edgewright.media.resize import Placement, place
from edgewright.media.tensor import NORMALIZATIONS, normalization, normalize, quantize

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "NORMALIZATIONS",
    "SUFFIXES",
    "PictureHeader",
    "PictureSource",
    "Placement",
    "Preparation",
    "caption",
    "find_pictures",
    "load_image",
    "normalization",
    "normalize",
    "one_line",
    "place",
    "quantize",
    "read_header",
    "read_picture",
]
