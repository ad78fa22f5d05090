"""The features of all windows on the disk, in float16: each as it is, and as it might have been recorded.

A window that is moved, louder or quieter, or has a background behind it is another view of it. Views are made of
samples, once; masks (`masking`) are drawn anew in each epoch.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.files import write_atomic
from edgewright.machine import Progress
from edgewright.train.rows_file import write_rows
from edgewright.train.sounds.log_mel import BANDS, frame_count, log_mel
from edgewright.train.sounds.recordings import Samples, windows_of
from edgewright.train.sounds.views import Backgrounds, room_of, view_of

NOBODY, NOISE = -1, -2
"""No class: of windows in which there is nothing to be heard of their recording's, and of a room's noise, made up.

Of both the network learns that nobody can tell, so that it keeps its peace where nothing happens. Source: Hendrycks et
al., Deep Anomaly Detection with Outlier Exposure, ICLR 2019 (arXiv 1812.04606), 3 and 4.
"""

_QUIET_DB = 30.0
"""A window so far below the loudest of its recording is quiet."""

_BACKGROUND_DB = 12.0
"""And so far below it, it may stand behind others."""

_MOST_BACKGROUNDS = 64
_VIEWS = (4, 16)
# Of few windows there are more views.
_ENOUGH = 1500


@dataclass(frozen=True, eq=False)
class Features:
    """What is trained on or looked at.

    `path`: an .npy file (windows, views, frames, 40) float16; the first view is the window as it is. `classes`
    (windows,) int64, `NOBODY` where it is quiet, and `NOISE` of windows that are no recording's.
    """

    path: Path
    classes: npt.NDArray[np.int64]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which windows are of a class."""
        known: npt.NDArray[np.bool_] = self.classes >= 0
        return known

    def open(self) -> npt.NDArray[np.float16]:
        """Map the file, read-only."""
        mapped: npt.NDArray[np.float16] = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return mapped


def features_of(
    dataset: Dataset, window: int, folder: Path, name: str, *, seed: int | None, progress: Progress
) -> Features:
    """The features of a part's recordings, made where `folder` does not hold them; `seed` is that of views, or None.

    Raises `DataError` where a recording cannot be read, `OutputError` where the disk has not enough space.
    """
    path, told = folder / f"{name}.npy", folder / f"{name}.npz"
    if (known := _known(path, told)) is not None:
        return known
    heard = _listen(dataset, window, f"listening to {name}", progress)
    views = 1 if seed is None else min(max(_ENOUGH // len(heard.classes), _VIEWS[0]), _VIEWS[1])
    classes = heard.classes if seed is None else np.append(heard.classes, _as_many_as_a_class(heard.classes))
    shape = (len(classes), views, frame_count(window), BANDS)
    rows = _rows(dataset, window, views, seed or 0, heard.backgrounds)
    noises = _noises(len(heard.classes), shape, window, seed or 0, heard.backgrounds)
    write_rows(path, shape, np.float16, _told(chain(rows, noises), shape[0], f"features of {name}", progress))
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, classes=classes)
    write_atomic(told, buffer.getvalue(), overwrite=True)
    return Features(path, classes)


def _as_many_as_a_class(classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    known = classes[classes >= 0]
    return np.full(math.ceil(len(known) / len(np.unique(known))), NOISE, np.int64)


def _known(path: Path, told: Path) -> Features | None:
    """What an earlier run has finished; None where there is nothing, or it is damaged."""
    try:
        with np.load(told, allow_pickle=False) as stored:
            found = Features(path, stored["classes"])
        return found if len(found.open()) == len(found.classes) else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


@dataclass(frozen=True, eq=False)
class _Heard:
    """What is known of all windows before anything is made of them."""

    classes: npt.NDArray[np.int64]
    backgrounds: Backgrounds


def _listen(dataset: Dataset, window: int, step: str, progress: Progress) -> _Heard:
    """How loud each window is, and what can stand behind others."""
    classes: list[npt.NDArray[np.int64]] = []
    backgrounds: list[Samples] = []
    for index, label in enumerate(dataset.labels):
        progress(step, index, len(dataset))
        levels, quietest = _levels(dataset.inputs[index], window)
        quiet = levels < levels.max() * 10 ** (-_QUIET_DB / 20)
        classes.append(np.where(quiet, NOBODY, label).astype(np.int64))
        faint = levels.min() < levels.max() * 10 ** (-_BACKGROUND_DB / 20)
        if faint and quietest.any() and len(backgrounds) < _MOST_BACKGROUNDS:
            backgrounds.append(quietest)
    progress(step, len(dataset), len(dataset))
    return _Heard(np.concatenate(classes), Backgrounds(tuple(backgrounds)))


def _levels(source: Any, window: int) -> tuple[npt.NDArray[np.float64], Samples]:
    """The level of each window, and the samples of the quietest that is whole, else of the first."""
    levels: list[float] = []
    quietest, least = np.zeros(window, np.float32), np.inf
    for one in windows_of(source, window):
        levels.append(one.level)
        if one.level < least and one.length == window:
            quietest, least = one.itself.copy(), one.level
    return np.array(levels), quietest


def _rows(
    dataset: Dataset, window: int, views: int, seed: int, backgrounds: Backgrounds
) -> Iterator[npt.NDArray[np.float16]]:
    """The features (views, frames, 40) of each window."""
    place = 0
    for source in dataset.inputs:
        for one in windows_of(source, window):
            # RandomState's stream is frozen (NEP 19): the same views next year.
            seen = [view_of(one, np.random.RandomState([seed, place, view]), backgrounds) for view in range(1, views)]
            yield log_mel(np.stack([one.itself, *seen])).astype(np.float16)
            place += 1


def _noises(
    first: int, shape: tuple[int, ...], window: int, seed: int, backgrounds: Backgrounds
) -> Iterator[npt.NDArray[np.float16]]:
    """The features of rooms in which nothing happens, in place of windows from `first` on."""
    for place in range(first, shape[0]):
        rooms = [room_of(window, np.random.RandomState([seed, place, view]), backgrounds) for view in range(shape[1])]
        yield log_mel(np.stack(rooms)).astype(np.float16)


def _told(rows: Iterator[npt.NDArray[np.float16]], total: int, step: str, progress: Progress) -> Iterator[Any]:
    for done, row in enumerate(rows):
        progress(step, done, total)
        yield row
    progress(step, total, total)
