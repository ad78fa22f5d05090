"""What both models find in a picture, drawn beside one another: boxes, masks, keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgewright.errors import EngineError, QuantizationError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from edgewright.media import Prepared
    from edgewright.model import ModelFile
    from edgewright.optimize.results import Optimization

    Pixels = npt.NDArray[np.uint8]

# Pixels of the longer side: a picture is enlarged by whole numbers up to here, so that lines and names can be read.
_SIDE = 320


def drawn_answers(result: Optimization, indices: Sequence[int], pixels: Sequence[Pixels]) -> list[Pixels] | None:
    """For each sample the picture twice, as the float model and as the chosen one see it; None where nothing is drawn.

    `pixels`: the samples as the models take them, (height, width) or (height, width, 3).
    """
    if result.metric.share or result.model is None:
        return None
    try:
        before, after = (_drawings(result, model, indices, pixels) for model in (result.source, result.model))
    except (UsageError, QuantizationError, EngineError):
        return None
    return [_beside(*pair) for pair in zip(before, after, strict=True)]


def _drawings(result: Optimization, model: ModelFile, indices: Sequence[int], pixels: Sequence[Pixels]) -> list[Image]:
    shown = {index: _enlarged(one) for index, one in zip(indices, pixels, strict=True)}
    samples = result.data.open()

    def prepare(source: Any) -> Prepared:
        """The picture is its own original: what is found lies in its pixels."""
        from edgewright.media import place

        height, width = pixels[indices.index(source)].shape[:2]
        large = (shown[source].height, shown[source].width)
        where = place(large, (height, width))
        return samples.prepared(source, model.inputs)._replace(placement=where, original=large)

    with result.data.scoring.open(model, prepare, to_score=False) as task:
        return [task(index).draw(shown[index]) for index in indices]


def _enlarged(pixels: Pixels) -> Image:
    from edgewright.media import load_image

    image = load_image(pixels).convert("RGB")
    times = max(_SIDE // max(image.size), 1)
    return image.resize((image.width * times, image.height * times), 0)


def _beside(left: Image, right: Image) -> Pixels:
    import numpy as np

    from edgewright.media import side_by_side

    pixels: Pixels = np.asarray(side_by_side(left, right))
    return pixels
