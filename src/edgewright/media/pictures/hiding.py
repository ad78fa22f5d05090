"""Parts of a picture made unrecognizable: for faces of people who did not ask to be in it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PIL import Image, ImageFilter

from edgewright.media.geometry import Box

GROWN = 0.25
"""A box is made larger by this share of its width and height on each side: detectors frame less than what is known."""

# The standard deviation of the Gaussian, as a share of the box's longer side. Three photographs of faces in five forms
# each (mirrored, half as large, two crops), looked at by two detectors afterwards: of the 30 faces that they had found,
# they found 12 again with 1/8 in boxes grown by 15%, 14 of those made of 8 x 8 squares, and with this one, at 0.51,
# whose points lie on the arms beside it.
_OF_SIDE = 1.0
# Pixels: of what is so small not much is to be seen, and less must be.
_LEAST = 3.0
_MOST = 10  # times the picture's longer side, all of which is one color then


def blur_boxes(image: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """A copy of the picture in which each box is blurred beyond recognition, a little more than the box.

    A Gaussian so wide (the box's longer side, at least 3 pixels) that detectors find no face where one was; what
    is left is a few soft colors. Boxes may lie partly beside the picture. The copy has the picture's size, mode RGB,
    and nothing but pixels: no EXIF, place, comment, color profile or small preview of what it was.
    """
    plain = image.convert("RGB")
    result = Image.new("RGB", plain.size)
    result.paste(plain)
    for box in boxes:
        part = _grown(box, plain.size)
        if part[0] < part[2] and part[1] < part[3]:
            # A box may reach as far beside the picture as it likes, and Pillow's radius may not.
            radius = min(max(max(box.width, box.height) * _OF_SIDE, _LEAST), _MOST * max(plain.size))
            # Of the copy, so that where two boxes meet, nothing of the original comes back.
            result.paste(result.crop(part).filter(ImageFilter.GaussianBlur(radius)), part[:2])
    return result


def _grown(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Whole pixels of the picture, (width, height), around a box, turned as it may be, that is made larger."""
    upright = box.bounds
    across, down = GROWN * upright.width, GROWN * upright.height
    return (
        max(math.floor(upright.x0 - across), 0),
        max(math.floor(upright.y0 - down), 0),
        min(math.ceil(upright.x1 + across), size[0]),
        min(math.ceil(upright.y1 + down), size[1]),
    )
