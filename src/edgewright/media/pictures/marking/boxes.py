"""Boxes with labels on pictures: labels lie beside one another as far as there is room, the best ones first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from edgewright.media.geometry import Box
from edgewright.media.pictures.drawing import color_of, fitted, font_of, text_size

# White text on each class's color has a contrast of at least 4.5:1.
_LABEL = (255, 255, 255)

# With more boxes than this, letters become smaller, down to this share of their size and so many pixels.
_FEW, _SMALLEST_SHARE, _SMALLEST = 6, 0.4, 12

_FAR = 1e6  # pixels

Labeled = tuple[Box, str, int]
"""A box in pixels of the original, its text, and the number that gives its color."""


class _Drawn(NamedTuple):
    """A box as it is drawn, in pixels of the drawing: its corners, those of the upright box around, text and color."""

    corners: list[tuple[int, int]]
    around: tuple[int, int, int, int]
    turned: bool
    text: str
    color: tuple[int, int, int]


def draw_boxes(image: Image.Image, boxes: Sequence[Labeled]) -> Image.Image:
    """Draw boxes, in pixels of the picture, each with its text and in the color of its class's number.

    The result is RGB, in the size that `caption` gives. The last box is the best: it is on top, and its label is placed
    first; the others give way.
    """
    picture = fitted(image.convert("RGB"))
    draw_boxes_on(picture, boxes, (picture.width / image.width, picture.height / image.height))
    return picture


def draw_boxes_on(picture: Image.Image, boxes: Sequence[Labeled], scale: tuple[float, float]) -> None:
    """Do the same on a drawing; `scale` are (horizontal, vertical) pixels of it for one of the boxes'."""
    draw, size = ImageDraw.Draw(picture), _letters(picture, len(boxes))
    drawn = [_drawn(box, text, number, scale) for box, text, number in boxes]
    for box in drawn:
        _outline(draw, box, max(size // 6, 2))
    labels = [(box, _label_size(draw, box.text, size)) for box in drawn]
    places = _places([(box.around, room) for box, room in reversed(labels)], picture.size)
    for (box, room), place in zip(labels, reversed(places), strict=True):
        _label(draw, box, place, room, size)


def _letters(picture: Image.Image, count: int) -> int:
    """Pixels of a letter's height for so many boxes."""
    share = max(min(math.sqrt(_FEW / max(count, 1)), 1.0), _SMALLEST_SHARE)
    return max(round(text_size(picture) * share), _SMALLEST)


def _drawn(box: Box, text: str, number: int, scale: tuple[float, float]) -> _Drawn:
    corners = [(_near(x * scale[0]), _near(y * scale[1])) for x, y in box.corners]
    across, down = zip(*corners, strict=True)
    return _Drawn(corners, (min(across), min(down), max(across), max(down)), bool(box.angle), text, color_of(number))


def _near(place: float) -> int:
    """The whole pixel; what lies so far beside every picture that Pillow has no number for it comes nearer."""
    return round(min(max(place, -_FAR), _FAR))


def _outline(draw: Any, box: _Drawn, thickness: int) -> None:
    if box.turned:
        draw.line([*box.corners, *box.corners[:2]], fill=box.color, width=thickness, joint="curve")
    else:
        draw.rectangle(box.around, outline=box.color, width=thickness)


def _label_size(draw: Any, text: str, size: int) -> tuple[int, int]:
    """(width, height) of a label with its padding."""
    pad = size // 3
    return int(draw.textlength(text, font=font_of(size))) + 2 * pad, size + 2 * pad


def _label(draw: Any, box: _Drawn, place: tuple[int, int], room: tuple[int, int], size: int) -> None:
    (left, top), (width, height), pad = place, room, size // 3
    draw.rectangle((left, top, left + width, top + height), fill=box.color)
    draw.text((left + pad, top + pad - size // 8), box.text, font=font_of(size), fill=_LABEL)


def _places(
    labels: Sequence[tuple[tuple[int, int, int, int], tuple[int, int]]], picture: tuple[int, int]
) -> list[tuple[int, int]]:
    """Corners of labels (box, size), each where it covers the least of those before it: above its box, in it, below."""
    taken = np.zeros((len(labels), 4))
    places: list[tuple[int, int]] = []
    for count, (box, (width, height)) in enumerate(labels):
        ways = np.array(_ways(box, (width, height), picture))
        covered = _covered(np.hstack([ways, ways + np.array([width, height])]), taken[:count])
        left, top = ways[int(covered.argmin())].tolist()
        taken[count] = left, top, left + width, top + height
        places.append((left, top))
    return places


def _ways(box: tuple[int, int, int, int], label: tuple[int, int], picture: tuple[int, int]) -> list[tuple[int, int]]:
    """Where a label may lie, the best first; never outside of the picture, as far as it fits in there."""
    (x0, y0, x1, y1), (width, height) = box, label
    right, bottom = max(picture[0] - 1 - width, 0), max(picture[1] - 1 - height, 0)
    tops = [top for top in (y0 - height, y0, y1 - height, y1) if 0 <= top <= bottom] or [min(max(y0, 0), bottom)]
    return [(min(max(left, 0), right), top) for top in tops for left in (x0, x1 - width)]


def _covered(rectangles: Any, others: Any) -> Any:
    """How many pixels (n,) of each rectangle lie on others, (m, 4) as x0, y0, x1, y1."""
    low = np.maximum(rectangles[:, None, :2], others[None, :, :2])
    high = np.minimum(rectangles[:, None, 2:], others[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
