"""How much memory it takes to decode a picture, the limit to that, and the room that pictures decoded at once share.

Pillow keeps a pixel in one byte (gray, palette, black and white), two (16-bit gray) or four. Codecs need more beside
it: that is counted here, from the header alone.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, BinaryIO

from PIL import Image, ImageFile

from edgewright.errors import DataError
from edgewright.spelling import argument

# Bytes. With what Python and a small model take, a process that classifies pictures stays below 200 MB.
LIMIT = 150_000_000
# Someone who allows more pixels allows that many bytes for each: 100 million pixels are the limit above.
_BYTES_PER_ALLOWED_PIXEL = 1.5

_SMALL, _LONG = 4_000_000, 50_000  # pixels; pixels of a side

_M_MMAP_THRESHOLD, _BLOCK = -3, 4 << 20  # mallopt(3); bytes
# Two unpacked lines of up to 8 bytes a pixel, and the place where each row begins.
_OF_A_COLUMN, _OF_A_ROW = 16, 8

_ONE_BYTE = ("1", "L", "P")
# A canvas, the one before it, and the bytes that are handed over, each RGBA; Pillow's own comes when the first two are
# gone (`decode_once`). Source: libwebp, anim_decode.c.
_WEBP_BYTES = 12
# What the codec has decoded, and the bytes that are handed over, as measured on 12 megapixels.
_AVIF_BYTES, _HEIC_BYTES = 8, 5

# TIFF 6.0, section 8
_BITS_PER_SAMPLE, _ORIENTATION, _SAMPLES_PER_PIXEL, _ROWS_PER_STRIP = 258, 274, 277, 278


def pixel_bytes(mode: str) -> int:
    """Bytes that Pillow takes for one pixel of a mode."""
    return 1 if mode in _ONE_BYTE else 2 if mode.startswith("I;16") else 4


def is_large(image: Image.Image) -> bool:
    """Whether it is worth to count: what is smaller takes 13 bytes a pixel at most."""
    return image.width * image.height > _SMALL or is_long(image)


def is_long(image: Image.Image) -> bool:
    """Whether resizing itself would take much: 16 bytes for each pixel of a side, for Pillow's filter."""
    return max(image.size) > _LONG


def is_decoded(image: Image.Image) -> bool:
    """Whether the pixels are there already: an array's, or those of a picture that the caller has loaded."""
    if not isinstance(image, ImageFile.ImageFile):
        return True
    # Pillow 11 keeps them in another place. A tile that is left, or none at all, says nothing: PNG makes its own late.
    return getattr(image, "_im", image.__dict__.get("im")) is not None


def codec_bytes(image: Image.Image) -> int:
    """Bytes that decoding takes beside the decoded picture; for a JPEG before it is asked for a smaller size."""
    if is_decoded(image):
        return 0
    lines = _OF_A_COLUMN * image.width + _OF_A_ROW * image.height
    measure = _MEASURES.get(image.format or "")
    return lines + (measure(image) if measure else 0)


def limit(max_pixels: int) -> int:
    """Bytes that one picture may take."""
    return max(LIMIT, round(max_pixels * _BYTES_PER_ALLOWED_PIXEL))


def check_png(image: Image.Image, name: str, max_pixels: int) -> None:
    """Hold a PNG against the limit as soon as it is open: Pillow may decode it when it is asked for EXIF."""
    if image.format == "PNG" and is_large(image) and not is_decoded(image):
        size = pixel_bytes(image.mode) * image.width * image.height + codec_bytes(image)
        check(f"{name}: a PNG of {image.width} x {image.height} pixels", size, max_pixels)


def check(what: str, size: int, max_pixels: int) -> None:
    """Raise `DataError` where a picture, called `what`, would take more than the limit."""
    if size > limit(max_pixels):
        enough = -int(-size // _BYTES_PER_ALLOWED_PIXEL)
        raise DataError(
            f"{what} would take {size / 1e6:,.0f} MB to decode, over the limit of {limit(max_pixels) / 1e6:,.0f} MB. "
            f"Raise it with {argument('max_pixels', enough)}, or make the picture smaller"
        )


class Room:
    """Bytes that all threads share: one that wants more than is left waits until others are done."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = 0

    @contextmanager
    def taken(self, size: int, most: int) -> Iterator[None]:
        """Hold `size` bytes of `most`; whoever is alone gets what it asks for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + size <= most)
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()


ROOM = Room()


@cache
def give_back() -> None:
    """Have what large pictures took given back to the system when they are gone (glibc; elsewhere nothing changes).

    glibc takes blocks as large as one that was freed once from the heap of the thread, where they stay: pictures that
    are decoded by four threads in turn would take the memory of four.
    """
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _BLOCK)


class _Once:
    """Pillow's WebP decoder, whose canvases are given back as soon as the first picture is out of it."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def get_next(self) -> Any:
        decoder, self._decoder = self._decoder, None
        return decoder.get_next() if decoder is not None else None

    def reset(self) -> None:
        """There is nothing to go back to."""


def decode_once(image: Image.Image) -> None:
    """Let a WebP give its canvases back when they are decoded: an animation's other pictures are not looked at."""
    decoder = getattr(image, "_decoder", None)
    if image.format == "WEBP" and decoder is not None and not isinstance(decoder, _Once):
        image._decoder = _Once(decoder)  # type: ignore[attr-defined]


def _jpeg(image: Any) -> int:
    """All coefficients at once, 16 bits each, where the scans have to be put together before anything is seen."""
    layers = getattr(image, "layer", None) or ()
    if not layers or not (image.info.get("progressive") or _first_scan(image.fp) < len(layers)):
        return 0
    widest, highest = (max(layer[axis] for layer in layers) or 1 for axis in (1, 2))
    width, height = image.size
    coefficients = sum(width * height * layer[1] * layer[2] // (widest * highest) for layer in layers)
    return int(2 * coefficients)


def _first_scan(stream: BinaryIO) -> int:
    """How many components the first scan of a JPEG holds (ITU-T T.81, B.2.3); 0 where there is none."""
    place = stream.tell()
    try:
        stream.seek(2)
        while head := stream.read(2):
            if head[0] != 0xFF:
                return 0
            if head[1] == 0xFF:  # fill bytes may stand before a marker
                stream.seek(-1, 1)
                continue
            length = int.from_bytes(stream.read(2), "big")
            if head[1] == 0xDA:
                return (stream.read(1) or b"\0")[0]
            stream.seek(max(length - 2, 0), 1)
        return 0
    finally:
        stream.seek(place)


def _webp(image: Image.Image) -> int:
    """What the decoder has before Pillow has its picture, less that picture, which is counted as every other."""
    return (_WEBP_BYTES - pixel_bytes(image.mode)) * image.width * image.height


def _tiff(image: Any) -> int:
    """A strip, which may be the whole picture, and the turned copy."""
    tags = image.tag_v2
    bits = tags.get(_BITS_PER_SAMPLE, (1,))
    sample = max(bits) if isinstance(bits, tuple) else int(bits)
    samples = max(int(tags.get(_SAMPLES_PER_PIXEL, 1)), len(image.mode), 1)
    if image.tile[0][0] == "raw":  # read in rows, as it stands there
        return _turned(image)
    rows = min(int(tags.get(_ROWS_PER_STRIP, image.height)), image.height)
    return int(rows * image.width * samples * sample // 8 + _turned(image))


def _turned(image: Any) -> int:
    """Pillow turns it while the untouched one is still there."""
    return pixel_bytes(image.mode) * image.width * image.height if image.tag_v2.get(_ORIENTATION, 1) != 1 else 0


def _gif(image: Any) -> int:
    """The empty canvas that the next picture of an animation would begin with, made when the file is opened."""
    return image.width * image.height if getattr(image, "dispose", None) is not None else 0


def _bmp(image: Any) -> int:
    """A run-length encoded one is unpacked in Python first, and put together once more."""
    return int(2 * image.width * image.height) if image.tile[0][0] == "bmp_rle" else 0


def _avif(image: Image.Image) -> int:
    return _AVIF_BYTES * image.width * image.height


def _heif(image: Image.Image) -> int:
    return _HEIC_BYTES * image.width * image.height


_MEASURES: Mapping[str, Callable[[Any], int]] = {
    "JPEG": _jpeg, "WEBP": _webp, "TIFF": _tiff, "GIF": _gif, "BMP": _bmp, "AVIF": _avif, "HEIF": _heif
}  # fmt: skip
