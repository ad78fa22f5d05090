"""Which box could be which track, and how well it fits: by where a track is expected, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.task.tracking.motion import Floats, Motion, corners

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Gate:
    """What is let pass: a distance in standard deviations squared, or an overlap; and when a track rather stays alone.

    A box fits a track if the Mahalanobis distance (squared, of four numbers) is within `distance`, or the intersection
    over union of the two is at least `overlap`. Of a pair that costs more than `alone` nothing comes.
    """

    distance: float
    overlap: float
    alone: float


# Boxes of a high score, then those of a low one, which have to fit better: they are more often wrong.
HIGH = Gate(distance=35.0, overlap=0.2, alone=40.0)
LOW = Gate(distance=9.0, overlap=0.3, alone=30.0)

# A pair costs its distance, and more where it says less: with a track that may be anywhere, and with one that is no
# more than a box or two.
VAGUE, YOUNG = 2.0, 2.0
# A thing that was there in the picture before is worth its box, however far apart the two pictures are: at one a second
# it may be anywhere, and would rather stay alone for that. So this is the most that it costs to be vague.
MOST_VAGUE = 18.0

# Detectors say cat and then dog of one animal: a box of another class fits where it overlaps so much, at this cost.
SAME_PLACE, OTHER_KIND = 0.6, 15.0


@dataclass(frozen=True, eq=False)
class Fits:
    """How well each box fits each track, (tracks, boxes).

    `costs` is the negative logarithm of the likelihood, twice, but for what is the same for all tracks: the squared
    Mahalanobis `distances` and the logarithm of the determinant of the covariance, in units of the doubt about a box.
    `overlaps` is intersection over union.
    """

    costs: Floats
    distances: Floats
    overlaps: Floats

    @classmethod
    def of(cls, motion: Motion, young: Bools, fresh: Bools, places: Floats) -> Fits:
        """Of tracks and of boxes by their middles and sides.

        Tracks that are `young` are not yet confirmed, and those that are `fresh` were seen in the picture before.
        """
        variance, doubt = motion.expected()
        off = places[None] - motion.place[:, None]
        np.square(off, out=off)
        distances = np.matmul(off, (1 / variance)[:, :, None])[:, :, 0]
        vague = np.log((variance / doubt).prod(axis=1))
        for_vague = np.minimum(VAGUE * vague, np.where(fresh, MOST_VAGUE, np.inf))
        costs = distances + (for_vague + YOUNG * young)[:, None]
        return cls(costs, distances, overlaps(corners(motion.place), corners(places)))

    def passing(self, gate: Gate, apart: Bools, *, mixed: bool) -> Floats:
        """The costs, infinite where a box is not let pass; `apart` (tracks, boxes) are those of different classes,

        which are let pass in one place if tracks may be `mixed`.
        """
        passing = (self.distances <= gate.distance) | (self.overlaps >= gate.overlap)
        passing &= ~apart | (self.overlaps >= SAME_PLACE) if mixed else ~apart
        return np.where(passing, self.costs + OTHER_KIND * apart, np.inf)


def overlaps(these: Floats, those: Floats) -> Floats:
    """Intersection over union of each of these boxes with each of those, (these, those); corners in, 0 to 1 out."""
    sides = np.minimum(these[:, None, 2:], those[None, :, 2:]) - np.maximum(these[:, None, :2], those[None, :, :2])
    np.maximum(sides, 0, out=sides)
    shared = sides[..., 0] * sides[..., 1]
    union = _areas(these)[:, None] + _areas(those)[None] - shared
    found: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return found


def _areas(xyxy: Floats) -> Floats:
    areas: Floats = (xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1])
    return areas
