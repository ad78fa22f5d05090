"""Points of a body moved to where the network's maps of each point are brightest around them.

Source: MediaPipe's `RefineLandmarksFromHeatmapCalculator` as `pose_landmark_by_roi_cpu.pbtxt` sets it: a window of 7 by
7 cells about the point, the mean of its cells weighted by their shares, where one of those is at least 0.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_REACH = 3
_SURE = 0.5


def refined(points: Array, maps: Array, size: int) -> Array:
    """Points (n, 2), x and y in pixels of an input of `size`, by maps (rows, columns, at least n) of logits."""
    rows, columns, _ = maps.shape
    count, away = len(points), np.arange(-_REACH, _REACH + 1)
    cells = np.floor(points * (columns / size, rows / size)).astype(np.int64)
    inside = ((cells >= 0) & (cells < (columns, rows))).all(axis=1)
    across, down = cells[:, :1] + away, cells[:, 1:] + away
    known = ((down >= 0) & (down < rows))[:, :, None] & ((across >= 0) & (across < columns))[:, None, :]
    window = maps[
        np.clip(down, 0, rows - 1)[:, :, None],
        np.clip(across, 0, columns - 1)[:, None, :],
        np.arange(count)[:, None, None],
    ]
    shares = np.where(known, 1 / (1 + np.exp(-np.clip(window, -60, 60))), 0)
    total = shares.sum(axis=(1, 2))
    sure = inside & (shares.max(axis=(1, 2)) >= _SURE)
    x = (shares * across[:, None, :]).sum(axis=(1, 2)) / np.maximum(total, 1e-9) * (size / columns)
    y = (shares * down[:, :, None]).sum(axis=(1, 2)) / np.maximum(total, 1e-9) * (size / rows)
    return np.where(sure[:, None], np.stack([x, y], axis=1), points)
