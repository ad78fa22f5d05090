"""Resizing as most detectors' pictures were in training: bilinear between four pixels, and not antialiased.

So that it passes over little, blocks of whole pixels are averaged before that, until the picture is three to six times
as large as the result.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""

Pair = tuple[int, int]
"""Horizontally, vertically."""

# Blocks are averaged as long as the picture is so many times as large as the result.
_LEFT = 3
# Where fewer pixels become one, four of them would be the same ones.
_FEW = 1.5


def sampled(image: Image.Image, size: Pair, box: Rectangle) -> Image.Image:
    """Resize the box of a picture to (width, height) `size`."""
    image, box = _averaged(image, size, box)
    times = _times(size, box)
    if max(times) <= 1:
        return image.resize(size, Image.Resampling.BILINEAR, box=box)
    if _is_whole(times, box):
        return _middles(image, size, (int(times[0]), int(times[1])), (int(box[0]), int(box[1])))
    return image.transform(size, Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)


def sampled_quickly(image: Image.Image, size: Pair, box: Rectangle) -> Image.Image:
    """Resize the box of a picture to (width, height) `size` in a third of the time, less exactly.

    Four pixels of the part that becomes one are averaged: those a quarter of its size away from its edges.
    """
    image, box = _averaged(image, size, box)
    if min(_times(size, box)) < _FEW:
        return image.resize(size, Image.Resampling.BILINEAR, box=box)
    return image.resize((2 * size[0], 2 * size[1]), Image.Resampling.NEAREST, box=box).reduce(2)


def sampled_array(pixels: npt.NDArray[np.uint8], size: Pair, box: Rectangle) -> npt.NDArray[np.uint8] | None:
    """Do the same, to the bit, with an array (height, width, channels) in half the time.

    None where no whole number of its pixels becomes one, or blocks are averaged: Pillow is quicker at that.
    """
    times = _times(size, box)
    if _blocks(size, box) != (1, 1) or max(times) <= 1 or not _is_whole(times, box):
        return None
    (width, height), block = size, (int(times[0]), int(times[1]))
    columns, rows = _around(block, (int(box[0]), int(box[1])))
    lines: npt.NDArray[Any] = pixels[rows[0] :: block[1]][:height]
    if len(rows) == 2:
        lines = lines.astype(np.uint16)
        lines += pixels[rows[1] :: block[1]][:height]
    result = np.empty((height, width, pixels.shape[2]), np.uint8)
    for channel in range(pixels.shape[2]):  # Runs of many pixels are worked on faster than those of three channels.
        total = lines[:, columns[0] :: block[0], channel][:, :width]
        if len(columns) == 2:
            total = total.astype(np.uint16)
            total += lines[:, columns[1] :: block[0], channel][:, :width]
        result[..., channel] = total >> (len(columns) * len(rows) // 2)
    return result


def _averaged(image: Image.Image, size: Pair, box: Rectangle) -> tuple[Image.Image, Rectangle]:
    """Average blocks of whole pixels; the picture that is left, and the box in it."""
    across, down = _blocks(size, box)
    if across == down == 1:
        return image, box
    # What lies beside a crop counts for its border.
    left, top = max(math.floor(box[0]) - across, 0), max(math.floor(box[1]) - down, 0)
    right, bottom = min(math.ceil(box[2]) + across, image.width), min(math.ceil(box[3]) + down, image.height)
    reduced = image.reduce((across, down), box=(left, top, right, bottom))
    return reduced, ((box[0] - left) / across, (box[1] - top) / down, (box[2] - left) / across, (box[3] - top) / down)


def _times(size: Pair, box: Rectangle) -> tuple[float, float]:
    """How many pixels of a box become one, along the rows and along the columns."""
    return (box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1]


def _blocks(size: Pair, box: Rectangle) -> Pair:
    """The blocks of pixels, (width, height), that are averaged."""
    across, down = (max(int(ratio / _LEFT), 1) for ratio in _times(size, box))
    return across, down


def _is_whole(times: tuple[float, float], box: Rectangle) -> bool:
    return all(math.floor(edge) == edge for edge in (*box, *times))


def _around(block: Pair, start: Pair) -> tuple[list[int], list[int]]:
    """Columns and rows that the middle of the first block lies on, or between; `start` is the block's corner."""
    columns, rows = (
        sorted({first + (side - 1) // 2, first + side // 2}) for first, side in zip(start, block, strict=True)
    )
    return columns, rows


def _middles(image: Image.Image, size: Pair, block: Pair, start: Pair) -> Image.Image:
    """Sample the middle of each block of pixels, (width, height); `start` is the corner of the first one.

    The same bits as sampling anywhere, in a quarter of the time: of whole blocks the middle lies on a pixel, or between
    two that count the same.
    """
    columns, rows = _around(block, start)
    around = [_every(image, size, block, (x, y)) for y in rows for x in columns]
    if len(around) == 1:
        return around[0]
    total = np.asarray(around[0]).astype(np.uint16)
    for neighbor in around[1:]:
        total += np.asarray(neighbor)
    return Image.fromarray((total >> len(around) // 2).astype(np.uint8))


def _every(image: Image.Image, size: Pair, step: Pair, start: Pair) -> Image.Image:
    """Every so many pixels of a picture, from the start on."""
    (across, down), (x, y) = step, start
    # Pillow looks for the pixel below the middle of each pixel of the result.
    steps = (across, 0, x + 0.5 - across / 2, 0, down, y + 0.5 - down / 2)
    return image.transform(size, Image.Transform.AFFINE, steps, Image.Resampling.NEAREST)
