"""Which pictures look nearly the same: all are compared with all, and with all in a mirror."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.machine import Progress
from edgewright.train.likeness.hashing import BITS, Looks
from edgewright.train.likeness.numbering import Links

# Shares of bits that differ. Copies stored again at quality 30, made 4 times smaller or brighter by 15% differ by 0.07
# at the most (95% of 461 product photographs and 1,030 of hands), moved by 2% or turned by 2 degrees by 0.2; of
# different pictures of one class, one pair in 100,000 by less than 0.2 (hands) and 0.25 (products).
NEAR = 0.18
# Moved by 5%: 0.35 in the median. So are one in a hundred others, which is why neighbors alone are held to it.
SOMEWHAT = 0.36
# What is nearer than this is one picture, stored twice.
COPY = 0.04

# Root mean square of the differences of colors, of 1: all that is measured above stays below the first.
_COLORS, _NEIGHBOR_COLORS = 0.1, 0.15

_ROWS, _MOST_PARTNERS = 1024, 16


class Link(NamedTuple):
    """Two pictures, by their places, and how far they are apart: the share of bits that differ."""

    distance: float
    first: int
    second: int


def alike(looks: Looks, progress: Progress) -> list[Link]:
    """Pairs of pictures that are nearly the same, the nearest first; of each picture a few partners, not all."""
    return sorted(set(_compared(looks, progress)))


def alike_neighbors(looks: Looks, pairs: Links) -> list[Link]:
    """Those of the pairs that are somewhat alike, the nearest first."""
    if not pairs:
        return []
    first, second = np.array(pairs).T
    agree = (looks.bits[first] * looks.bits[second]).sum(axis=1, dtype=np.int32)
    distances = (BITS - agree) / (2 * BITS)
    fits = (distances <= SOMEWHAT) & (_colors_apart(looks, first, second, False) <= _NEIGHBOR_COLORS)
    return sorted(Link(float(distances[at]), int(first[at]), int(second[at])) for at in np.flatnonzero(fits))


def found_in(looks: Looks, others: Looks, progress: Progress) -> npt.NDArray[np.bool_]:
    """Which of the others (m,) are nearly the same as one of the pictures that `looks` are of, or as its mirror."""
    found = np.zeros(len(others), np.bool_)
    both = ((looks.bits.astype(np.float32), False), (looks.mirrored.astype(np.float32), True))
    for start in range(0, len(others), _ROWS):
        progress("Comparing pictures", start, len(others))
        rows = others.bits[start : start + _ROWS].astype(np.float32)
        for bits, mirrored in both:
            first, second = np.nonzero((BITS - rows @ bits.T) / (2 * BITS) <= NEAR)
            apart = _colors_between(others.colors[first + start], looks.colors[second], mirrored)
            found[first[apart <= _COLORS] + start] = True
    progress("Comparing pictures", len(others), len(others))
    return found


def same(looks: Looks, first: int, second: int) -> bool:
    """Whether two pictures are one and the same, in all that is known of them."""
    return bool((looks.bits[first] == looks.bits[second]).all() and (looks.colors[first] == looks.colors[second]).all())


def _compared(looks: Looks, progress: Progress) -> Iterator[Link]:
    bits, mirrored = looks.bits.astype(np.float32), looks.mirrored.astype(np.float32)
    for start in range(0, len(looks), _ROWS):
        progress("Comparing pictures", start, len(looks))
        rows = bits[start : start + _ROWS]
        yield from _links(looks, start, rows @ bits[start:].T, False)
        yield from _links(looks, start, rows @ mirrored[start:].T, True)
    progress("Comparing pictures", len(looks), len(looks))


def _links(looks: Looks, start: int, agree: npt.NDArray[np.float32], mirrored: bool) -> Iterator[Link]:
    """Pairs of a block, whose rows and columns are pictures from `start` on; each pair once."""
    distances = (BITS - agree) / (2 * BITS)
    near = np.triu(distances <= NEAR, 1)
    for row in np.flatnonzero(near.any(axis=1)):
        partners = _partners(distances[row], np.flatnonzero(near[row]))
        apart = _colors_apart(looks, np.full(len(partners), row + start), partners + start, mirrored)
        for column in partners[apart <= _COLORS]:
            yield Link(float(distances[row, column]), int(row + start), int(column + start))


def _partners(distances: npt.NDArray[np.float32], partners: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The nearest of them and the next one: where thousands are all alike, their pairs would fill the memory."""
    if len(partners) <= _MOST_PARTNERS:
        return partners
    nearest = np.argsort(distances[partners], kind="stable")[:_MOST_PARTNERS]
    kept: npt.NDArray[np.int64] = partners[np.union1d(nearest, [0])]
    return kept


def _colors_apart(
    looks: Looks, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], mirrored: bool
) -> npt.NDArray[np.float64]:
    return _colors_between(looks.colors[first], looks.colors[second], mirrored)


def _colors_between(
    ours: npt.NDArray[np.float16], theirs: npt.NDArray[np.float16], mirrored: bool
) -> npt.NDArray[np.float64]:
    difference = ours.astype(np.float32) - (theirs[:, :, ::-1] if mirrored else theirs)
    apart: npt.NDArray[np.float64] = np.sqrt((difference.astype(np.float64) ** 2).mean(axis=(1, 2, 3)))
    return apart
