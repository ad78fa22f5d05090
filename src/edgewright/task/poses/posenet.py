"""PoseNet's maps into points: a score for each cell and point, and how far the point is from the cell.

Source: Papandreou et al., "PersonLab", 2018, sections 3.1 and 3.2: heatmaps, short-range offsets, mid-range
displacements along a tree of joints, and greedy decoding with non-maximum suppression of the roots.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

POINTS = 17

# The tree that the displacements go along, from the nose outwards; the order of their channels.
TREE = (
    (0, 1), (1, 3), (0, 2), (2, 4), (0, 5), (5, 7), (7, 9), (5, 11), (11, 13), (13, 15), (0, 6), (6, 8), (8, 10),
    (6, 12), (12, 14), (14, 16),
)  # fmt: skip

# As in the authors' decoder: roots score at least this, and stand this far, in pixels of the input, from the same point
# of a better figure; a point that a displacement led to is moved by its own offset twice.
_ROOT_SCORE = 0.5
_RADIUS = 20.0
_REFINED = 2

Figure = npt.NDArray[np.float64]
"""(17, 3): x and y in pixels of the input, and the score."""


class Figures(NamedTuple):
    """`points` (n, 17, 3), x, y and score; `confidence` (n,), the best first."""

    points: Figure
    confidence: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Maps:
    """The heads of one picture, rows and columns of cells first.

    `scores` (h, w, 17), 0 to 1; `offsets` (h, w, 17, 2), (y, x) in pixels of the input. `stride`: pixels from cell to
    cell. `displacements`: forward and backward ones, (h, w, 16, 2) each, like the offsets; nothing where the file has
    none.
    """

    scores: Array
    offsets: Array
    stride: int
    displacements: tuple[Array, ...] = ()


def stride_of(input_height: int, cells: int) -> int:
    """Pixels from cell to cell: the power of two that makes that many cells of the height (257 makes 9 with 32)."""
    return int(2 ** round(math.log2(max(input_height, 1) / cells)))


def pairs(head: Array) -> Array:
    """Channels (…, 2 n), all y before all x, as (…, n, 2)."""
    count = head.shape[-1] // 2
    return np.stack([head[..., :count], head[..., count:]], axis=-1)


def one_figure(maps: Maps) -> Figure:
    """The best place of each point, (17, 3): right where there is one person."""
    cells = maps.scores.reshape(-1, POINTS).argmax(axis=0)
    rows, columns = np.divmod(cells, maps.scores.shape[1])
    places = np.arange(POINTS)
    moved = np.stack([rows, columns], axis=1) * maps.stride + maps.offsets[rows, columns, places]
    scores = maps.scores[rows, columns, places]
    return np.column_stack([moved[:, ::-1], scores])


def many_figures(maps: Maps, most: int) -> Figures:
    """Figures that grow along the displacements from points that are the best around, at most `most` of them."""
    found: list[Figure] = []
    scores: list[float] = []
    for row, column, place in _roots(maps.scores):
        root = np.array([row, column]) * maps.stride + maps.offsets[row, column, place]
        if any(_near(root[::-1], figure[place, :2]) for figure in found):
            continue
        figure = _grown(maps, root, place, float(maps.scores[row, column, place]))
        scores.append(_own_score(figure, found))
        found.append(figure)
        if len(found) == most:
            break
    order = np.argsort(-np.array(scores), kind="stable")
    return Figures(np.array(found).reshape(-1, POINTS, 3)[order], np.array(scores, np.float64)[order])


def _roots(scores: Array) -> Iterator[tuple[int, int, int]]:
    """Rows, columns and points that score highest among their eight neighbors, by falling score."""
    height, width, _ = scores.shape
    padded = np.pad(scores, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    peaks = np.argwhere((scores >= _ROOT_SCORE) & (scores >= np.max(around, axis=0)))
    order = np.argsort(-scores[tuple(peaks.T)], kind="stable")
    yield from peaks[order].tolist()


def _near(first: Array, second: Array) -> bool:
    return bool(((first - second) ** 2).sum() <= _RADIUS**2)


def _grown(maps: Maps, root: Array, place: int, score: float) -> Figure:
    """From one point to all others: towards the nose by the backward displacements, then outwards."""
    figure = np.full((POINTS, 3), np.nan)
    figure[place] = (*root[::-1], score)
    forward, backward = maps.displacements
    for edge, (parent, child) in reversed(list(enumerate(TREE))):
        if math.isnan(figure[parent, 2]) and not math.isnan(figure[child, 2]):
            figure[parent] = _step(maps, figure[child], backward, edge, parent)
    for edge, (parent, child) in enumerate(TREE):
        if math.isnan(figure[child, 2]) and not math.isnan(figure[parent, 2]):
            figure[child] = _step(maps, figure[parent], forward, edge, child)
    return figure


def _step(maps: Maps, start: Array, displacements: Array, edge: int, place: int) -> tuple[float, float, float]:
    """From a point along an edge of the tree to the point at `place`."""
    position = start[1::-1] + displacements[(*_cell(maps, start[1::-1]), edge)]
    for _ in range(_REFINED):
        cell = _cell(maps, position)
        position = np.array(cell) * maps.stride + maps.offsets[(*cell, place)]
    return float(position[1]), float(position[0]), float(maps.scores[(*_cell(maps, position), place)])


def _cell(maps: Maps, position: Array) -> tuple[int, int]:
    """The cell nearest to a position (y, x)."""
    row, column = np.rint(position / maps.stride).tolist()
    height, width, _ = maps.scores.shape
    return int(min(max(row, 0), height - 1)), int(min(max(column, 0), width - 1))


def _own_score(figure: Figure, better: list[Figure]) -> float:
    """The mean score of the points that no better figure has already."""
    own = [
        score
        for place, (x, y, score) in enumerate(figure.tolist())
        if not any(_near(np.array([x, y]), other[place, :2]) for other in better)
    ]
    return float(sum(own)) / POINTS
