"""Ids for boxes: which of them is the same thing as before, from one picture to the next."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.task.tracking.assignment import assign
from edgewright.task.tracking.association import HIGH, LOW, Fits
from edgewright.task.tracking.motion import Floats, middles
from edgewright.task.tracking.tracks import NOBODY, Ids, Places, Tracks

HIGH_SCORE, LOW_SCORE = 0.5, 0.1
"""Scores from which on a box may begin a track, and go on with one, where nobody says otherwise."""

FRAME_S = 1 / 30
"""How much later a picture is whose time is not said."""

# A track that is not confirmed yet ends when it was missed more often than this, and for so long.
YOUNG_MISSES, YOUNG_S = 1, 0.1

_MOST_ID = 2**62  # Ids are 64 bits, and there shall be some left.


class Tracker:
    """Follows things through pictures: gives each box the id of the thing that it shows.

    Boxes of a score of at least `high` are looked for first, among all tracks; what is left of the confirmed tracks may
    take boxes between `low` and `high`, which show what is half hidden. A box of a high score that fits no track begins
    one, which has an id once it was seen `hits` times. A track that is not seen lives on for `lost` seconds where it
    was headed. Ids begin with `first` and are never used twice. Where things are expected goes by the time that passed,
    not by the number of pictures: a camera may stutter. Classes, where they are given, are followed apart; `mixed` lets
    a box go on with a track of another class where it lies in just its place, as of a dog that is called a cat.

    Raises `UsageError` for settings that make no sense, and for boxes, scores and classes that do not fit each other.

    Source: the association in two stages is that of Zhang et al., "ByteTrack: Multi-Object Tracking by Associating
    Every Detection Box" (2022).

    >>> tracker = ew.Tracker(hits=2)
    >>> tracker.update([[10, 10, 50, 90]], [0.9], time=0.0).tolist()
    [-1]
    >>> tracker.update([[14, 10, 54, 90], [300, 20, 350, 90]], [0.8, 0.7], time=0.2).tolist()
    [1, -1]
    """

    def __init__(
        self,
        *,
        first: int = 1,
        hits: int = 3,
        lost: float = 2.0,
        high: float = HIGH_SCORE,
        low: float = LOW_SCORE,
        mixed: bool = False,
    ) -> None:
        _check(first, hits, lost, high, low)
        self._next, self._hits, self._lost, self._high, self._low = first, hits, lost, high, low
        self._mixed = mixed
        self._tracks = Tracks.begin(np.zeros((0, 4)), np.zeros(0, np.int64))
        self._time: float | None = None
        self.ended: tuple[int, ...] = ()
        """The ids of the tracks that ended with the last update. Those that were never confirmed had none."""
        self.began: dict[int, tuple[float, float, float, float]] = {}
        """The ids of the tracks that were confirmed with the last update, and the box that each was seen in first."""

    def update(
        self,
        boxes: npt.ArrayLike,
        scores: npt.ArrayLike,
        time: float | None = None,
        classes: npt.ArrayLike | None = None,
    ) -> Ids:
        """The id of each box of the next picture, (n,) int64; −1 where it belongs to no confirmed track.

        `boxes` (n, 4): x0, y0, x1, y1 in pixels; `scores` (n,), 0 to 1; `classes` (n,) whole numbers. `time` in seconds
        from any moment; None is a thirtieth of a second after the picture before. A time that runs backwards counts as
        none passed, and the clock goes on from there. A box that is not finite, or empty, gets −1 and is not followed.
        """
        xyxy, confidence, kinds = _arrays(boxes, scores, classes)
        passed = self._passed(time)
        usable = np.isfinite(xyxy).all(axis=1) & np.isfinite(confidence) & (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
        places = middles(np.where(usable[:, None], xyxy, 0.0))
        confidence = np.where(usable, confidence, -1.0)
        tracks = self._tracks.after(passed)
        track_of = self._associated(tracks, places, confidence, kinds)
        taken = np.flatnonzero(track_of >= 0)
        tracks = tracks.seen(track_of[taken], places[taken])
        begun = np.flatnonzero((track_of < 0) & (confidence >= self._high))
        if len(begun):
            track_of[begun] = len(tracks) + np.arange(len(begun))
            tracks = tracks.joined(Tracks.begin(places[begun], kinds[begun]))
        self._confirm(tracks)
        self._keep(tracks)
        return np.append(tracks.ids, NOBODY)[track_of]

    def resume(
        self,
        boxes: npt.ArrayLike,
        ids: npt.ArrayLike,
        time: float | None = None,
        classes: npt.ArrayLike | None = None,
    ) -> None:
        """Go on with tracks of before: confirmed things that were last seen at `boxes`, and are lost for now.

        `ids` (n,) are theirs; `time` is when they were seen, on the clock of `update`, None the time of the last
        update. Who is not seen again within `lost` seconds of it ends as any track does. New ids are above all `ids`.
        """
        xyxy, _, kinds = _arrays(boxes, np.zeros(np.shape(boxes)[:1]), classes)
        numbers = np.asarray(ids, np.int64).reshape(-1)
        self._check_resumed(xyxy, numbers)
        unseen = 0.0
        if self._time is None:
            self._time = time
        elif time is not None:
            unseen = max(0.0, self._time - time)
        tracks = Tracks.begin(middles(xyxy), kinds).after(unseen)
        tracks.ids[:], tracks.hits[:] = numbers, self._hits
        self._tracks = self._tracks.joined(tracks)
        self._next = max(self._next, int(numbers.max(initial=0)) + 1)

    def _check_resumed(self, xyxy: Floats, ids: Ids) -> None:
        if len(ids) != len(xyxy):
            raise UsageError(f"{len(ids)} ids for {len(xyxy)} boxes; as many are expected")
        if not np.isfinite(xyxy).all() or not (xyxy[:, 2:] > xyxy[:, :2]).all():
            raise UsageError("a box of a track is empty or not finite: x0 < x1 and y0 < y1 are expected")
        known = [*ids.tolist(), *self._tracks.ids[self._tracks.ids >= 0].tolist()]
        if (ids < 0).any() or len(known) != len(set(known)):
            raise UsageError(f"ids of tracks are not below 0, and each is there once; got {ids.tolist()}")

    def _passed(self, time: float | None) -> float:
        """How many seconds after the picture before this one is."""
        before = self._time
        if time is None:
            time = 0.0 if before is None else before + FRAME_S
        if not math.isfinite(time):
            raise UsageError(f"the time is {time}; a finite number of seconds is expected")
        self._time = time
        return 0.0 if before is None else max(0.0, time - before)

    def _associated(self, tracks: Tracks, places: Floats, scores: Floats, kinds: Ids) -> Places:
        """The track of each box, (n,), −1 where there is none: first those of a high score, then those of a low one."""
        track_of = np.full(len(places), -1, np.intp)
        if not len(tracks) or not len(places):
            return track_of
        fresh = (tracks.misses == 1) & (tracks.unseen <= self._lost)
        fits = Fits.of(tracks.motion, tracks.ids < 0, fresh, places)
        apart = tracks.kinds[:, None] != kinds
        free = np.ones(len(tracks), np.bool_)
        high = scores >= self._high
        for boxes, gate in ((high, HIGH), ((scores >= self._low) & ~high, LOW)):
            costs = fits.passing(gate, apart, mixed=self._mixed)
            _pair(costs, np.flatnonzero(free), np.flatnonzero(boxes), gate.alone, track_of)
            free = tracks.ids >= 0
            free[track_of[track_of >= 0]] = False
        return track_of

    def _confirm(self, tracks: Tracks) -> None:
        self.began = {}
        for row in np.flatnonzero((tracks.ids < 0) & (tracks.hits >= self._hits)):
            tracks.ids[row], self._next = self._next, self._next + 1
            x, y, width, height = tracks.first[row].tolist()
            self.began[int(tracks.ids[row])] = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def _keep(self, tracks: Tracks) -> None:
        """Let those end that were not seen for too long."""
        confirmed = tracks.ids >= 0
        young_end = (tracks.misses > YOUNG_MISSES) & (tracks.unseen > min(YOUNG_S, self._lost))
        over = np.where(confirmed, tracks.unseen > self._lost, young_end)
        self.ended = tuple(tracks.ids[over & confirmed].tolist())
        self._tracks = tracks.taken(~over) if over.any() else tracks


def _pair(costs: Floats, rows: Places, columns: Places, alone: float, track_of: Places) -> None:
    """Give these tracks (rows) those boxes (columns), into `track_of`."""
    if len(rows) and len(columns):
        pairs = assign(costs[rows[:, None], columns], alone)
        track_of[columns[pairs[pairs >= 0]]] = rows[pairs >= 0]


def _arrays(boxes: npt.ArrayLike, scores: npt.ArrayLike, classes: npt.ArrayLike | None) -> tuple[Floats, Floats, Ids]:
    xyxy, confidence = np.asarray(boxes, np.float64), np.asarray(scores, np.float64)
    if xyxy.size == 0:
        xyxy = xyxy.reshape(-1, 4)
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        raise UsageError(f"boxes of shape {xyxy.shape}; (n, 4) is expected: x0, y0, x1, y1 of each")
    kinds = np.zeros(len(xyxy), np.int64) if classes is None else np.asarray(classes).astype(np.int64)
    for name, values in (("scores", confidence), ("classes", kinds)):
        if values.shape != (len(xyxy),):
            raise UsageError(f"{name} of shape {values.shape} for {len(xyxy)} boxes; one of each is expected")
    return xyxy, confidence, kinds


def _check(first: int, hits: int, lost: float, high: float, low: float) -> None:
    for name, number, least in (("first", first, 0), ("hits", hits, 1)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or not least <= number <= _MOST_ID:
            raise UsageError(f"{name} is {number!r}; a whole number of at least {least} is expected")
    if not (math.isfinite(lost) and lost >= 0):
        raise UsageError(f"lost is {lost!r}; seconds of at least 0 are expected")
    if not 0 <= low <= high <= 1:
        raise UsageError(f"low is {low!r} and high {high!r}; 0 <= low <= high <= 1 is expected")
