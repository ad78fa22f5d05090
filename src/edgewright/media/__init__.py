"""Pictures in, arrays out; Pillow is imported in this room only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.media.crops import varied_crops as varied_crops
    from edgewright.media.drawing import caption as caption
    from edgewright.media.drawing import draw_boxes as draw_boxes
    from edgewright.media.finding import find_pictures as find_pictures
    from edgewright.media.formats import SUFFIXES as SUFFIXES
    from edgewright.media.geometry import Box as Box
    from edgewright.media.geometry import Keypoints as Keypoints
    from edgewright.media.opening import PictureSource as PictureSource
    from edgewright.media.opening import one_line as one_line
    from edgewright.media.picture import DEFAULT_MAX_PIXELS as DEFAULT_MAX_PIXELS
    from edgewright.media.picture import PictureHeader as PictureHeader
    from edgewright.media.picture import fit_picture as fit_picture
    from edgewright.media.picture import load_image as load_image
    from edgewright.media.picture import read_header as read_header
    from edgewright.media.picture import read_picture as read_picture
    from edgewright.media.preparation import Preparation as Preparation
    from edgewright.media.prepared import Prepare as Prepare
    from edgewright.media.prepared import Prepared as Prepared
    from edgewright.media.resize import Placement as Placement
    from edgewright.media.resize import place as place
    from edgewright.media.tensor import NORMALIZATIONS as NORMALIZATIONS
    from edgewright.media.tensor import normalization as normalization
    from edgewright.media.tensor import normalize as normalize
    from edgewright.media.tensor import quantize as quantize

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "crops": "varied_crops",
        "drawing": "caption draw_boxes",
        "finding": "find_pictures",
        "formats": "SUFFIXES",
        "geometry": "Box Keypoints",
        "opening": "PictureSource one_line",
        "picture": "DEFAULT_MAX_PIXELS PictureHeader fit_picture load_image read_header read_picture",
        "preparation": "Preparation",
        "prepared": "Prepare Prepared",
        "resize": "Placement place",
        "tensor": "NORMALIZATIONS normalization normalize quantize",
    },
)
