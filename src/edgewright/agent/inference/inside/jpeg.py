"""A picture as JPEG: its pixels, and nothing that came along with them."""

from __future__ import annotations

import io

from PIL import Image

from edgewright.agent.inference.setup import QUALITY


def as_jpeg(image: Image.Image, quality: int = QUALITY) -> bytes:
    """A picture in RGB as JPEG, without the comment, color profile and the like that Pillow would write into it."""
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    stream = io.BytesIO()
    plain.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
