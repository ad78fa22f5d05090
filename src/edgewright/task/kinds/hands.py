"""Finding hands in pictures: MediaPipe's palm detector gives a box and seven points of each palm."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from edgewright.task.kinds.figure_kind import FigureKind

if TYPE_CHECKING:
    from edgewright.task.figures import FigureDetector


@cache
def _detector() -> FigureDetector:
    """Source: MediaPipe's `palm_detection_cpu.pbtxt` and `palm_detection_detection_to_roi.pbtxt`.

    The seven points are some of those of a whole hand: wrist, knuckles of the four fingers, and two of the thumb.
    """
    from edgewright.task.anchored import AnchoredForm
    from edgewright.task.crop import Crop
    from edgewright.task.figures import FigureDetector
    from edgewright.task.poses.skeletons import PALM

    crop = Crop(start="wrist", end="middle_finger_mcp", margin=0.8, shift=(0.0, -0.5), square=True)
    return FigureDetector("hands", "hand", AnchoredForm(192, (8, 16, 16, 16), keypoints=7), PALM, crop)


KIND = FigureKind("hands", "the palm detector", ((1, 2016, 1), (1, 2016, 18)), "zero_to_one", _detector)
