"""Pixels of which nobody says how the source takes them: int8 would be calibrated for a range that may be wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.normalizing import picture_port
from edgewright.convert.proof.samples import Samples
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Opened
from edgewright.convert.sources.ports import InputPort
from edgewright.errors import UsageError
from edgewright.evaluate import compare
from edgewright.spelling import argument

_OTHERS = ((0.0, 255.0), (127.5, 127.5))
_AS_THEY_ARE = (0.0, 1.0)
# How often chance alone may tell more pictures right one way than the other.
_CHANCE = 0.001

Outputs = list[Array]


def require_sense(
    opened: Opened, ports: Sequence[InputPort], options: ConversionOptions, samples: Samples, reference: list[Outputs]
) -> None:
    """Run the source on the pictures prepared in the usual other ways, where int8 is to be calibrated on bare pixels.

    `reference` is what it returned for them as they are. Raises `UsageError` where that says nothing, or is wrong about
    labels, and another way is right.
    """
    port = picture_port(ports)
    unsaid = options.quantize == "int8" and bool(options.representative) and not options.preparation.mean
    if port is None or not unsaid or not _are_pixels([sample[port.name] for sample in samples.compared]):
        return
    for mean, std in _OTHERS:
        others = [{port.name: (sample[port.name] - np.float32(mean)) / np.float32(std)} for sample in samples.compared]
        why = _better(opened.run(others), reference, samples.labels, argument("normalization", (mean, std)))
        if why:
            raise UsageError(
                f"{opened.name}: {why}, and nothing says which of them is right. Say how it takes pixels: "
                f"{argument('normalization', (mean, std))}, or {argument('normalization', _AS_THEY_ARE)} for pixels as "
                "they are"
            )


def _are_pixels(arrays: Sequence[Array]) -> bool:
    return all((array == np.rint(array)).all() and array.min() >= 0 and array.max() <= 255 for array in arrays) and any(
        array.max() > 1 for array in arrays
    )


def _better(other: list[Outputs], reference: list[Outputs], labels: Sequence[int], prepared: str) -> str:
    """Why what the source returns for pictures that are prepared makes more sense; "" where it does not."""
    if compare(reference, reference).vacuous and not compare(other, other).vacuous:
        return f"no output changes over {len(reference)} pictures with pixels as they are, and with {prepared} it does"
    before, after = _right(reference, labels), _right(other, labels)
    if before is None or after is None:
        return ""
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    if sum(math.comb(won + lost, count) for count in range(won, won + lost + 1)) > _CHANCE * 2 ** (won + lost):
        return ""
    return (
        f"of {len(labels)} labeled pictures it tells {before.mean():.0%} right with pixels as they are, and "
        f"{after.mean():.0%} with {prepared}"
    )


def _right(returned: list[Outputs], labels: Sequence[int]) -> npt.NDArray[np.bool_] | None:
    """Which pictures are told right by the one row of scores; None without labels or such a row."""
    rows = [outputs[0].reshape(-1) for outputs in returned if len(outputs) == 1]
    if not labels or len(rows) != len(labels) or len(rows[0]) <= max(labels):
        return None
    return np.array([row.argmax() == label for row, label in zip(rows, labels, strict=True)])
