"""Named points drawn onto pictures: skeletons of bodies and hands, the points of faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw

from edgewright.media.geometry import Box, Keypoints
from edgewright.media.pictures.drawing import color_of, fitted, text_size
from edgewright.media.pictures.marking.boxes import draw_boxes_on

_RIM = (255, 255, 255)

Color = tuple[int, int, int]
Place = tuple[float, float]


def draw_keypoints(
    image: Image.Image,
    things: Sequence[tuple[Keypoints, int]],
    *,
    edges: Sequence[tuple[int, int]] = (),
    threshold: float = 0.0,
    boxes: Sequence[tuple[Box, str, int]] = (),
) -> Image.Image:
    """Draw the points of things, in pixels of the picture, and the lines between them; over boxes, if there are any.

    `things`: points with a number that chooses the color. `edges`: pairs of places among the points. A point with a
    score below `threshold` is left out, with its lines. The result is RGB, in the size that `caption` gives; the last
    thing is on top.
    """
    picture = fitted(image.convert("RGB"))
    scale = picture.width / image.width, picture.height / image.height
    draw, size = ImageDraw.Draw(picture), text_size(picture)
    draw_boxes_on(picture, boxes, scale)
    for keypoints, number in things:
        shown = _shown(keypoints, scale, threshold)
        color = color_of(number)
        _draw_edges(draw, shown, edges, color, max(size // 6, 2))
        _draw_points(draw, shown, color, max(size // 5, 3) if edges else max(size // 8, 2))
    return picture


def _shown(keypoints: Keypoints, scale: tuple[float, float], threshold: float) -> dict[int, Place]:
    """Places on the drawing of those points that are sure enough."""
    rows = enumerate(keypoints.points.tolist())
    return {place: (x * scale[0], y * scale[1]) for place, (x, y, score) in rows if score >= threshold}


def _draw_edges(
    draw: Any, shown: dict[int, Place], edges: Sequence[tuple[int, int]], color: Color, thickness: int
) -> None:
    """Each line twice, so that it has a rim and can be seen on any ground."""
    lines = [(*shown[start], *shown[end]) for start, end in edges if start in shown and end in shown]
    for line in lines:
        draw.line(line, fill=_RIM, width=thickness + 2 * max(thickness // 3, 1))
    for line in lines:
        draw.line(line, fill=color, width=thickness)


def _draw_points(draw: Any, shown: dict[int, Place], color: Color, radius: int) -> None:
    for x, y in shown.values():
        circle = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(circle, fill=color, outline=_RIM, width=max(radius // 4, 1))
