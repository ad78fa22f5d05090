"""Parts of a source's pictures that no model and nobody else sees: they are gray before anything else happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.agent.inference.setup import Polygon
from edgewright.media import PictureSource, load_image

GRAY = 128


class Masks:
    """The polygons of each source, laid over its pictures; without any, pictures stay as they are."""

    def __init__(self, polygons: Sequence[Sequence[Polygon]], max_pixels: int) -> None:
        self._polygons = polygons
        self._max_pixels = max_pixels
        self._covers: dict[tuple[int, int, int], _Cover] = {}

    def __call__(self, picture: PictureSource, source: int) -> PictureSource:
        """The picture without what is hidden in it, upright, in an array of its own if it has any.

        Raises `DataError` where it cannot be decoded, and `LookupError` for a source that was not spoken of.
        """
        if not self._polygons or not self._polygons[source]:
            return picture
        if isinstance(picture, np.ndarray):
            pixels = picture.copy()
        else:
            pixels = np.array(load_image(picture, max_pixels=self._max_pixels))
        self._cover(source, pixels.shape[0], pixels.shape[1]).lay_over(pixels)
        return pixels

    def _cover(self, source: int, height: int, width: int) -> _Cover:
        key = source, height, width
        if key not in self._covers:
            # Sizes of a source seldom change, and where they do all the time nothing is to be kept.
            self._covers = {one: cover for one, cover in self._covers.items() if one[0] != source}
            self._covers[key] = _Cover(self._polygons[source], height, width)
        return self._covers[key]


class _Cover:
    """Polygons in pictures of one size."""

    def __init__(self, polygons: Sequence[Polygon], height: int, width: int) -> None:
        from PIL import ImageDraw, ImageFilter

        drawn = Image.new("L", (width, height))
        for polygon in polygons:
            corners = [(x * width, y * height) for x, y in polygon]
            ImageDraw.Draw(drawn).polygon(corners, fill=255, outline=255)
        # One pixel more all around: what is hidden in part is hidden.
        hidden: npt.NDArray[np.bool_] = np.asarray(drawn.filter(ImageFilter.MaxFilter(3))) > 0
        borders = np.flatnonzero(np.diff(np.pad(hidden.reshape(-1), 1)))
        # Where runs of hidden pixels begin and end, counted along the rows: ten times quicker than pixel by pixel.
        self._runs = list(zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True))

    def lay_over(self, pixels: npt.NDArray[np.uint8]) -> None:
        """Make gray what is hidden in (height, width, 3) pixels that lie in one piece."""
        flat = pixels.reshape(-1, pixels.shape[2])
        for start, end in self._runs:
            flat[start:end] = GRAY
