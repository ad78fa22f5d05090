"""Small models whose outputs are known: they say the same of every input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile
from model import builders

Stored = tuple[str, float, int]
"""A type with its scale and zero point: ("int8", 0.1, -3)."""


def constant_model(
    shape: Sequence[int],
    outputs: Sequence[npt.NDArray[np.float32]],
    *,
    dtype: str = "uint8",
    given: Stored | None = None,
    stored: Sequence[Stored] = (),
) -> ModelFile:
    """A model with one input of that shape and type that gives these arrays, each a constant in its own shape.

    `given`: how the input is quantized, in place of `dtype`; `stored`: how each output is, real numbers without it.
    """
    own = builders.tensor(shape, given[0] if given else dtype, **_quantized(given))
    tensors, operators, made = [own], [], []
    for place, array in enumerate(outputs):
        how = stored[place] if stored else None
        kind, data = (how[0], _bytes(array, how)) if how else ("float32", array.astype("<f4").tobytes())
        first = len(tensors)
        tensors += [builders.tensor(array.shape, kind, data, **_quantized(how))]
        tensors += [builders.tensor([array.ndim], "int32", np.array(array.shape, "<i4").tobytes())]
        tensors += [builders.tensor(array.shape, kind, **_quantized(how))]
        operators.append(builders.operator("RESHAPE", [first, first + 1], [first + 2]))
        made.append(first + 2)
    return ModelFile.read(builders.raw(builders.model(builders.subgraph(tensors, operators, [0], made))))


def _quantized(how: Stored | None) -> dict[str, Any]:
    return {"quantization": builders.quantized([how[1]], [how[2]])} if how else {}


def _bytes(array: npt.NDArray[np.float32], how: Stored) -> bytes:
    kind, scale, zero_point = how
    limits = np.iinfo(kind)
    return np.clip(np.rint(array / scale) + zero_point, limits.min, limits.max).astype(kind).tobytes()
