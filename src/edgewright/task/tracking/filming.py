"""A film of what is followed: boxes, numbers, and the way that each thing came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from edgewright.media import FILM_RATE, Film, Trail, draw_trails, load_image
from edgewright.report import numbers
from edgewright.task.result import Observation, called
from edgewright.task.tracking.following import Seen, picture_of, seconds_of, things_of

_TRAIL_S = 2.0
"""How much of the way that a thing came is drawn behind it."""


def filmed(answers: Iterable[Seen], path: Path, *, overwrite: bool = False) -> Iterator[Seen]:
    """The same answers, each drawn into a film, MP4, which is there once the last has come.

    What has no result is left out. Where it is not taken to the end there is no film. Raises `OutputError` where it
    cannot be written, and `MissingExtraError` where nothing writes videos here.
    """
    trails = _Trails()
    with Film(path, overwrite=overwrite) as film:
        for number, answer in enumerate(answers):
            if answer.result is not None:
                seconds = seconds_of(answer)
                at_s = number / FILM_RATE if seconds is None else seconds
                things = [thing for thing in things_of(answer) if thing.track is not None]
                film.add(trails.drawn(picture_of(answer), things, at_s), at_s)
            yield answer


class _Trails:
    """Where things were lately, by the numbers of their tracks."""

    def __init__(self) -> None:
        self._points: dict[int, deque[tuple[float, tuple[float, float]]]] = {}

    def drawn(self, picture: Any, things: list[Observation], seconds: float) -> Image:
        """The picture, with things and trails on it."""
        boxes = []
        for thing in reversed(things):
            if thing.box is None or thing.track is None:
                continue
            self._points.setdefault(thing.track, deque()).append((seconds, thing.box.center))
            boxes.append((thing.box, f"{called(thing)} {numbers.score(thing.score)}", thing.track))
        self._forget(seconds)
        trails = [Trail([point for _, point in points], track) for track, points in self._points.items()]
        plain = np.asarray(picture) if isinstance(picture, np.ndarray) else picture
        return draw_trails(load_image(plain), boxes, trails)

    def _forget(self, seconds: float) -> None:
        for track, points in list(self._points.items()):
            while points and seconds - points[0][0] > _TRAIL_S:
                points.popleft()
            if not points:
                del self._points[track]
