"""Results drawn onto pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from edgewright.media.geometry import Box

# Colours with a contrast of at least 7:1 (text) and 3:1 (bars) against the panel.
PANEL = (250, 250, 252)
TEXT = (24, 28, 36)
_BAR = (11, 87, 164)
_TRACK = (220, 228, 238)

# Colours of boxes: white text on each has a contrast of at least 4.5:1.
_LABEL = (255, 255, 255)
CLASS_COLORS = (
    (11, 87, 164), (176, 32, 38), (22, 110, 60), (122, 60, 160),
    (146, 82, 8), (0, 108, 120), (166, 30, 100), (80, 80, 90),
)  # fmt: skip

_NARROWEST, _WIDEST = 480, 1280  # pixels
_LETTERS_ACROSS = 34


def caption(image: Image.Image, lines: Sequence[tuple[str, float, str]]) -> Image.Image:
    """Set a picture over a panel with one line per result: its label, a bar for its share (0 to 1), and a text.

    The result is RGB, between 480 and 1280 pixels wide with the picture's aspect ratio; the picture is not covered.
    """
    picture = fitted(image.convert("RGB"))
    size = text_size(picture)
    row = round(size * 2.1)
    result = Image.new("RGB", (picture.width, picture.height + row * len(lines) + size), PANEL)
    result.paste(picture, (0, 0))
    draw = ImageDraw.Draw(result)
    for place, line in enumerate(lines):
        _draw_line(draw, line, picture.height + size // 2 + place * row, picture.width, size)
    return result


def draw_boxes(image: Image.Image, boxes: Sequence[tuple[Box, str, int]]) -> Image.Image:
    """Draw boxes, in pixels of the picture, each with its text and in the colour of its class's number.

    The result is RGB, in the size that `caption` gives; the last box is on top.
    """
    picture = fitted(image.convert("RGB"))
    scale = picture.width / image.width, picture.height / image.height
    draw = ImageDraw.Draw(picture)
    size = text_size(picture)
    for box, text, number in boxes:
        draw_box(draw, box, scale, text, number, size)
    return picture


def draw_box(draw: Any, box: Box, scale: tuple[float, float], text: str, number: int, size: int) -> None:
    """Draw one box with its text, `size` pixels high; `scale` are (horizontal, vertical) pixels of it per the box's."""
    color = CLASS_COLORS[number % len(CLASS_COLORS)]
    corners = [(round(x * scale[0]), round(y * scale[1])) for x, y in box.corners]
    x0, y0 = min(corners, key=lambda corner: corner[::-1]) if box.angle else corners[0]
    thickness = max(size // 6, 2)
    if box.angle:
        draw.line([*corners, *corners[:2]], fill=color, width=thickness, joint="curve")
    else:
        draw.rectangle((*corners[0], *corners[2]), outline=color, width=thickness)
    font, pad = font_of(size), size // 3
    width, height = int(draw.textlength(text, font=font)) + 2 * pad, size + 2 * pad
    top = y0 - height if y0 >= height else y0  # above the box, or inside where there is no room
    draw.rectangle((x0, top, x0 + width, top + height), fill=color)
    draw.text((x0 + pad, top + pad - size // 8), text, font=font, fill=_LABEL)


def text_size(picture: Image.Image) -> int:
    """Pixels of a letter's height that suit a drawing; lines go by it too."""
    return max(picture.width // _LETTERS_ACROSS, 12)


def fitted(picture: Image.Image) -> Image.Image:
    """The picture in the width of a drawing, 480 to 1280 pixels."""
    width = min(max(picture.width, _NARROWEST), _WIDEST)
    if width == picture.width:
        return picture
    height = max(round(picture.height * width / picture.width), 1)
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def _draw_line(draw: Any, line: tuple[str, float, str], top: int, width: int, size: int) -> None:
    label, share, text = line
    font, margin = font_of(size), size
    score_width = int(draw.textlength(text, font=font))
    space = width - 3 * margin - score_width
    draw.text((margin, top), shortened(draw, label, font, space), font=font, fill=TEXT)
    draw.text((width - margin - score_width, top), text, font=font, fill=TEXT)
    bar_top, bar_height = top + round(size * 1.35), max(size // 4, 3)
    end = margin + round((width - 2 * margin) * min(max(share, 0.0), 1.0))
    draw.rectangle((margin, bar_top, width - margin, bar_top + bar_height), fill=_TRACK)
    draw.rectangle((margin, bar_top, max(end, margin + 1), bar_top + bar_height), fill=_BAR)


def shortened(draw: Any, text: str, font: Any, space: int) -> str:
    """The text, cut where it is wider than the space in pixels."""
    if draw.textlength(text, font=font) <= space:
        return text
    while text and draw.textlength(f"{text}…", font=font) > space:
        text = text[:-1]
    return f"{text.rstrip()}…"


def font_of(size: int) -> Any:
    """Pillow's own font; before version 10.1 it has one small size only."""
    try:
        return ImageFont.load_default(size)
    except TypeError:
        return ImageFont.load_default()
