"""Finding bodies in pictures: BlazePose's detector gives a box around the face, and which way up the body is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from edgewright.model import ModelFile
from edgewright.task.options import Options, unsaid

if TYPE_CHECKING:
    from edgewright.task.figures import FigureDecoder, FigureDetector

_OUTPUTS = [(1, 2254, 1), (1, 2254, 12)]


class _Kind:
    """A picture in, people out; `landmarks` looks at each of them."""

    name = "bodies"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The shapes of the outputs are those of BlazePose's detector."""
        return "its outputs are those of BlazePose's detector" if _fits(model) else None

    def input_options(self, model: ModelFile) -> Options:
        """Whole pictures as sharp as those of the training, pixels from -1 to 1."""
        return unsaid(model, normalization="minus_one_to_one", resize="letterbox", interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> FigureDecoder:
        """Make a decoder. Options: threshold, the least score (0 to 1); most, the largest number of people."""
        return _detector().decoder(model, options)


KIND = _Kind()


def _fits(model: ModelFile) -> bool:
    return sorted(spec.shape for spec in model.outputs) == _OUTPUTS


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
