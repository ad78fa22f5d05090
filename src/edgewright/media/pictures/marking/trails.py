"""Boxes and the way that each thing came, on a picture of a video, in the picture's own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from edgewright.media.pictures.drawing import color_of, text_size
from edgewright.media.pictures.marking.boxes import Labeled, draw_boxes_on


class Trail(NamedTuple):
    """Where a thing was: `points` (x, y) in pixels of the picture, the oldest first; `number` gives the color."""

    points: Sequence[tuple[float, float]]
    number: int


def draw_trails(image: Image.Image, boxes: Sequence[Labeled], trails: Sequence[Trail]) -> Image.Image:
    """Draw trails, and above them boxes with their texts, the last on top. The result is RGB, of the same size."""
    picture = image.convert("RGB")
    draw, thickness = ImageDraw.Draw(picture), max(text_size(picture) // 6, 2)
    for trail in trails:
        if len(trail.points) > 1:
            draw.line([*trail.points], fill=color_of(trail.number), width=thickness, joint="curve")
    draw_boxes_on(picture, boxes, (1.0, 1.0))
    return picture
