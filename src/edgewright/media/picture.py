"""Pictures in, from a path, bytes, a file object, a PIL image or an array; upright pictures of 8 bits a channel out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from edgewright.errors import UsageError
from edgewright.media import resize
from edgewright.media.opening import DAMAGE, PictureSource, opened
from edgewright.media.pixels import to_color_space
from edgewright.media.resize import Placement
from edgewright.model import ColorSpace, Interpolation, ResizePolicy

DEFAULT_MAX_PIXELS = 100_000_000

_ORIENTATION_TAG, _TIFF_WIDTH, _TIFF_LENGTH = 274, 256, 257
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


@dataclass(frozen=True)
class PictureHeader:
    """What the header of a picture says. height, width: pixels, upright (EXIF orientation applied)."""

    height: int
    width: int
    color_space: ColorSpace


def read_header(source: PictureSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> PictureHeader:
    """Read size and colours of a picture without decoding it. Raises DataError as `load_image` does."""
    with opened(source, max_pixels) as (image, _):
        height, width = _upright_size(image)
        grey = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
        return PictureHeader(height, width, "GRAYSCALE" if grey else "RGB")


def load_image(
    source: PictureSource,
    *,
    color_space: ColorSpace = "RGB",
    max_pixels: int = DEFAULT_MAX_PIXELS,
    at_least: tuple[int, int] | None = None,
) -> Image.Image:
    """Decode a picture into a PIL image of mode RGB or L, upright, without alpha.

    With `at_least` (height, width), a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as the result is no
    smaller than that; it saves most of the work on camera pictures. Transparent pixels show white. 16-bit grey becomes
    8-bit by round(v / 257) (PNG specification, 13.12); 16-bit RGB by its high byte, which is what Pillow decodes. Of an
    animation the first picture is read.

    Raises DataError naming the picture: missing, no picture, damaged, over `max_pixels` (checked from the header,
    before anything is decoded), or with pixels that have no defined range (32-bit, float).
    """
    with opened(source, max_pixels) as (image, name):
        result = _decoded(image, name, color_space, at_least)
        return result.copy() if result is image else result


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A picture in the size that was asked for.

    pixels: (height, width, 3) or (height, width) uint8. placement: from the original to these pixels and back.
    original: (height, width) pixels of the upright original.
    """

    pixels: npt.NDArray[np.uint8]
    placement: Placement
    original: tuple[int, int]


def fit_picture(
    source: PictureSource,
    *,
    color_space: ColorSpace = "RGB",
    size: tuple[int, int] | None = None,
    policy: ResizePolicy = "stretch",
    crop_fraction: float = 1.0,
    interpolation: Interpolation = "bilinear",
    fill: int = 0,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Fitted:
    """Read a picture and fit it, and keep where its pixels went.

    `size` is (height, width); None keeps the picture's own. `policy`, `crop_fraction`, `interpolation` and `fill` are
    those of `resize.place` and `resize.apply`. Large JPEGs are decoded at no less than twice the size that is needed.

    Raises DataError as `load_image` does, UsageError for an unknown choice.
    """
    with opened(source, max_pixels) as (image, name):
        original = _upright_size(image)
        if size is None:
            whole = np.array(_decoded(image, name, color_space, None))
            return Fitted(whole, resize.place(original, original), original)
        placement = resize.place(original, size, policy, crop_fraction)
        upright = _decoded(image, name, color_space, _enough(placement, original))
        decoded = upright.height, upright.width
        if decoded != original:
            placement = resize.place(decoded, size, policy, crop_fraction)
        pixels = np.array(resize.apply(upright, placement, interpolation, fill))
        return Fitted(pixels, placement.of_larger(decoded, original), original)


def read_picture(source: PictureSource, **options: Any) -> npt.NDArray[np.uint8]:
    """Read a picture into an array, (height, width, 3) uint8 for RGB or (height, width) uint8 for GRAYSCALE.

    `options` and errors are those of `fit_picture`.
    """
    return fit_picture(source, **options).pixels


def _enough(placement: Placement, original: tuple[int, int]) -> tuple[int, int]:
    """(height, width) that a picture is decoded at least at: twice what its pixels become."""
    vertical, horizontal = placement.scale
    return math.ceil(2 * vertical * original[0]), math.ceil(2 * horizontal * original[1])


def _decoded(image: Image.Image, name: str, color_space: str, at_least: tuple[int, int] | None) -> Image.Image:
    if color_space not in get_args(ColorSpace):
        raise UsageError(f"unknown colour space {color_space!r}. Choose one of: {', '.join(get_args(ColorSpace))}")
    if at_least is not None and isinstance(image, ImageFile.ImageFile) and image.format == "JPEG":
        height, width = at_least[::-1] if _orientation(image) >= 5 else at_least
        image.draft(None, (width, height))
    image.load()
    return to_color_space(_turned(image), color_space, name)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where there is none or it is damaged, as browsers have it."""
    if type(image) is Image.Image and not image.info and getattr(image, "_exif", None) is None:
        return 1  # Made of an array, or by a program: asking Pillow costs 10 microseconds.
    tags = getattr(image, "tag_v2", None)
    try:
        value = tags.get(_ORIENTATION_TAG, 1) if tags is not None else image.getexif().get(_ORIENTATION_TAG, 1)
        return value if value in _UPRIGHT else 1
    except DAMAGE:
        return 1


def _turned(image: Image.Image) -> Image.Image:
    # Pillow turns a TIFF by itself while decoding; Pillow 10.0 leaves the tag as if that were still to do.
    operation = None if image.format == "TIFF" else _UPRIGHT.get(_orientation(image))
    return image if operation is None else image.transpose(operation)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """(height, width) after turning."""
    width, height = image.size
    if isinstance(image, ImageFile.ImageFile) and image.format == "TIFF":
        if not image.tile:  # decoded already, and turned
            return height, width
        # Pillow versions differ in whether the size of an undecoded TIFF is the stored or the upright one.
        width, height = (getattr(image, "tag_v2", {})[tag] for tag in (_TIFF_WIDTH, _TIFF_LENGTH))
    return (width, height) if _orientation(image) >= 5 else (height, width)
