"""Where numbers stand beside the points of a chart whose width is not known until somebody looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTHS = (310, 420, 600, 900, 1100)  # pixels: drawings on phones, tablets and desks
_HALF_WIDTH, _HALF_HEIGHT = 8, 8  # pixels of a number of one or two digits
_BASELINE = 5  # pixels from the middle of a digit down to its foot
_MARK = 8  # pixels: half of a point
# Middle of the number from the middle of its point, pixels right and down, best place first.
_PLACES = ((18, -11), (-18, -11), (0, -20), (20, 0), (-20, 0), (18, 12), (-18, 12), (0, 20), (30, -16), (-30, -16))


@dataclass(frozen=True)
class Spot:
    """A point to be labelled: share of the width, and its place and that of its line's lower end in pixels down."""

    part: float
    top: float
    bottom: float


def place_labels(spots: Sequence[Spot]) -> list[tuple[int, int]]:
    """For each spot pixels to the right and down at which its label begins, so that few things overlap at any width.

    Greedy: each label takes the place with the least overlap with all points, their lines, and the labels before it,
    summed over some widths of the drawing.
    """
    taken: list[tuple[int, int]] = []
    for index in range(len(spots)):
        costs = [_cost(spots, taken, index, place) + rank * 0.5 for rank, place in enumerate(_PLACES)]
        taken.append(_PLACES[costs.index(min(costs))])
    return [(right, down + _BASELINE) for right, down in taken]


def _cost(spots: Sequence[Spot], taken: Sequence[tuple[int, int]], index: int, place: tuple[int, int]) -> float:
    mine, total = spots[index], 0.0
    for width in _WIDTHS:
        x, y = mine.part * width + place[0], mine.top + place[1]
        for other, spot in enumerate(spots):
            across = abs(spot.part * width - x)
            total += _overlap(across, _gap(y, spot.top - _MARK, spot.top + _MARK), _MARK)
            total += _overlap(across, _gap(y, spot.top, spot.bottom), 1) / 2
            if other < len(taken):
                right, down = taken[other]
                apart = abs(spot.part * width + right - x)
                total += 2 * _overlap(apart, max(abs(spot.top + down - y) - _HALF_HEIGHT, 0.0), _HALF_WIDTH)
        total += 50.0 * (x + _HALF_WIDTH > width or x < _HALF_WIDTH)
    return total


def _gap(y: float, top: float, bottom: float) -> float:
    """How far a height lies outside of a range; 0 inside."""
    return max(top - y, y - bottom, 0.0)


def _overlap(across: float, down: float, half: float) -> float:
    """How many pixels a label's box reaches into a thing `across` and `down` away whose width is twice `half`."""
    return max(0.0, min(_HALF_WIDTH + half - across, _HALF_HEIGHT - down))
