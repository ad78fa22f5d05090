"""Fitting a picture into a given height and width: stretch, center crop or letterbox, antialiased.

All three are one value, `Placement`: which part of the picture goes to which part of the result. Everything that needs
the geometry (resizing, reduced decoding of JPEG, drawing boxes back onto the original) reads it from there.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.errors import UsageError
from edgewright.model import Interpolation, ResizePolicy
from edgewright.values import dataclass

Coordinate = TypeVar("Coordinate", float, npt.NDArray[Any])

SHARP = "sharp"
QUICK = "quick"
REDUCED = "reduced"
DRAFT = "draft"
_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC,
    REDUCED: Image.Resampling.BILINEAR, DRAFT: Image.Resampling.HAMMING,
}  # fmt: skip
# Before "reduced" and "draft", blocks are averaged as long as the picture is so many times as large as the result.
_REDUCED_TO = 1.5
# How many times as large as the result a JPEG has to be that is decoded smaller than it is. What samples sharply was
# trained on pictures of that size: boxes come nearer to theirs than with all pixels (docs/figures.md).
_DECODED_TO = {SHARP: 1.5, DRAFT: 1.0}
_DECODED_OTHERWISE_TO = 2.0


@dataclass(frozen=True)
class Placement:
    """Where the pixels of a picture go.

    size: (height, width) of the result. box: part of the picture that is used, (x0, y0, x1, y1) float, pixels of the
    picture. region: part of the result that it fills, (x0, y0, x1, y1) int, pixels of the result. angle: radians by
    which that part was turned clockwise about its middle; only crops of things that lie have one.
    """

    size: tuple[int, int]
    box: tuple[float, float, float, float]
    region: tuple[int, int, int, int]
    angle: float = 0.0

    @property
    def scale(self) -> tuple[float, float]:
        """(vertical, horizontal) pixels of the result per pixel of the picture."""
        x0, y0, x1, y1 = self.box
        left, top, right, bottom = self.region
        return (bottom - top) / (y1 - y0), (right - left) / (x1 - x0)

    def on(self, vertical: float, horizontal: float) -> Placement:
        """The same for a picture whose height and width were multiplied by these."""
        x0, y0, x1, y1 = self.box
        return Placement(self.size, (x0 * horizontal, y0 * vertical, x1 * horizontal, y1 * vertical), self.region)

    def to_picture(self, x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
        """Find the point of the picture that a point (x, y) of the result shows; both in pixels, not clipped.

        Numbers, or arrays of one shape for many points.
        """
        vertical, horizontal = self.scale
        across, down = self.box[0] + (x - self.region[0]) / horizontal, self.box[1] + (y - self.region[1]) / vertical
        if not self.angle:
            return across, down
        (left, top), cosine, sine = self.middle, math.cos(self.angle), math.sin(self.angle)
        right, below = across - left, down - top
        return left + right * cosine - below * sine, top + right * sine + below * cosine

    def to_input(self, x: Coordinate, y: Coordinate) -> tuple[Coordinate, Coordinate]:
        """Find the point of the result that shows a point (x, y) of the picture: the reverse of `to_picture`."""
        vertical, horizontal = self.scale
        across, down = x, y
        if self.angle:
            (left, top), cosine, sine = self.middle, math.cos(self.angle), math.sin(self.angle)
            right, below = x - left, y - top
            across, down = left + right * cosine + below * sine, top - right * sine + below * cosine
        return self.region[0] + (across - self.box[0]) * horizontal, self.region[1] + (down - self.box[1]) * vertical

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) of the middle of the part that is used, in pixels of the picture."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    def within(self, crop: Placement) -> Placement:
        """Make of a placement of a crop that of the picture which the crop was cut from, as `crop` says.

        A turned crop has the same scale in both directions.
        """
        x, y = crop.to_picture(*self.middle)
        vertical, horizontal = crop.scale
        across, down = (self.box[2] - self.box[0]) / horizontal / 2, (self.box[3] - self.box[1]) / vertical / 2
        return Placement(self.size, (x - across, y - down, x + across, y + down), self.region, self.angle + crop.angle)

    def of_larger(self, picture: tuple[int, int], original: tuple[int, int]) -> Placement:
        """Make of a placement of `picture` that of the original of which it is a smaller one; (height, width) each."""
        if picture == original:
            return self
        x0, y0, x1, y1 = self.box
        vertical, horizontal = original[0] / picture[0], original[1] / picture[1]
        return Placement(self.size, (x0 * horizontal, y0 * vertical, x1 * horizontal, y1 * vertical), self.region)


def decoded_to(interpolation: str) -> float:
    """How many times as large as its result a JPEG is to be decoded at least."""
    return _DECODED_TO.get(interpolation, _DECODED_OTHERWISE_TO)


def place(
    picture: tuple[int, int], size: tuple[int, int], policy: ResizePolicy = "stretch", crop_fraction: float = 1.0
) -> Placement:
    """Where a picture of (height, width) `picture` goes in a result of (height, width) `size`.

    "stretch" uses all of the picture and fills all of the result, "crop" takes the largest centered part with the
    aspect ratio of the result, times `crop_fraction` (224 / 256 = 0.875 is "resize to 256, crop 224"), "letterbox"
    keeps the aspect ratio and leaves equal borders. Raises UsageError for an unknown policy or an impossible size or
    fraction.
    """
    _check(size, policy, crop_fraction)
    height, width = size
    whole = (0.0, 0.0, float(picture[1]), float(picture[0]))
    if policy == "crop":
        return Placement(size, _middle_box(picture, size, crop_fraction), (0, 0, width, height))
    if policy == "letterbox":
        return Placement(size, whole, _middle_region(picture, size))
    return Placement(size, whole, (0, 0, width, height))


def apply(
    image: Image.Image, placement: Placement, interpolation: Interpolation = "bilinear", fill: int = 0
) -> Image.Image:
    """Resize `image` as `placement` says; borders get the gray level `fill` (0 to 255).

    "bilinear" and "bicubic" widen with the reduction, so shrinking is antialiased. "reduced" is "bilinear" after blocks
    of whole pixels were averaged, until the picture is one and a half to three times as large as the result: that takes
    half the time where much is shrunk. "draft" is the same with Hamming's window, which blurs less: a JPEG decoded at
    little more than this size has been made smooth already. "sharp" is bilinear between four pixels, as TensorFlow and
    OpenCV have it and most detectors were trained, "quick" averages four pixels in a third of the time: see `sampling`.
    Raises UsageError for an unknown interpolation.
    """
    if interpolation not in get_args(Interpolation):
        choices = ", ".join(get_args(Interpolation))
        raise UsageError(f"unknown interpolation {interpolation!r}. Choose one of: {choices}")
    left, top, right, bottom = placement.region
    size = (right - left, bottom - top)
    if interpolation in (SHARP, QUICK):
        from edgewright.media.pictures.sampling import sampled, sampled_quickly

        resized = (sampled if interpolation == SHARP else sampled_quickly)(image, size, placement.box)
    elif interpolation in (REDUCED, DRAFT):
        resized = image.resize(size, _FILTERS[interpolation], box=placement.box, reducing_gap=_REDUCED_TO)
    else:
        resized = image.resize(size, _FILTERS[interpolation], box=placement.box)
    height, width = placement.size
    if resized.size == (width, height):
        return resized
    canvas = Image.new(image.mode, (width, height), fill if image.mode == "L" else (fill, fill, fill))
    canvas.paste(resized, (left, top))
    return canvas


def apply_to_array(
    pixels: npt.NDArray[np.uint8], placement: Placement, interpolation: Interpolation, fill: int = 0
) -> npt.NDArray[np.uint8] | None:
    """Do the same, to the bit, with an array (height, width, 3) where that needs no copy of it in Pillow, else None."""
    if interpolation != SHARP:
        return None
    from edgewright.media.pictures.sampling import sampled_array

    left, top, right, bottom = placement.region
    resized = sampled_array(pixels, (right - left, bottom - top), placement.box)
    if resized is None or resized.shape[:2] == placement.size:
        return resized
    canvas = np.full((*placement.size, *resized.shape[2:]), fill, np.uint8)
    canvas[top:bottom, left:right] = resized
    return canvas


def _check(size: tuple[int, int], policy: str, crop_fraction: float) -> None:
    if policy not in get_args(ResizePolicy):
        raise UsageError(f"unknown resize policy {policy!r}. Choose one of: {', '.join(get_args(ResizePolicy))}")
    if min(size) < 1:
        raise UsageError(f"picture size {size[0]} x {size[1]}: height and width are at least 1")
    if not 0.0 < crop_fraction <= 1.0:
        raise UsageError(f"crop fraction {crop_fraction}: more than 0 and at most 1 is possible")
    if crop_fraction != 1.0 and policy != "crop":
        raise UsageError(f"a crop fraction ({crop_fraction}) belongs to the resize policy 'crop', not to {policy!r}")


def _middle_box(picture: tuple[int, int], size: tuple[int, int], fraction: float) -> tuple[float, float, float, float]:
    height, width = picture
    aspect = size[1] / size[0]
    box_width = min(width, height * aspect) * fraction
    box_height = min(height, width / aspect) * fraction
    x0, y0 = (width - box_width) / 2, (height - box_height) / 2
    return x0, y0, x0 + box_width, y0 + box_height


def _middle_region(picture: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    scale = min(size[0] / picture[0], size[1] / picture[1])
    height, width = (max(1, min(limit, math.floor(n * scale + 0.5))) for n, limit in zip(picture, size, strict=True))
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return left, top, left + width, top + height
