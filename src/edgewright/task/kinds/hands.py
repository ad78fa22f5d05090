"""Finding hands in pictures: MediaPipe's palm detector gives a box and seven points of each palm."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from edgewright.model import ModelFile
from edgewright.task.options import Options, unsaid

if TYPE_CHECKING:
    from edgewright.task.figures import FigureDecoder, FigureDetector

_OUTPUTS = [(1, 2016, 1), (1, 2016, 18)]


class _Kind:
    """A picture in, palms out; `landmarks` looks at each of them."""

    name = "hands"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The shapes of the outputs are those of the palm detector."""
        return "its outputs are those of the palm detector" if _fits(model) else None

    def input_options(self, model: ModelFile) -> Options:
        """Whole pictures as sharp as those of the training, pixels from 0 to 1."""
        return unsaid(model, normalization="zero_to_one", resize="letterbox", interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> FigureDecoder:
        """Make a decoder. Options: threshold, the least score (0 to 1); most, the largest number of hands."""
        return _detector().decoder(model, options)


KIND = _Kind()


def _fits(model: ModelFile) -> bool:
    return sorted(spec.shape for spec in model.outputs) == _OUTPUTS


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
