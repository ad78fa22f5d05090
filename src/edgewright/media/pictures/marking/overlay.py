"""Classes of pixels drawn over a picture: each class a color, with a border around it and a legend below."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from edgewright.media.pictures import drawing

Color = tuple[int, int, int]

# How much of a pixel is its class's color.
_SHARE = 0.5
# A color away from each neighbor by the golden angle: any few classes in a row differ well.
_GOLDEN = 0.618034
_FIRST_HUE = 0.93
_TONES = ((0.80, 0.85), (0.90, 0.60), (0.55, 0.95))  # (saturation, value)
_BORDER = 3


def class_color(index: int) -> Color:
    """The color of a class, the same in all pictures."""
    saturation, value = _TONES[index // 8 % len(_TONES)]
    red, green, blue = colorsys.hsv_to_rgb((_FIRST_HUE + index * _GOLDEN) % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_classes(
    image: Image.Image,
    classes: npt.NDArray[np.uint8],
    colors: Mapping[int, Color],
    legend: Sequence[tuple[Color | None, str]],
) -> Image.Image:
    """Draw classes (height, width), for the pixels of the picture, over it.

    `colors`: of the classes that are drawn; other pixels stay as they are. `legend`: colors with their texts, None
    for what has no color. The result is RGB, between 480 and 1280 pixels wide, and the legend below it.
    """
    picture = drawing.fitted(image.convert("RGB"))
    shown = np.asarray(Image.fromarray(classes).resize(picture.size, Image.Resampling.NEAREST))
    palette, drawn = np.zeros((256, 3), np.uint8), np.zeros(256, np.bool_)
    for index, color in colors.items():
        palette[index], drawn[index] = color, True
    pixels = np.array(picture)
    tinted, border = drawn[shown], _borders(shown) & drawn[shown]
    pixels[tinted] = (pixels[tinted] * (1 - _SHARE) + palette[shown[tinted]] * _SHARE).astype(np.uint8)
    pixels[border] = palette[shown[border]]
    return _with_legend(Image.fromarray(pixels), legend)


def tint_masks(image: Image.Image, masks: Iterable[tuple[npt.NDArray[np.bool_], int]]) -> Image.Image:
    """Lay colors of numbers, as boxes of them have, over a picture where masks (height, width) are true.

    Masks are for the picture's own pixels; the last is on top.
    """
    picture = image.convert("RGB")
    for mask, number in masks:
        strength = Image.fromarray(mask.astype(np.uint8) * round(_SHARE * 255))
        picture.paste(drawing.color_of(number), (0, 0), strength)
    return picture


def class_picture(classes: npt.NDArray[np.uint8], colors: Mapping[int, Color]) -> Image.Image:
    """The classes as a picture of mode "P": each pixel is its class's number, each number has its class's color."""
    picture = Image.fromarray(classes).convert("P")
    picture.putpalette([channel for index in range(256) for channel in colors.get(index, (0, 0, 0))])
    return picture


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two drawings of one picture beside one another, in RGB."""
    gap = max(left.width // 40, 1)
    result = Image.new("RGB", (left.width + gap + right.width, max(left.height, right.height)), drawing.PANEL)
    result.paste(left, (0, 0))
    result.paste(right, (left.width + gap, 0))
    return result


def _borders(classes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Pixels near one of another class."""
    border = np.zeros(classes.shape, np.bool_)
    for step in range(1, _BORDER):
        beside, below = classes[:, step:] != classes[:, :-step], classes[step:] != classes[:-step]
        border[:, step:] |= beside
        border[:, :-step] |= beside
        border[step:] |= below
        border[:-step] |= below
    return border


def _with_legend(picture: Image.Image, legend: Sequence[tuple[Color | None, str]]) -> Image.Image:
    """Set a picture over a panel with the legend's texts, each behind a square of its color; as many in a row as fit.

    What has no color on the picture has an empty square.
    """
    size = drawing.text_size(picture)
    font, row = drawing.font_of(size), round(size * 1.6)
    places, rows = _flowing(ImageDraw.Draw(picture), [text for _, text in legend], font, picture.width, size)
    result = Image.new("RGB", (picture.width, picture.height + rows * row + size), drawing.PANEL)
    result.paste(picture, (0, 0))
    draw = ImageDraw.Draw(result)
    for (color, _), (left, line, text) in zip(legend, places, strict=True):
        top = picture.height + size // 2 + line * row
        draw.rectangle((left, top, left + size, top + size), fill=color, outline=color or drawing.TEXT)
        draw.text((left + size * 1.5, top - size // 8), text, font=font, fill=drawing.TEXT)
    return result


def _flowing(
    draw: ImageDraw.ImageDraw, texts: Sequence[str], font: Any, width: int, size: int
) -> tuple[list[tuple[int, int, str]], int]:
    """(left, row, text) of each entry of a legend, and how many rows there are."""
    places: list[tuple[int, int, str]] = []
    left, row = size, 0
    for whole in texts:
        text = drawing.shortened(draw, whole, font, width - 4 * size)
        needed = round(size * 1.5 + draw.textlength(text, font=font))
        if left > size and left + needed > width - size:
            left, row = size, row + 1
        places.append((left, row, text))
        left += needed + 2 * size
    return places, row + 1
