"""Overlap of boxes that are turned, and their suppression."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TINY = 1e-7


def suppress_turned(
    xyxy: npt.NDArray[Any],
    angle: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    classes: npt.NDArray[np.integer[Any]],
    *,
    iou: float,
    most: int,
) -> npt.NDArray[np.intp]:
    """Places of the boxes that stay, by falling score: `suppress` for boxes (n, 4) turned by angles (n,) in radians.

    Overlap is that of the two Gaussians which have the boxes' middles, sizes and angles: "Gaussian Bounding Boxes and
    Probabilistic Intersection-over-Union" (Llerena et al., 2021), as these models are trained and judged with.
    """
    order = np.argsort(-scores, kind="stable")
    shapes = _gaussians(xyxy[order].astype(np.float64), angle[order].astype(np.float64))
    kinds = classes[order]
    kept: list[int] = []
    while len(order) and len(kept) < most:
        kept.append(int(order[0]))
        with np.errstate(over="ignore", invalid="ignore"):  # Boxes of absurd sizes overlap with nothing.
            alive = ~(_overlap(shapes) > iou) | (kinds != kinds[0])
        alive[0] = False
        order, kinds, shapes = order[alive], kinds[alive], shapes[:, alive]
    return np.array(kept, np.intp)


def _gaussians(xyxy: Floats, angle: Floats) -> Floats:
    """Middle x and y, and variances of x, of y, and between them: (5, n). A side's variance is its square over 12."""
    x0, y0, x1, y1 = xyxy.T
    across, down = (x1 - x0) ** 2 / 12, (y1 - y0) ** 2 / 12
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack(
        [
            (x0 + x1) / 2,
            (y0 + y1) / 2,
            across * cosine**2 + down * sine**2,
            across * sine**2 + down * cosine**2,
            (across - down) * cosine * sine,
        ]
    )


def _overlap(shapes: Floats) -> Floats:
    """1 minus the Hellinger distance of the first to each, (n,)."""
    x, y, a, b, c = shapes
    right, below = x - x[0], y - y[0]
    wide, high, slant = a + a[0], b + b[0], c + c[0]
    area = wide * high - slant**2
    apart = (wide * below**2 + high * right**2 - 2 * slant * right * below) / (area + _TINY) / 4
    own = np.sqrt(np.clip(a * b - c**2, 0, None) * max(a[0] * b[0] - c[0] ** 2, 0.0))
    unlike = np.log(np.maximum(area, 0) / (4 * own + _TINY) + _TINY) / 2
    distance = np.clip(apart + unlike, _TINY, 100)
    overlap: Floats = 1 - np.sqrt(1 - np.exp(-distance) + _TINY)
    return overlap
