"""Decoding a picture into RGB or gray, upright, in no more memory than it may take.

Where a codec can decode at a smaller size (JPEG), it does. All else is decoded as it is stored; a large picture is then
converted piece by piece and made smaller on the way, so that never both of them are there whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, get_args

from PIL import Image, ImageFile

from edgewright.errors import UsageError
from edgewright.media.pictures import memory
from edgewright.media.pictures.orientation import lies, operation
from edgewright.media.pictures.pixels import is_plain, to_color_space
from edgewright.model import ColorSpace

_PIECE = 250_000  # pixels

_MODES = {"RGB": "RGB", "GRAYSCALE": "L"}


class _Plan(NamedTuple):
    """How a picture is decoded: in pieces or at once, how many columns and rows become one, and bytes in all."""

    in_pieces: bool
    factor: tuple[int, int]
    bytes: int


@contextmanager
def decoded(
    image: Image.Image, name: str, color_space: str, at_least: tuple[int, int] | None, max_pixels: int
) -> Iterator[Image.Image]:
    """Give the decoded picture, RGB or L, upright, without alpha.

    With `at_least`, (height, width) upright, it may come smaller, but no smaller than that. Its memory is held against
    the limit before anything is decoded, and shared with all other threads that decode until the block is left.
    """
    if color_space not in _MODES:
        raise UsageError(f"unknown color space {color_space!r}. Choose one of: {', '.join(get_args(ColorSpace))}")
    wanted = at_least[::-1] if at_least is not None and lies(image) else at_least
    width, height = image.size
    there = memory.is_decoded(image)
    codec = memory.codec_bytes(image) if not there and (memory.is_large(image) or image.format == "TIFF") else 0
    if wanted is not None and isinstance(image, ImageFile.ImageFile) and image.format == "JPEG":
        image.draft(None, (wanted[1], wanted[0]))
    if not codec and not memory.is_large(image):
        yield _at_once(image, name, color_space)
        return
    plan = _plan(image, _MODES[color_space], wanted, codec)
    if there:
        yield _carried_out(plan, image, name, color_space)
        return
    memory.check(f"{name}: a {image.format} of {width} x {height} pixels", plan.bytes, max_pixels)
    memory.give_back()
    with memory.ROOM.taken(plan.bytes, memory.limit(max_pixels)):
        memory.decode_once(image)
        yield _carried_out(plan, image, name, color_space)


def _plan(image: Image.Image, mode: str, wanted: tuple[int, int] | None, codec: int) -> _Plan:
    pixels = image.width * image.height
    own = memory.pixel_bytes(image.mode) * pixels + codec
    if is_plain(image, mode) and operation(image) is None and (wanted is None or not memory.is_long(image)):
        return _Plan(False, (1, 1), own)
    if not memory.is_large(image):
        return _Plan(False, (1, 1), own + 3 * 4 * pixels)
    factor = _factor(image, wanted)
    copies = 1 if operation(image) is None else 2
    return _Plan(True, factor, own + copies * memory.pixel_bytes(mode) * pixels // (factor[0] * factor[1]))


def _factor(image: Image.Image, wanted: tuple[int, int] | None) -> tuple[int, int]:
    if wanted is None:
        return 1, 1
    height, width = wanted
    return max(image.width // max(width, 1), 1), max(image.height // max(height, 1), 1)


def _carried_out(plan: _Plan, image: Image.Image, name: str, color_space: str) -> Image.Image:
    return _in_pieces(image, name, color_space, plan.factor) if plan.in_pieces else _at_once(image, name, color_space)


def _at_once(image: Image.Image, name: str, color_space: str) -> Image.Image:
    image.load()
    return _turned(to_color_space(image, color_space, name), image)


def _in_pieces(image: Image.Image, name: str, color_space: str, factor: tuple[int, int]) -> Image.Image:
    image.load()
    width, height = image.size
    result = Image.new(_MODES[color_space], (-(-width // factor[0]), -(-height // factor[1])))
    for left, top, right, bottom in _pieces(width, height, factor):
        part = image.crop((left, top, right, bottom))
        part.format = image.format  # says what the numbers of a pixel mean
        piece = to_color_space(part, color_space, name)
        result.paste(piece if factor == (1, 1) else piece.reduce(factor), (left // factor[0], top // factor[1]))
    return _turned(result, image)


def _pieces(width: int, height: int, factor: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that cover the picture, each of about `_PIECE` pixels and begun where a block of pixels begins."""
    columns = min(width, max(_PIECE // factor[0] // factor[1], 1) * factor[0])
    rows = max(_PIECE // columns // factor[1], 1) * factor[1]
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(left + columns, width), min(top + rows, height)


def _turned(decoded_: Image.Image, image: Image.Image) -> Image.Image:
    """Bring upright what was decoded from `image`."""
    turn = operation(image)
    return decoded_ if turn is None else decoded_.transpose(turn)
