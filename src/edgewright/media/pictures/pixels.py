"""From whatever mode Pillow decoded to plain RGB or gray, 8 bits a channel, without alpha."""

from __future__ import annotations

import numpy as np
from PIL import Image

from edgewright.errors import DataError

_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")


def to_color_space(image: Image.Image, color_space: str, name: str) -> Image.Image:
    """Convert a decoded image to mode RGB ("RGB") or L ("GRAYSCALE").

    Gray is ITU-R BT.601 luma, (299 R + 587 G + 114 B) / 1000, as Pillow computes it. Alpha is laid over white, as paper
    or a web page shows it: dropping it would bring out colors that nobody ever saw. Raises DataError for 32-bit and
    float pixels, whose range no file states.
    """
    plain = _over_white(_eight_bits(image, name))
    mode = "RGB" if color_space == "RGB" else "L"
    return plain if plain.mode == mode else plain.convert(mode)


def is_plain(image: Image.Image, mode: str) -> bool:
    """Whether `to_color_space` has nothing to do for a picture that is wanted in mode RGB or L."""
    return image.mode == mode and "transparency" not in image.info


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    """Scale 0..65535 to 0..255 with rounding; Pillow itself clips at 255."""
    if image.mode in _SIXTEEN_BITS or (image.mode == "I" and image.format == "PNG"):
        values = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.mode in ("I", "F"):
        kind = "32-bit integer" if image.mode == "I" else "floating point"
        raise DataError(f"{name}: {kind} pixels have no defined range. Save it with 8 or 16 bits a channel")
    return image


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode not in _WITH_ALPHA and "transparency" not in image.info:
        return image
    rgba = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
    canvas = Image.new("RGB", image.size, (255, 255, 255))
    canvas.paste(rgba, mask=rgba.getchannel("A"))
    return canvas
