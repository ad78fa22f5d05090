"""Which way up a picture is: what EXIF says of it, its size upright, and turning it."""

from __future__ import annotations

from typing import Any, BinaryIO

from PIL import Image, ImageFile

from edgewright.media.pictures import memory
from edgewright.media.pictures.exif import ORIENTATION, plain_orientation
from edgewright.media.pictures.opening import DAMAGE

_TIFF_WIDTH, _TIFF_LENGTH = 256, 257
_PNG_SIGNATURE, _CHECKSUM = 8, 4
_WITH_EXIF = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
# EXIF 2.32, tag 274: the value says which way the stored rows and columns lie; the operation brings them upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where there is none or it is damaged, as browsers have it."""
    unread = getattr(image, "_exif", None) is None
    if unread and not image.info and type(image) is Image.Image:
        return 1  # Made of an array, or by a program: asking Pillow costs 10 microseconds.
    tags = getattr(image, "tag_v2", None)
    try:
        value = plain_orientation(image.info) if unread and tags is None else None
        if value is None:
            value = (tags if tags is not None else _exif(image)).get(ORIENTATION, 1)
        return value if value in _UPRIGHT else 1
    except DAMAGE:
        return 1


def _exif(image: Image.Image) -> Any:
    """What EXIF says; Pillow decodes a whole PNG for it, as it may stand at the end, so that is looked at first."""
    if image.format == "PNG" and memory.is_large(image) and not memory.is_decoded(image):
        stream = getattr(image, "fp", None)
        if stream is not None and not _more_follows(stream):
            return Image.Image.getexif(image)
    return image.getexif()


def _more_follows(stream: BinaryIO) -> bool:
    """Whether chunks of a PNG that may hold EXIF come after the pixels (PNG specification, 11.3)."""
    place, pixels = stream.tell(), False
    try:
        stream.seek(_PNG_SIGNATURE)
        while len(head := stream.read(8)) == 8:
            kind = head[4:]
            if pixels and kind in _WITH_EXIF:
                return True
            pixels = pixels or kind == b"IDAT"
            stream.seek(int.from_bytes(head[:4], "big") + _CHECKSUM, 1)
        return False
    finally:
        stream.seek(place)


def operation(image: Image.Image) -> Image.Transpose | None:
    """What brings the decoded picture upright; None where nothing is to do."""
    # Pillow turns a TIFF by itself while decoding; Pillow 10.0 leaves the tag as if that were still to do.
    return None if image.format == "TIFF" else _UPRIGHT.get(orientation(image))


def lies(image: Image.Image) -> bool:
    """Whether its stored rows are columns of the upright picture."""
    return orientation(image) >= 5


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(height, width) after turning."""
    width, height = image.size
    if isinstance(image, ImageFile.ImageFile) and image.format == "TIFF":
        if not image.tile:  # decoded already, and turned
            return height, width
        # Pillow versions differ in whether the size of an undecoded TIFF is the stored or the upright one.
        width, height = (getattr(image, "tag_v2", {})[tag] for tag in (_TIFF_WIDTH, _TIFF_LENGTH))
    return (width, height) if lies(image) else (height, width)
