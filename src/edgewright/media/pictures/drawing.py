"""Results drawn onto pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

# Colors with a contrast of at least 7:1 (text) and 3:1 (bars) against the panel.
PANEL = (250, 250, 252)
TEXT = (24, 28, 36)
_BAR = (11, 87, 164)
_TRACK = (220, 228, 238)

# Colors of boxes: white text on each has a contrast of at least 4.5:1.
CLASS_COLORS = (
    (11, 87, 164), (176, 32, 38), (22, 110, 60), (122, 60, 160),
    (146, 82, 8), (0, 108, 120), (166, 30, 100), (80, 80, 90),
)  # fmt: skip

_NARROWEST, _WIDEST = 480, 1280  # pixels
# A strip of a few pixels is not made so large that its height takes all memory.
_TALLEST = 16_384
_LETTERS_ACROSS = 34


def caption(image: Image.Image, lines: Sequence[tuple[str, float, str]]) -> Image.Image:
    """Set a picture over a panel with one line per result: its label, a bar for its share (0 to 1), and a text.

    The result is RGB, between 480 and 1280 pixels wide with the picture's aspect ratio; the picture is not covered.
    """
    picture = fitted(image.convert("RGB"))
    size = text_size(picture)
    row = round(size * 2.1)
    width = max(picture.width, _NARROWEST)
    result = Image.new("RGB", (width, picture.height + row * len(lines) + size), PANEL)
    result.paste(picture, (0, 0))
    draw = ImageDraw.Draw(result)
    for place, line in enumerate(lines):
        _draw_line(draw, line, picture.height + size // 2 + place * row, width, size)
    return result


def text_size(picture: Image.Image) -> int:
    """Pixels of a letter's height that suit a drawing; lines go by it too."""
    return max(picture.width // _LETTERS_ACROSS, 12)


def fitted(picture: Image.Image) -> Image.Image:
    """The picture in the width of a drawing, 480 to 1280 pixels; less of a strip that would become too high."""
    width = min(max(picture.width, _NARROWEST), _WIDEST)
    if width > picture.width:
        width = max(min(width, picture.width * _TALLEST // picture.height), picture.width)
    if width == picture.width:
        return picture
    height = max(round(picture.height * width / picture.width), 1)
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def color_of(number: int) -> tuple[int, int, int]:
    """The color of a box and all that belongs to it, by the number of its class or its track.

    Those that lie eight apart, as cat and bed do in COCO, differ.
    """
    return CLASS_COLORS[(number + number // len(CLASS_COLORS)) % len(CLASS_COLORS)]


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
