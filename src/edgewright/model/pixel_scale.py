"""Normalizations that are not of pixels from 0 to 255, as they are counted here, though they look like ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgewright.spelling import either

if TYPE_CHECKING:
    from edgewright.model.describing.values import InputMetadata
    from edgewright.model.graph import TensorSpec

# With these, (pixel - mean) / std makes more of a pixel than any network is trained to see.
_LARGEST_STD, _LARGEST_MEAN = 1.0, 1.0
_FACTOR = 0.02  # Below this a std is what pixels are multiplied by: 1/255, 1/127.5.


def doubtful_normalization(described: InputMetadata, spec: TensorSpec) -> str | None:
    """What is odd about the mean and std of a picture's input, and what may be meant; None where nothing is.

    Values such as 0.485 and 0.229 are of pixels from 0 to 1, and a negative std turns dark into bright.
    """
    is_picture = described.kind == "image" or (described.kind is None and len(spec.shape) == 4)
    if not described.std or not is_picture:
        return None
    if min(described.std) < 0:
        return f"std {_listed(described.std)} is negative, so that dark pixels become bright"
    if max(described.std) >= _LARGEST_STD or not all(0 <= mean <= _LARGEST_MEAN for mean in described.mean):
        return None
    said = f"mean {_listed(described.mean)} and std {_listed(described.std)}"
    largest = max((255 - mean) / std for mean, std in zip(described.mean, described.std, strict=True))
    mean, std = _meant(described)
    meant = either(python=f"normalization=([{mean}], [{std}])", command=f"--mean {mean} --std {std}")
    return f"{said} make up to {largest:,.0f} of a pixel, for pixels count 0 to 255. Perhaps {meant} is meant"


def _meant(described: InputMetadata) -> tuple[str, str]:
    """The same for pixels from 0 to 255: of shares all is 255 times as much, and a factor divides."""
    if max(described.std) < _FACTOR:
        factors = [1 / std for std in described.std]
        return _listed([mean * factor for mean, factor in zip(described.mean, factors, strict=True)]), _listed(factors)
    return _listed([255 * mean for mean in described.mean]), _listed([255 * std for std in described.std])


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:.6g}" for value in values)
