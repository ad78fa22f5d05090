"""What the numbers mean that are given for an input: pixels from 0 to 255, or what the model takes already.

One rule for every verb. Numbers of a type for whole numbers (bytes) are pixels. Real numbers are what the model takes
where they fill what the normalization makes of pixels, and pixels where they go beyond it but not beyond 0 to 255. What
is neither contradicts the normalization, and is refused with both ranges where the input is a picture. The values of a
table may go anywhere, and are not refused for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.tensor import normalize
from edgewright.model import InputMetadata
from edgewright.spelling import argument

Array = npt.NDArray[Any]

_BRIGHTEST = 255.0
_CHANNELS = (1, 3)

# What resampling may overshoot, as a share of the range.
_OVERSHOOT = 0.1
# Fractions up to here are no pixels, however dark: those have steps of 1.
_FRACTIONS, _DARKEST = 1.1, 2.0
# Where networks are trained to see pixels, but for those that take them as they are or with a gray subtracted.
_SEEN = (-5.0, 10.0)
# From here on a range is one of pixels, in which fractions around 0 are all the same.
_WIDE = 50.0
# How near to 0 the least number of pictures lies that have black in them, and how far below it black has to be, as a
# share of the range, to tell the two apart.
_BLACK, _BELOW = 0.01, 0.05
# Means of a table so many deviations from 0 tell values that were normalized from those that were not.
_FAR = 3.0


class Extent(NamedTuple):
    """From where to where numbers go, whether their type is one of whole numbers, and whether all of them are whole."""

    low: float
    high: float
    integers: bool
    whole: bool

    @classmethod
    def of(cls, arrays: Iterable[Array]) -> Extent | None:
        """The extent of some arrays together; None where nothing in them is a finite number."""
        extents = [cls._one(array) for array in arrays if array.size and array.dtype.kind in "uif"]
        extents = [extent for extent in extents if np.isfinite(extent.high - extent.low)]
        if not extents:
            return None
        lows, highs, integers, whole = zip(*extents, strict=True)
        return cls(min(lows), max(highs), all(integers), all(whole))

    @classmethod
    def _one(cls, array: Array) -> Extent:
        integers = array.dtype.kind in "ui"
        return cls(float(array.min()), float(array.max()), integers, integers or bool((array == np.rint(array)).all()))

    def __str__(self) -> str:
        return f"{'whole numbers' if self.integers else 'numbers'} from {self.low:.4g} to {self.high:.4g}"

    def within(self, low: float, high: float) -> bool:
        """Whether all lie in a range, but for what resampling overshoots."""
        slack = 0.0 if self.integers else _OVERSHOOT * (high - low)
        return low - slack <= self.low and self.high <= high + slack


class Meaning(NamedTuple):
    """What numbers are: `raw`, which are still to be normalized, or what the model takes already.

    `notice` says what was understood where it was not plain.
    """

    raw: bool
    notice: str = ""

    def values(self, array: Array, described: InputMetadata) -> npt.NDArray[np.float32]:
        """The numbers as the model takes them. Raises DataError where the normalization is for other channels."""
        return normalize(array, described) if self.raw else array.astype(np.float32)


def meaning_of_numbers(
    arrays: Sequence[Array], described: InputMetadata, shape: Sequence[int], name: str, *, otherwise: bool = True
) -> Meaning:
    """What the numbers of samples mean for an input of a shape, by what is said of its preparation.

    `name` is that of the data, for messages. `otherwise`: whether values of a table are raw where nothing tells.
    Raises DataError for numbers of pictures that contradict the normalization.
    """
    found, picture = Extent.of(arrays), _is_picture(described, shape)
    if found is not None and not described.mean:
        return Meaning(raw=False, notice=_unsaid(found, name) if picture else "")
    if found is None:
        return Meaning(raw=otherwise)
    pixels = _Pixels.of(described)
    if not picture and (described.kind not in (None, "image") or not pixels.seen):
        return Meaning(raw=True) if found.integers else _of_table(arrays, described, otherwise)
    if not (pixels.seen or pixels.shifted):
        return Meaning(raw=otherwise)
    return _of_picture(found, pixels, name, strict=picture)


def _is_picture(described: InputMetadata, shape: Sequence[int]) -> bool:
    """Whether the file says so, or else the shape does: (1, h, w, 3), (1, h, w, 1), or the channels before."""
    if described.kind is not None:
        return described.kind == "image"
    return len(shape) == 4 and (shape[-1] in _CHANNELS or shape[1] in _CHANNELS)


class _Pixels(NamedTuple):
    """From where to where pixels go that are normalized, over all channels; `gray`: each mean is one of pixels."""

    low: float
    high: float
    gray: bool
    said: str

    @classmethod
    def of(cls, described: InputMetadata) -> _Pixels:
        pairs = list(zip(described.mean, described.std, strict=True))
        ends = [(pixel - mean) / std for mean, std in pairs for pixel in (0.0, _BRIGHTEST)]
        gray = all(0 <= mean <= _BRIGHTEST and std > 0 for mean, std in pairs)
        mean, std = (", ".join(f"{value:g}" for value in values) for values in (described.mean, described.std))
        return cls(min(ends), max(ends), gray, f"mean {mean}, std {std}")

    @property
    def seen(self) -> bool:
        """Whether networks are trained to see pixels there."""
        return self.gray and _SEEN[0] <= self.low and self.high <= _SEEN[1]

    @property
    def shifted(self) -> bool:
        """Whether they stay as they are, or a gray is subtracted."""
        return self.gray and _BRIGHTEST - 1 < self.high - self.low < 2 * _BRIGHTEST

    def hold(self, found: Extent) -> bool:
        """Whether numbers are such: those that begin at 0 have no black in them where black lies below it."""
        if not found.within(self.low, self.high) or self._hide(found):
            return False
        return self.low > -_BELOW * (self.high - self.low) or abs(found.low) > _BLACK

    def _hide(self, found: Extent) -> bool:
        """Whether numbers are fractions around 0, where black to white is a long way; all black are none."""
        if self.high - self.low < _WIDE or found.whole:
            return False
        return found.high <= _FRACTIONS or (found.low < -_BLACK * _WIDE and found.high <= _SEEN[1])


def _of_picture(found: Extent, pixels: _Pixels, name: str, *, strict: bool) -> Meaning:
    """`strict`: numbers that contradict the normalization are refused; else only those that are all around 0."""
    if found.low == found.high == 0 and not found.integers:
        return Meaning(raw=True, notice=_black(name) if pixels.low < 0 else "")
    if found.integers and found.within(0, _BRIGHTEST):
        return Meaning(raw=True, notice=_black(name) if 0 < found.high < _DARKEST else "")
    if pixels.hold(found):
        return Meaning(raw=False)
    if found.within(0, _BRIGHTEST) and found.high >= max(_DARKEST, -found.low / _OVERSHOOT):
        return Meaning(raw=True)
    if not strict and max(-found.low, found.high) > _FRACTIONS:
        return Meaning(raw=True)
    becomes = f"{pixels.low:.4g} to {pixels.high:.4g}"
    as_they_are = (pixels.low, pixels.high) == (0, _BRIGHTEST)
    takes = f"takes pixels from {becomes} as they are" if as_they_are else f"makes {becomes} of pixels from 0 to 255"
    give = "pixels" if as_they_are else f"pixels, or numbers from {becomes}"
    raise DataError(
        f"{name}: {found}, but the model {takes} ({pixels.said}). Give {give}, or another {argument('normalization')}"
    )


def _black(name: str) -> str:
    return f"{name}: no number is above 1, of 0 to 255. They were taken for pixels, and are as good as black."


def _unsaid(found: Extent, name: str) -> str:
    if not (found.whole and found.within(0, _BRIGHTEST) and found.high >= _DARKEST):
        return ""
    return f"{name}: {found} were taken as they are, for nothing says how the model takes pixels."


def _of_table(arrays: Sequence[Array], described: InputMetadata, otherwise: bool) -> Meaning:
    """Values of columns: normalized where they lie around 0, and raw where they lie around a mean that is far away."""
    width = len(described.mean)
    rows = [array.reshape(-1, width) for array in arrays if array.size and array.shape[-1:] == (width,)]
    mean, std = np.asarray(described.mean), np.asarray(described.std)
    far = np.abs(mean) >= _FAR * np.maximum(std, 1)
    if not rows or not far.any():
        return Meaning(raw=otherwise)
    middle = np.median(np.concatenate(rows)[:, far], axis=0)
    if (np.abs(middle - mean[far]) <= _FAR * std[far]).all():
        return Meaning(raw=True)
    return Meaning(raw=otherwise)
