"""The tracks that are alive: how they move, which ids they have, how often and when they were seen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.task.tracking.motion import Floats, Motion

Bools = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

NOBODY = -1
"""The id of what belongs to no confirmed track."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """n tracks, all arrays (n,): their `motion`, `ids` (−1 while unconfirmed) and `kinds` (classes).

    `hits` says how often each was seen, `misses` how many pictures ago it was seen last, and `unseen` how many seconds.
    `first` (n, 4): where it was seen first, as (middle x, middle y, width, height).
    """

    motion: Motion
    ids: Ids
    kinds: Ids
    hits: Ids
    misses: Ids
    unseen: Floats
    first: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def begin(cls, places: Floats, kinds: Ids) -> Tracks:
        """Tracks of what is seen for the first time."""
        number = len(places)
        ids, hits, misses = np.full(number, NOBODY), np.ones(number, np.int64), np.zeros(number, np.int64)
        return cls(Motion.begin(places), ids, kinds, hits, misses, np.zeros(number), places)

    def after(self, seconds: float) -> Tracks:
        """As they are expected in the next picture, so much later: none of them is seen yet."""
        motion = self.motion.after(seconds, self.misses > 0)
        return Tracks(motion, self.ids, self.kinds, self.hits, self.misses + 1, self.unseen + seconds, self.first)

    def seen(self, rows: Places, places: Floats) -> Tracks:
        """With some of them seen."""
        hits, misses, unseen = self.hits.copy(), self.misses.copy(), self.unseen.copy()
        hits[rows] += 1
        misses[rows] = 0
        unseen[rows] = 0.0
        return Tracks(self.motion.seen(rows, places), self.ids, self.kinds, hits, misses, unseen, self.first)

    def taken(self, rows: npt.NDArray[Any]) -> Tracks:
        """Some of them: places, or a mask."""
        return Tracks(self.motion.taken(rows), *(getattr(self, name)[rows] for name in _ARRAYS))

    def joined(self, others: Tracks) -> Tracks:
        """These, and others behind them."""
        arrays = (np.concatenate([getattr(self, name), getattr(others, name)]) for name in _ARRAYS)
        return Tracks(self.motion.joined(others.motion), *arrays)


_ARRAYS = tuple(field.name for field in fields(Tracks) if field.name != "motion")
