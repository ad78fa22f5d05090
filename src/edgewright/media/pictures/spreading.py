"""From values on a model's grid to values for each pixel of the original picture: the way back of `resize`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from edgewright.media.pictures.resize import Placement

Number = TypeVar("Number", bound=np.generic)


def spread(
    grid: npt.NDArray[Number], placement: Placement, original: tuple[int, int], outside: Any
) -> npt.NDArray[Number]:
    """Give each pixel of the original, (height, width), the value of the cell of the grid that its middle lies in.

    `grid` (rows, columns) covers the whole input of the model, in whatever number of cells. What no cell shows, as
    beside a crop, becomes `outside`. Nothing is computed for a pixel: rows and columns are looked up and copied, which
    takes a tenth of the time of resizing; only of a crop that was turned each pixel is looked up by itself.
    """
    if placement.angle:
        return _turned(grid, placement, original, outside)
    down, across = _axes(grid, placement, original)
    inside = grid.take(across.cells(), axis=1).take(down.cells(), axis=0)
    return _framed(inside, down, across, original, outside)


def spread_smoothly(
    grid: npt.NDArray[np.float32], placement: Placement, original: tuple[int, int], outside: float
) -> npt.NDArray[np.float32]:
    """Do the same with values that change evenly from the middle of one cell to the next (bilinear), in float32.

    Of a crop that was turned they do not: each pixel has the value of its cell.
    """
    if placement.angle:
        return _turned(grid, placement, original, outside)
    down, across = _axes(grid, placement, original)
    low, high, share = across.neighbors()
    wide = grid[:, low] * (1 - share) + grid[:, high] * share
    low, high, share = down.neighbors()
    inside = wide[low] * (1 - share[:, None]) + wide[high] * share[:, None]
    return _framed(inside.astype(np.float32, copy=False), down, across, original, outside)


@dataclass(frozen=True)
class _Axis:
    """One direction. `where` (n,): on the grid, the middles of those pixels of the original that it shows.

    `first`, `last`: those pixels. `lowest`, `highest`: cells that show the picture, without borders around it.
    """

    where: npt.NDArray[np.floating[Any]]
    first: int
    last: int
    lowest: int
    highest: int

    def cells(self) -> npt.NDArray[np.intp]:
        """The cell of each pixel."""
        return np.clip(self.where.astype(np.intp), self.lowest, self.highest)

    def neighbors(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """The cells whose middles lie before and behind each pixel, and how much of the second there is."""
        between = np.clip(self.where - 0.5, self.lowest, self.highest)
        low = between.astype(np.intp)
        return low, np.minimum(low + 1, self.highest), (between - low).astype(np.float32)


def _axes(grid: npt.NDArray[Any], placement: Placement, original: tuple[int, int]) -> tuple[_Axis, _Axis]:
    """Down and across."""
    (x0, y0, x1, y1), (left, top, right, bottom) = placement.box, placement.region
    (height, width), (rows, columns) = placement.size, grid.shape
    return (
        _axis(original[0], (y0, y1), (top, bottom), rows / height),
        _axis(original[1], (x0, x1), (left, right), columns / width),
    )


def _axis(pixels: int, box: tuple[float, float], region: tuple[int, int], cells: float) -> _Axis:
    """`cells`: of the grid for each pixel of the model's input."""
    middles = np.arange(pixels) + 0.5
    first, last = (int(place) for place in np.searchsorted(middles, box))
    scale = (region[1] - region[0]) / (box[1] - box[0])
    where = (region[0] + (middles[first:last] - box[0]) * scale) * cells
    lowest = int(region[0] * cells)
    return _Axis(where, first, last, lowest, max(int(np.ceil(region[1] * cells)) - 1, lowest))


def _turned(
    grid: npt.NDArray[Number], placement: Placement, original: tuple[int, int], outside: Any
) -> npt.NDArray[Number]:
    """The cell of each pixel on its own, for rows and columns of the grid are none of the original."""
    (rows, columns), (left, top, right, bottom) = grid.shape, placement.region
    y, x = np.indices(original, np.float32) + 0.5
    across, down = placement.to_input(x, y)
    shown = (across >= left) & (across < right) & (down >= top) & (down < bottom)
    result = np.full(original, outside, grid.dtype)
    row = (down[shown] * (rows / placement.size[0])).astype(np.intp)
    column = (across[shown] * (columns / placement.size[1])).astype(np.intp)
    result[shown] = grid[np.minimum(row, rows - 1), np.minimum(column, columns - 1)]
    return result


def _framed(
    inside: npt.NDArray[Number], down: _Axis, across: _Axis, original: tuple[int, int], outside: Any
) -> npt.NDArray[Number]:
    if inside.shape == original:
        return inside
    result = np.full(original, outside, inside.dtype)
    result[down.first : down.last, across.first : across.last] = inside
    return result
