"""Which box could be which track, and how well it fits: by where a track is expected, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.task.tracking.motion import Floats, Motion, corners


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
HIGH = Gate(distance=20.0, overlap=0.3, alone=40.0)
LOW = Gate(distance=16.0, overlap=0.3, alone=30.0)

# A pair costs its distance, and more where it says less: with a track that may be anywhere, and with one that is no
# more than a box or two.
VAGUE, YOUNG = 2.0, 2.0


def costs_of(motion: Motion, young: npt.NDArray[np.bool_], places: Floats, gate: Gate) -> Floats:
    """What it costs to take each box for each track, (tracks, boxes); infinite where it must not be.

    The negative logarithm of the likelihood, twice, but for what is the same for all tracks: the squared Mahalanobis
    distance and the logarithm of the determinant of the covariance, in units of the doubt about one box.
    """
    off = places[None] - motion.place[:, None]
    variance = motion.expected()
    distance = np.einsum("tbc,tc->tb", off**2, 1 / variance)
    vague = np.log(variance / motion.doubt()).sum(axis=1)
    fits = (distance <= gate.distance) | (overlaps(corners(motion.place), corners(places)) >= gate.overlap)
    return np.where(fits, distance + (VAGUE * vague + YOUNG * young)[:, None], np.inf)


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
