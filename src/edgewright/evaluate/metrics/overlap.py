"""How much boxes overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def overlaps(boxes: Floats, truth: Floats, crowd: npt.NDArray[np.bool_]) -> Floats:
    """Intersection over union (n, m) of boxes (n, 4) and truth (m, 4), all x0, y0, x1, y1.

    In a crowd (m,) it is the share of the box that lies inside. 0 where there is no area to share.
    """
    corner = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    opposite = np.minimum(boxes[:, None, 2:], truth[None, :, 2:])
    common = np.clip(opposite - corner, 0, None).prod(axis=2)
    areas, true_areas = ((box[:, 2:] - box[:, :2]).prod(axis=1) for box in (boxes, truth))
    union = np.where(crowd[None, :], areas[:, None], areas[:, None] + true_areas[None, :] - common)
    shares: Floats = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return shares
