"""Where numbers stand beside the points of a chart whose width is not known until somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

Widths = tuple[int, int]
"""The narrowest and the widest drawing, in pixels."""

PHONE: Widths = (310, 580)
DESK: Widths = (580, 1060)

_DIGIT, _HALF_HEIGHT = 8.5, 8.0  # pixels: the width of a bold digit, and half of a line's height
_BASELINE = 5  # pixels from the middle of a digit down to its foot
_MARK = 8.0  # pixels: half of a point
_CLOSE = (14.0, 12.0)  # pixels across and down: points that are nearer cannot have a number each
_STEPS = 3  # widths between the narrowest and the widest at which marks are looked at
_AWAY = (10.0, 20.0)  # pixels between a label and its points, for the first and the second try
_OUTSIDE = 50.0  # what a label costs that leaves the drawing


@dataclass(frozen=True)
class Spot:
    """A point: its number, its share of the width, and its place and that of its line's lower end in pixels down."""

    number: int
    part: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Label:
    """The numbers of points that lie close together: `part` of the width and `right` pixels, the foot `down` pixels."""

    text: str
    part: float
    right: float
    down: float

    @property
    def half(self) -> float:
        """Half of its width in pixels."""
        return len(self.text) * _DIGIT / 2

    def touches(self, other: Label, widths: Widths) -> bool:
        """Whether the two overlap at any width between these: how far they are apart goes straight from end to end."""
        if abs(self.down - other.down) >= 2 * _HALF_HEIGHT:
            return False
        first, last = (self.middle(width) - other.middle(width) for width in widths)
        return first * last <= 0 or min(abs(first), abs(last)) < self.half + other.half

    def middle(self, width: float) -> float:
        """Pixels from the left at this width."""
        return self.part * width + self.right


def place_labels(spots: Sequence[Spot], widths: Widths) -> list[Label]:
    """Labels for all spots that have a number, of which no two overlap at any width between these.

    Points that lie close together share one label, and so do those whose labels meet wherever they are put.
    Greedy: each label takes the place with the least overlap with points, their lines, and the labels before it.
    """
    groups = _close(spots, widths)
    while True:
        labels: list[Label] = []
        for group in groups:
            labels.append(_best(group, spots, labels, widths))
        meeting = next((pair for pair in combinations(range(len(labels)), 2) if _meet(labels, pair, widths)), None)
        if meeting is None:
            return labels
        first, second = meeting
        groups[first] += groups.pop(second)


def _meet(labels: Sequence[Label], pair: tuple[int, int], widths: Widths) -> bool:
    return labels[pair[0]].touches(labels[pair[1]], widths)


def _close(spots: Sequence[Spot], widths: Widths) -> list[list[Spot]]:
    """Numbered spots in groups: what is close to one of a group, on the narrowest drawing, belongs to it."""
    groups: list[list[Spot]] = []
    for spot in (spot for spot in spots if spot.number):
        near = [group for group in groups if any(_is_close(spot, other, widths[0]) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([spot, *(other for group in near for other in group)])
    return groups


def _is_close(spot: Spot, other: Spot, width: int) -> bool:
    return abs(spot.part - other.part) * width < _CLOSE[0] and abs(spot.top - other.top) < _CLOSE[1]


def _best(group: Sequence[Spot], spots: Sequence[Spot], taken: Sequence[Label], widths: Widths) -> Label:
    places = list(_places(group, widths))
    costs = [_cost(label, spots, taken, widths) + rank * 0.5 for rank, label in enumerate(places)]
    return places[costs.index(min(costs))]


def _places(group: Sequence[Spot], widths: Widths) -> Iterable[Label]:
    """Places around the points of a group, the best first: right above, above, left, below, and further away."""
    words = spans([spot.number for spot in group])
    part = (min(spot.part for spot in group) + max(spot.part for spot in group)) / 2
    reach = (max(spot.part for spot in group) - part) * widths[1]
    top, bottom = min(spot.top for spot in group), max(spot.top for spot in group)
    half = len(words) * _DIGIT / 2
    for away in _AWAY:
        beside, above = reach + half + away, top - _HALF_HEIGHT - away
        below, middle = bottom + _HALF_HEIGHT + away, (top + bottom) / 2
        for right, down in (
            (beside, middle - 8),
            (-beside, middle - 8),
            (0.0, above),
            (beside, middle),
            (-beside, middle),
            (half, above),
            (-half, above),
            (beside, below - 8),
            (-beside, below - 8),
            (0.0, below),
        ):
            yield Label(words, part, round(right, 1), round(down + _BASELINE, 1))


def _cost(label: Label, spots: Sequence[Spot], taken: Sequence[Label], widths: Widths) -> float:
    total = _OUTSIDE * 2 * any(label.touches(other, widths) for other in taken)
    y = label.down - _BASELINE
    for width in _between(widths):
        x = label.middle(width)
        for spot in spots:
            across = abs(spot.part * width - x)
            total += _overlap(label, across, _gap(y, spot.top - _MARK, spot.top + _MARK), _MARK)
            total += _overlap(label, across, _gap(y, spot.top, spot.bottom), 1) / 2
        total += _OUTSIDE * (x + label.half > width or x < label.half)
    return total


def _between(widths: Widths) -> list[float]:
    low, high = widths
    return [low + (high - low) * step / (_STEPS + 1) for step in range(_STEPS + 2)]


def _gap(y: float, top: float, bottom: float) -> float:
    """How far a height lies outside of a range; 0 inside."""
    return max(top - y, y - bottom, 0.0)


def _overlap(label: Label, across: float, down: float, half: float) -> float:
    """How many pixels a label's box reaches into a thing `across` and `down` away whose width is twice `half`."""
    return max(0.0, min(label.half + half - across, _HALF_HEIGHT - down))


def spans(numbers: Iterable[int]) -> str:
    """Numbers in order, three or more that follow each other as a range: "2–4, 7"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_span(run) for run in runs)


def _span(run: Sequence[int]) -> str:
    return f"{run[0]}\u2013{run[-1]}" if len(run) > 2 else ", ".join(map(str, run))
