"""A picture as JPEG: its pixels, and nothing that came along with them."""

from __future__ import annotations

import io

from PIL import Image

from edgewright.media import PictureSource, load_image

QUALITY = 85


def as_jpeg(picture: PictureSource, quality: int = QUALITY) -> bytes:
    """The picture as JPEG, without any metadata: those that its file has, a comment and a color profile too, stay."""
    image = load_image(picture)
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    stream = io.BytesIO()
    plain.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
