"""Pictures as others may see them: what is to be hidden in them is blurred before there is anything else of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from edgewright.agent.inference.inside.finding import Finder
from edgewright.agent.inference.inside.jpeg import as_jpeg
from edgewright.agent.inference.setup import QUALITY
from edgewright.media import Box, PictureSource, blur_boxes, load_image, read_header
from edgewright.task import Result, observations_of

# A detector that finds a thing in one picture may miss it in the next. So what it found in the last moments is blurred
# still: boxes of so many pictures and seconds.
KEPT, KEPT_S = 10, 1.0

# So many pictures, the one that is shown among them, are looked at by the detectors when one is wanted.
_SEARCHED = 3

# Of pixels one in so many is kept for that, so that the shorter side has about these, or up to twice as many.
_SMALL = 480

# Boxes that have so much in common (intersection over union) are blurred as one.
_SAME = 0.5


@dataclass(slots=True)
class _Moment:
    """A picture that was looked at. `boxes`: what the main model says is in it, and later what the detectors find.

    `small` is what the detectors are to see, one in `step` of its rows; None once they have seen it.
    """

    time_s: float
    size: tuple[int, int]
    boxes: list[Box]
    small: PictureSource | None
    step: int


class Showing:
    """Keeps the last picture, and of each source what was to be hidden in the last moments.

    `finders` find what is to be blurred, and `labels` is all of it: the main model may say it, too. `alone`: of each
    source, whether its pictures have nothing to do with one another.
    """

    def __init__(
        self, finders: Sequence[Finder], labels: Sequence[str], alone: Sequence[bool], max_pixels: int
    ) -> None:
        self._finders = finders
        self._labels = frozenset(labels)
        self._alone = alone
        self._max_pixels = max_pixels
        self._moments: dict[int, deque[_Moment]] = {}
        self._source = 0
        self._picture: PictureSource | None = None

    def forget(self) -> None:
        """There is nothing to be shown: another picture is on its way, or the one that came could not be looked at."""
        self._picture = None

    def take(self, picture: PictureSource, source: int, result: Result) -> None:
        """A picture was looked at; it may be asked for until the next one comes."""
        if self._labels:
            self._keep(picture, source, result)
        self._picture, self._source = picture, source

    def jpeg(self, width: int | None = None, quality: int = QUALITY) -> bytes:
        """The last picture as JPEG, blurred where it has to be, and `width` pixels wide if it is wider.

        Empty where there is none. What a detector raises is raised: then nobody sees the picture.
        """
        if self._picture is None:
            return b""
        boxes = self._to_blur(self._picture) if self._labels else []
        image = load_image(self._picture, max_pixels=self._max_pixels)
        scale = min(1.0, width / image.width) if width else 1.0
        if scale < 1:
            image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        return as_jpeg(blur_boxes(image, [_times(box, scale) for box in boxes]), quality)

    def _keep(self, picture: PictureSource, source: int, result: Result) -> None:
        moments = self._moments.setdefault(source, deque(maxlen=KEPT))
        if self._alone and self._alone[source]:
            moments.clear()
        if len(moments) >= _SEARCHED:
            moments[-_SEARCHED].small = None
        small, step, size = picture, 1, (0, 0)
        if isinstance(picture, np.ndarray):
            size = picture.shape[0], picture.shape[1]
            step = max(1, min(size) // _SMALL)
            small = picture[::step].copy()  # the memory it lies in is the next picture's; whole rows are quickest
        else:
            header = read_header(picture, max_pixels=self._max_pixels)
            size = header.height, header.width
        said = [thing.box for thing in observations_of(result, self._labels) if thing.box is not None]
        moments.append(_Moment(time.monotonic(), size, said, small, step))

    def _to_blur(self, picture: PictureSource) -> list[Box]:
        """All that was found in the last moments of the source, in pixels of the picture, which is its last."""
        moments = self._moments[self._source]
        now = moments[-1]
        recent = [one for one in moments if one.size == now.size and now.time_s - one.time_s <= KEPT_S]
        for moment in recent:
            if moment is now:
                moment.boxes += self._found(picture, 1) if moment.small is not None else []
                moment.small = None
            elif moment.small is not None:
                small, moment.small = moment.small, None
                with suppress(Exception):  # a picture that was not shown for it; this one is
                    moment.boxes += self._found(_thinned(small, moment.step), moment.step)
        return _joined([box for moment in recent for box in moment.boxes])

    def _found(self, picture: PictureSource, step: int) -> list[Box]:
        return [_times(box, step) for find in self._finders for box in find(picture)]


def _thinned(rows: PictureSource, step: int) -> PictureSource:
    """One in `step` of the columns too, of an array."""
    return np.ascontiguousarray(rows[:, ::step]) if isinstance(rows, np.ndarray) else rows


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Fewer boxes that hold all of them: those of one thing in several pictures become one."""
    joined: list[Box] = []
    for box in (box.bounds for box in boxes):
        near = next((place for place, other in enumerate(joined) if other.iou(box) > _SAME), None)
        if near is None:
            joined.append(box)
        else:
            joined[near] = _around(joined[near], box)
    return joined


def _around(one: Box, other: Box) -> Box:
    return Box(min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1))


def _times(box: Box, scale: float) -> Box:
    return Box(box.x0 * scale, box.y0 * scale, box.x1 * scale, box.y1 * scale, box.angle)
