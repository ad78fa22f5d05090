"""Non-maximum suppression: of boxes that cover one another, the one with the highest score stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.floating[Any]]


def suppress(
    xyxy: Boxes,
    scores: npt.NDArray[np.floating[Any]],
    classes: npt.NDArray[np.integer[Any]] | None = None,
    *,
    iou: float = 0.5,
    most: int | None = None,
) -> npt.NDArray[np.intp]:
    """Places of the boxes that stay, by falling score (equal scores in the order in which they came).

    `xyxy` (n, 4): x0, y0, x1, y1 in any unit; `scores` (n,); `classes` (n,): boxes of different classes leave one
    another alone, None where there is one class. A box goes if its intersection over union with a better one that stays
    is above `iou`. At most `most` stay. Time and memory grow with n times the number of boxes that stay, so leave out
    what is below the threshold first.
    Source: greedy NMS, as `TFLite_Detection_PostProcess` does it ("regular" with classes, "fast" without).
    """
    order = np.argsort(-scores, kind="stable")
    sides = xyxy[order].T.astype(np.float64)
    areas = (sides[2] - sides[0]) * (sides[3] - sides[1])
    kinds = None if classes is None else classes[order]
    kept: list[int] = []
    while len(order) and (most is None or len(kept) < most):
        kept.append(int(order[0]))
        alive = ~(overlap_with_first(sides, areas) > iou)
        if kinds is not None:
            alive |= kinds != kinds[0]
        alive[0] = False
        kinds = kinds if kinds is None else kinds[alive]
        order, sides, areas = order[alive], sides[:, alive], areas[alive]
    return np.array(kept, np.intp)


def overlap_with_first(sides: npt.NDArray[np.float64], areas: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of the first box with each, (n,); 0 where both are empty."""
    width = np.minimum(sides[2], sides[2, 0]) - np.maximum(sides[0], sides[0, 0])
    height = np.minimum(sides[3], sides[3, 0]) - np.maximum(sides[1], sides[1, 0])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    union = areas + areas[0] - shared
    overlap: npt.NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap
