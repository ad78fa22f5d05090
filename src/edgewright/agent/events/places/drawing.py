"""Zones and lines on a picture, to see whether they are where they are meant to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw

from edgewright.agent.events.places.geometry import Point
from edgewright.agent.events.places.place import Line, Place, Zone, in_pixels
from edgewright.media import PictureSource, fitted, font_of, load_image, text_size
from edgewright.report import LIGHT

_ZONE, _LINE, _PAPER, _SHADE = LIGHT.blue, LIGHT.orange, "#ffffff", 64


def draw_places(picture: PictureSource, places: Sequence[Place], *, with_sources: bool = False) -> Image.Image:
    """The picture in RGB, 480 to 1280 pixels wide, with zones and lines, their names and the numbers of their points.

    Two arrows stand on each line: "in" and "out" are the ways in which it is crossed. `with_sources`: names say whose
    place it is.
    """
    image = fitted(load_image(picture).convert("RGB"))
    size = (image.height, image.width)
    zones = [(zone, in_pixels(zone.points, size)) for zone in places if isinstance(zone, Zone)]
    lines = [(line, in_pixels(line.points, size)) for line in places if isinstance(line, Line)]
    image = _shaded(image, [points for _, points in zones])
    sheet = _Sheet(image)
    for _, points in zones:
        sheet.way([*points, points[0]], _ZONE)
    for _, points in lines:
        sheet.way(points, _LINE)
        sheet.arrows(points)
    drawn: list[Place] = [*(zone for zone, _ in zones), *(line for line, _ in lines)]
    for place in drawn:
        points, color = in_pixels(place.points, size), _ZONE if isinstance(place, Zone) else _LINE
        sheet.numbers(points, color)
        sheet.name(_named(place, with_sources), _spot(place, points), color)
    return image


def _shaded(image: Image.Image, zones: Sequence[Sequence[Point]]) -> Image.Image:
    shade = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(shade)
    red, green, blue = (int(_ZONE[i : i + 2], 16) for i in (1, 3, 5))
    for points in zones:
        draw.polygon(list(points), fill=(red, green, blue, _SHADE))
    return Image.alpha_composite(image.convert("RGBA"), shade).convert("RGB")


def _named(place: Place, with_sources: bool) -> str:
    return f"{place.name} ({place.source})" if with_sources and place.source else place.name


def _spot(place: Place, points: Sequence[Point]) -> Point:
    """Where the name is: in the middle of a zone's points, at the beginning of a line."""
    if isinstance(place, Line):
        return points[0]
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


class _Sheet:
    """What is drawn on; letters and strokes suit the picture's size."""

    def __init__(self, image: Image.Image) -> None:
        self._draw: Any = ImageDraw.Draw(image)
        self._width, self._height = image.size
        self._letters = max(round(text_size(image) * 0.6), 12)
        self._stroke = max(self._letters // 5, 2)

    def way(self, points: Sequence[Point], color: str) -> None:
        """A stroke with a border, so that it is seen on light and dark."""
        for width, ink in ((self._stroke + 2, _PAPER), (self._stroke, color)):
            self._draw.line(list(points), fill=ink, width=width, joint="curve")

    def arrows(self, points: Sequence[Point]) -> None:
        """In the middle of the line, to both sides of it: "in" to the right of its way, "out" to the left."""
        (x, y), (across, down) = _middle(points)
        length = 2.6 * self._letters
        # To the right of who walks along a line, in a plane whose y goes down.
        self._arrow((x, y), (x - down * length, y + across * length), "in", filled=True)
        self._arrow((x, y), (x + down * length, y - across * length), "out", filled=False)

    def numbers(self, points: Sequence[Point], color: str) -> None:
        """The points as they are numbered in the file, from 1."""
        small, radius = max(self._letters * 2 // 3, 10), self._letters // 2
        for number, (x, y) in enumerate(points, 1):
            x = min(max(x, radius), self._width - 1 - radius)
            y = min(max(y, radius), self._height - 1 - radius)
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_PAPER, outline=color, width=2)
            self._draw.text((x, y), str(number), font=font_of(small), fill=color, anchor="mm")

    def name(self, text: str, spot: Point, color: str) -> None:
        """A label at a spot, inside of the picture."""
        font, pad = font_of(self._letters), self._letters // 3
        width, height = self._draw.textlength(text, font=font) + 2 * pad, self._letters + 2 * pad
        left = min(max(spot[0] - width / 2, 0), max(self._width - width, 0))
        top = spot[1] - height / 2 if color == _ZONE else spot[1] - height - self._letters
        top = min(max(top, 0), max(self._height - height, 0))
        self._draw.rectangle((left, top, left + width, top + height), fill=color)
        self._draw.text((left + width / 2, top + height / 2), text, font=font, fill=_PAPER, anchor="mm")

    def _arrow(self, tail: Point, head: Point, text: str, *, filled: bool) -> None:
        across, down = head[0] - tail[0], head[1] - tail[1]
        length = math.hypot(across, down)
        across, down = across / length, down / length
        wide, long = self._letters * 0.45, self._letters * 0.8
        neck = head[0] - across * long, head[1] - down * long
        self.way([tail, neck], _LINE)
        tip = [head, (neck[0] - down * wide, neck[1] + across * wide), (neck[0] + down * wide, neck[1] - across * wide)]
        self._draw.polygon(tip, fill=_LINE if filled else _PAPER, outline=_LINE)
        spot = head[0] + across * self._letters * 0.9, head[1] + down * self._letters * 0.9
        self._draw.text(
            spot, text, font=font_of(self._letters), fill=_LINE, anchor="mm", stroke_width=2, stroke_fill=_PAPER
        )


def _middle(points: Sequence[Point]) -> tuple[Point, Point]:
    """The place half along the line, and the direction there, of length 1."""
    parts = list(pairwise(points))
    left = sum(math.dist(begin, end) for begin, end in parts) / 2
    place = 0
    while left > math.dist(*parts[place]):
        left -= math.dist(*parts[place])
        place += 1
    ((x0, y0), (x1, y1)), length = parts[place], math.dist(*parts[place])
    across, down = (x1 - x0) / length, (y1 - y0) / length
    return (x0 + left * across, y0 + left * down), (across, down)
