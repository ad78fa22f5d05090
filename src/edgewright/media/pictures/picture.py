"""Pictures in, from a path, bytes, a file object, a PIL image or an array; upright pictures of 8 bits a channel out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from edgewright.media.pictures import resize
from edgewright.media.pictures.decoding import decoded
from edgewright.media.pictures.opening import PictureSource, opened
from edgewright.media.pictures.orientation import upright_size
from edgewright.media.pictures.resize import Placement
from edgewright.model import ColorSpace, Interpolation, ResizePolicy
from edgewright.values import dataclass

DEFAULT_MAX_PIXELS = 100_000_000


@dataclass(frozen=True)
class PictureHeader:
    """What the header of a picture says. height, width: pixels, upright (EXIF orientation applied)."""

    height: int
    width: int
    color_space: ColorSpace


def read_header(source: PictureSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> PictureHeader:
    """Read size and colors of a picture without decoding it. Raises DataError as `load_image` does."""
    with opened(source, max_pixels) as (image, _):
        height, width = upright_size(image)
        gray = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
        return PictureHeader(height, width, "GRAYSCALE" if gray else "RGB")


def load_image(
    source: PictureSource,
    *,
    color_space: ColorSpace = "RGB",
    max_pixels: int | None = None,
    at_least: tuple[int, int] | None = None,
) -> Image.Image:
    """Decode a picture into a PIL image of mode RGB or L, upright, without alpha.

    With `at_least` (height, width), a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as the result is no
    smaller than that; it saves most of the work on camera pictures. Of other large pictures blocks of pixels may become
    one, within the same bound. Transparent pixels show white. 16-bit gray becomes 8-bit by round(v / 257) (PNG
    specification, 13.12); 16-bit RGB by its high byte, which is what Pillow decodes. Of an animation the first picture
    is read. `max_pixels` is `DEFAULT_MAX_PIXELS` where it is None.

    Raises DataError naming the picture: missing, no picture, damaged, over `max_pixels` or over the memory that
    decoding may take, 1.5 bytes for each of `max_pixels` and at least 150 MB (both checked from the header, before
    anything is decoded), or with pixels that have no defined range (32-bit, float).
    """
    most = DEFAULT_MAX_PIXELS if max_pixels is None else max_pixels
    with (
        opened(source, most) as (image, name),
        decoded(image, name, color_space, _allowed(source, image, at_least), most) as result,
    ):
        return result if type(result) is Image.Image and result is not source else _detached(result, source)


class Fitted(NamedTuple):
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
    those of `resize.place` and `resize.apply`. Large JPEGs are decoded at no less than twice the size that is needed,
    one and a half times for "sharp", and just that size for "draft".

    Raises DataError as `load_image` does, UsageError for an unknown choice.
    """
    if isinstance(source, np.ndarray) and size is not None and _is_ready(source, color_space, max_pixels):
        placement = resize.place(source.shape[:2], size, policy, crop_fraction)
        fitted = resize.apply_to_array(source, placement, interpolation, fill)
        if fitted is not None:
            return Fitted(fitted, placement, source.shape[:2])
    with opened(source, max_pixels) as (image, name):
        original = upright_size(image)
        if size is None:
            with decoded(image, name, color_space, None, max_pixels) as whole:
                return Fitted(np.array(whole), resize.place(original, original), original)
        placement = resize.place(original, size, policy, crop_fraction)
        enough = _allowed(source, image, _enough(placement, original, resize.decoded_to(interpolation)))
        with decoded(image, name, color_space, enough, max_pixels) as upright:
            there = upright.height, upright.width
            on_decoded, placement = _placements(placement, there, original, policy, crop_fraction, image.format)
            pixels = np.array(resize.apply(upright, on_decoded, interpolation, fill))
        return Fitted(pixels, placement, original)


def read_picture(source: PictureSource, **options: Any) -> npt.NDArray[np.uint8]:
    """Read a picture into an array, (height, width, 3) uint8 for RGB or (height, width) uint8 for GRAYSCALE.

    `options` and errors are those of `fit_picture`.
    """
    return fit_picture(source, **options).pixels


def _is_ready(array: npt.NDArray[Any], color_space: str, max_pixels: int) -> bool:
    """Whether an array is a picture in the colors that are wanted; all else is for Pillow, or to be refused there."""
    if array.dtype != np.uint8 or array.ndim != 3 or color_space != "RGB":
        return False
    height, width, channels = array.shape
    return bool(channels == 3 and 0 < height * width <= max_pixels)


def _allowed(source: PictureSource, image: Image.Image, at_least: tuple[int, int] | None) -> tuple[int, int] | None:
    """The size that a picture may be decoded at; a caller's own JPEG would stay small in their hands."""
    return None if image is source and image.format == "JPEG" else at_least


def _enough(placement: Placement, original: tuple[int, int], times: float) -> tuple[int, int]:
    """(height, width) that a picture is decoded at least at: so many times what its pixels become."""
    vertical, horizontal = placement.scale
    return math.ceil(times * vertical * original[0]), math.ceil(times * horizontal * original[1])


def _placements(
    placement: Placement,
    there: tuple[int, int],
    original: tuple[int, int],
    policy: ResizePolicy,
    crop_fraction: float,
    kind: str | None,
) -> tuple[Placement, Placement]:
    """Where the pixels of the picture that was decoded go, and those of the original."""
    if there == original:
        return placement, placement
    if kind == "JPEG":  # keeps its proportions when it is decoded smaller
        found = resize.place(there, placement.size, policy, crop_fraction)
        return found, found.of_larger(there, original)
    vertical, horizontal = (_shrunk(before, after) for before, after in zip(original, there, strict=True))
    return placement.on(vertical, horizontal), placement


def _shrunk(before: int, after: int) -> float:
    """What became of a pixel's side: blocks of whole pixels became one, the last of them perhaps a part."""
    return 1 / -(-before // after)


def _detached(image: Image.Image, source: PictureSource) -> Image.Image:
    """A plain picture; the caller's own is copied, one of our own file gives up its pixels."""
    if image is source or not isinstance(image, ImageFile.ImageFile):
        return image.copy()
    return image._new(image.im)
