"""Opening a picture, from whatever it comes, without decoding it: its header is read and its size held to the limit."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from edgewright.errors import DataError
from edgewright.media.pictures import formats, memory
from edgewright.media.pictures.quiet import quiet
from edgewright.media.sources import one_line, reason, stream_of
from edgewright.spelling import argument

PictureSource = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | npt.NDArray[np.uint8]

# What Pillow raises on damaged files: its plugins parse with plain indexing and struct, and say so only in part.
DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, AttributeError, EOFError, RuntimeError,
    AssertionError, ArithmeticError, MemoryError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

_TILE_WIDTH, _TILE_LENGTH = 322, 323  # TIFF 6.0, section 15


@contextmanager
def opened(source: PictureSource, max_pixels: int) -> Iterator[tuple[Image.Image, str]]:
    """Give the undecoded picture and its name for messages. What Pillow raises inside the block becomes a DataError."""
    if isinstance(source, np.ndarray):
        yield _from_array(source), "<array>"
        return
    with quiet():
        if isinstance(source, Image.Image):
            name = one_line(getattr(source, "filename", "") or "<picture>")
            yield from _guarded(source, name, max_pixels)
        else:
            with stream_of(source, "picture", "PIL image or array") as (stream, name):
                yield from _guarded(_open_stream(stream, name), name, max_pixels)


def _guarded(image: Image.Image, name: str, max_pixels: int) -> Iterator[tuple[Image.Image, str]]:
    try:
        _check_pixels(image, name, max_pixels)
        memory.check_png(image, name, max_pixels)
        yield image, name
    except DAMAGE as problem:
        kind = f"{image.format} picture" if image.format else "picture"
        raise DataError(f"{name}: the {kind} cannot be decoded ({reason(problem)})") from problem


def _open_stream(stream: BinaryIO, name: str) -> ImageFile.ImageFile:
    head = stream.read(formats.HEAD_BYTES)
    found = formats.detect(head)
    if found is None:
        raise DataError(f"{name}: not a picture ({formats.guess_other(head)}). Expected one of: {formats.NAMES}")
    stream.seek(0)
    try:
        return found.open(stream, name)
    except Image.DecompressionBombError as problem:
        raise DataError(f"{name}: the {found.name} picture has more pixels than are read ({reason(problem)})") from None
    except DAMAGE as problem:
        raise DataError(f"{name}: the header of the {found.name} picture is damaged ({reason(problem)})") from problem


def _check_pixels(image: Image.Image, name: str, max_pixels: int) -> None:
    """Refuse what would be too large; a TIFF may also hide a huge tile behind a small picture."""
    tags = getattr(image, "tag_v2", None) or {}
    for width, height in (image.size, (int(tags.get(_TILE_WIDTH, 0)), int(tags.get(_TILE_LENGTH, 0)))):
        pixels = width * height
        if pixels > max_pixels:
            raise DataError(
                f"{name}: {width} x {height} pixels, {_mega(pixels)} megapixels over the limit of "
                f"{_mega(max_pixels)}. Raise it with {argument('max_pixels', pixels)}"
            )


def _mega(pixels: int) -> str:
    return f"{pixels / 1e6:,.6f}".rstrip("0").rstrip(".")


def _from_array(array: npt.NDArray[Any]) -> Image.Image:
    plain = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if plain.dtype != np.uint8 or not (plain.ndim == 2 or (plain.ndim == 3 and plain.shape[2] in (3, 4))):
        raise DataError(
            f"<array>: {array.dtype} of shape {array.shape} is no picture. Expected uint8 (height, width), "
            "(height, width, 3) RGB or (height, width, 4) RGBA"
        )
    if plain.size == 0:
        raise DataError(f"<array>: a picture of shape {array.shape} has no pixels")
    return Image.fromarray(np.ascontiguousarray(plain))
