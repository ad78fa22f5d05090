"""Cutting a part out of a picture, upright or turned, and knowing where its pixels were."""

from __future__ import annotations

import math

from PIL import Image

from edgewright.errors import UsageError
from edgewright.media.geometry import Box
from edgewright.media.pictures.resize import Placement

# A turned part is looked up point by point, which shrinks without antialiasing: what is larger than this is made
# smaller first. No model that looks at crops takes half as many pixels a side.
_FINE = 1024


def part_of(box: Box, picture: tuple[int, int]) -> Placement:
    """The part of a picture of (height, width) that a box shows, one pixel a pixel, at least one of them.

    An upright box is grown to whole pixels and clipped to the picture; one that is turned stays as it is, and what lies
    beside the picture is black.
    """
    if not box.angle:
        return _upright(box, picture)
    box = _seen(box)
    width, height = round(box.width), round(box.height)
    shrunk = max(math.ceil(max(width, height) / _FINE) - 1, 1)
    size = max(round(height / shrunk), 1), max(round(width / shrunk), 1)
    return Placement(size, box.xyxy, (0, 0, size[1], size[0]), box.angle)


def cut(image: Image.Image, part: Placement) -> Image.Image:
    """Cut a part out of an upright picture: a picture of the part's size."""
    height, width = part.size
    if not part.angle:
        return image.crop(tuple(round(side) for side in part.box))  # type: ignore[arg-type]
    factor = max(round(1 / part.scale[0]), 1)
    smaller = image.reduce(factor) if factor > 1 else image
    origin, right, below = (part.to_picture(*corner) for corner in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    matrix = [
        number / factor
        for axis in (0, 1)
        for number in (right[axis] - origin[axis], below[axis] - origin[axis], origin[axis])
    ]
    return smaller.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _seen(box: Box) -> Box:
    """The box, whose sides are grown to a pixel where they have less."""
    (x, y), across, down = box.center, max(box.width, 1) / 2, max(box.height, 1) / 2
    return box if min(box.width, box.height) >= 1 else Box(x - across, y - down, x + across, y + down, box.angle)


def _upright(box: Box, picture: tuple[int, int]) -> Placement:
    x0, x1 = _whole(box.x0, box.x1, picture[1])
    y0, y1 = _whole(box.y0, box.y1, picture[0])
    return Placement((y1 - y0, x1 - x0), (float(x0), float(y0), float(x1), float(y1)), (0, 0, x1 - x0, y1 - y0))


def _whole(start: float, end: float, length: int) -> tuple[int, int]:
    """Whole pixels from start to end, at least one, inside the picture."""
    if length < 1:
        raise UsageError("a picture without pixels has no parts")
    first = min(max(math.floor(start), 0), length - 1)
    return first, min(max(math.ceil(end), first + 1), length)
