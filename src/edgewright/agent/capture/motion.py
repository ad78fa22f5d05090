"""Whether a picture differs from the last one that was looked at: of a still one the model need not be asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from edgewright.agent.capture.frame import Frame
from edgewright.errors import DataError
from edgewright.media import load_image

Thumbnail = npt.NDArray[np.int16]
Polygon = Sequence[tuple[float, float]]

# Cells of a thumbnail along the longer side, about; each is the mean of four pixels, which halves a sensor's noise.
_CELLS = 160
_AT_LEAST = (_CELLS, _CELLS)

# By how many of 255 levels a cell has to change. Noise may ask for more: five times its standard deviation, which is
# 1.4826 times the median of its absolute values, is passed by one cell in two million.
_LEAST, _MOST = 15, 60
_DEVIATIONS = 5 * 1.4826

# Noise is the quietest of so many steps from one picture to the next: a light that is switched on is none.
_STEPS, _EVERY = 8, 4

# While things that were found are about, a still picture is looked at as often as this all the same.
_STANDING_S = 1.0


class MotionGate:
    """Tells still pictures from others.

    A picture is still where no more than `share` (0 to 1) of its area differs from the last one that was looked at, so
    that it shows what the model was asked about already. Slow light and things that creep add up until they count, a
    light that is switched on counts once. For `hold_s` seconds after motion no picture is still, since some rules and
    all tracks want to see a thing several times. While `is_busy` (tracks are open) still pictures are looked at now and
    then, twice in `hold_s` and at least once a second, so that nothing ends for standing still. What moves in `mask`,
    polygons of (x, y) in shares of the picture, is not seen.
    """

    def __init__(self, share: float, hold_s: float = 0.0, mask: Sequence[Polygon] = ()) -> None:
        self._share = share
        self._mask = mask
        self._open: npt.NDArray[np.bool_] | None = None
        self._hold_s = hold_s
        self._standing_s = min(_STANDING_S, hold_s / 2) if hold_s else _STANDING_S
        self._looked_at: Thumbnail | None = None
        self._before: Thumbnail | None = None
        self._noise: deque[int] = deque(maxlen=_STEPS)
        self._moved_s = self._looked_s = float("-inf")

    def is_still(self, frame: Frame, *, is_busy: bool = False) -> bool:
        """Whether it need not be looked at; what cannot be read is never still, so that its error is told."""
        thumbnail = _thumbnail(frame)
        if thumbnail is None:
            return False
        has_moved = self._has_moved(thumbnail)
        self._before = thumbnail
        time_s = frame.time_s
        if time_s < self._looked_s:  # a clock of before: a video that begins anew
            self._moved_s = self._looked_s = float("-inf")
        if has_moved:
            self._moved_s = time_s
        is_held = time_s - self._moved_s < self._hold_s
        is_due = is_busy and time_s - self._looked_s >= self._standing_s
        if not (has_moved or is_held or is_due):
            return True
        self._looked_at, self._looked_s = thumbnail, time_s
        return False

    def _has_moved(self, thumbnail: Thumbnail) -> bool:
        if self._looked_at is None or self._looked_at.shape != thumbnail.shape:
            self._noise.clear()
            self._open = _outside(self._mask, thumbnail.shape) if self._mask else None
            return True
        if self._before is not None and self._before.shape == thumbnail.shape:
            self._noise.append(_median(np.abs(thumbnail.ravel()[::_EVERY] - self._before.ravel()[::_EVERY])))
        level = round(min(max(_LEAST, _DEVIATIONS * min(self._noise, default=0)), _MOST))
        has_changed = np.abs(thumbnail - self._looked_at) > level
        if self._open is not None:
            has_changed = has_changed[self._open]
        return bool(np.count_nonzero(has_changed) > self._share * has_changed.size)


def _thumbnail(frame: Frame) -> Thumbnail | None:
    """The gray picture, small; None where the frame is no picture that can be read."""
    content = frame.content
    if isinstance(content, np.ndarray):
        return _cells(content[:, :, 1])  # green is most of what is bright, and what sensors have most pixels of
    if not isinstance(content, bytes) or not content or frame.error:
        return None
    try:
        return _cells(np.asarray(load_image(content, color_space="GRAYSCALE", at_least=_AT_LEAST)))
    except DataError:
        return None


def _cells(gray: npt.NDArray[np.uint8]) -> Thumbnail:
    """Means of four pixels of each cell."""
    step = max(2, max(gray.shape) // _CELLS)
    height, width = (side // step * step for side in gray.shape)
    if not height or not width:
        return gray.astype(np.int16)
    near, far = step // 4, step // 4 + step // 2
    places = [(row, column) for row in (near, far) for column in (near, far)]
    total = np.zeros((height // step, width // step), np.int16)
    for row, column in places:
        total += gray[row:height:step, column:width:step].astype(
            np.int16
        )  # to add bytes as they lie takes ten times as long
    return total >> 2


def _outside(mask: Sequence[Polygon], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    height, width = shape
    drawn = Image.new("1", (width, height), 1)
    for polygon in mask:
        ImageDraw.Draw(drawn).polygon([(x * width, y * height) for x, y in polygon], fill=0, outline=0)
    return np.asarray(drawn)


def _median(values: Thumbnail) -> int:
    middle = values.size // 2
    return int(np.partition(values, middle)[middle])
