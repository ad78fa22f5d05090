"""Small models whose outputs are known: they say the same of every input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile
from model import builders


def constant_model(
    shape: Sequence[int], outputs: Sequence[npt.NDArray[np.float32]], *, dtype: str = "uint8", name: str = "constant"
) -> ModelFile:
    """A model with one input of that shape and type that gives these arrays, each by a sum with zero."""
    tensors = [builders.tensor(shape, dtype)]
    operators = []
    for array in outputs:
        first = len(tensors)
        tensors += [builders.tensor(array.shape, data=array.astype("<f4").tobytes())]
        tensors += [builders.tensor([1], data=np.zeros(1, "<f4").tobytes()), builders.tensor(array.shape)]
        options = ("AddOptions", {"fused_activation_function": 0})
        operators.append(builders.operator("ADD", [first, first + 1], [first + 2], options))
    made = [3 + 3 * place for place in range(len(outputs))]
    return ModelFile.read(builders.raw(builders.model(builders.subgraph(tensors, operators, [0], made))))
