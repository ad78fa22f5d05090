"""Finding bodies in pictures: BlazePose's detector gives a box around the face, and which way up the body is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from edgewright.task.kinds.figure_kind import FigureKind

if TYPE_CHECKING:
    from edgewright.task.figures import FigureDetector


@cache
def _detector() -> FigureDetector:
    """Source: MediaPipe's `pose_detection_cpu.pbtxt` and `pose_detection_to_roi.pbtxt`.

    The points are the middle of the hips, one on the circle about it that holds the whole body, and the same two of the
    shoulders and the upper body.
    """
    from edgewright.task.anchored import AnchoredForm
    from edgewright.task.crop import Crop
    from edgewright.task.figures import FigureDetector
    from edgewright.task.poses.skeletons import TRUNK

    crop = Crop(start="mid_hip", end="whole_body_edge", circle=True, margin=0.125)
    return FigureDetector("bodies", "person", AnchoredForm(224, (8, 16, 32, 32, 32), keypoints=4), TRUNK, crop)


KIND = FigureKind("bodies", "BlazePose's detector", ((1, 2254, 1), (1, 2254, 12)), "minus_one_to_one", _detector)
