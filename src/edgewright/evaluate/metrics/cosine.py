"""Cosine against the reference: how near the numbers of a model point to those of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.task import Tensors

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cosine:
    """The mean over the inputs of a · b / (|a| |b|), a and b being all that the two models say; 1 is the same.

    Of plain tensors each output is compared by itself, and the least cosine counts: a large output would hide a small
    one. Outputs of one number, of which a cosine is the sign, are left out beside others.
    """

    name: str = "cosine"
    title: str = "Cosine similarity"
    kinds: frozenset[str] | None = frozenset({"classification", "embedding", "text-embedding", "tensors"})
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: Any) -> float:
        """The cosine of one input; 0 where one of the two is all zeros. Raises `DataError` for different lengths."""
        pairs = list(zip(_numbers(result), _numbers(target), strict=True))
        several = [pair for pair in pairs if pair[0].size > 1]
        return min(_cosine(a, b) for a, b in several or pairs)

    def combine(self, records: Sequence[float]) -> float:
        """The mean."""
        return math.fsum(records) / len(records) if records else float("nan")


def _cosine(a: Numbers, b: Numbers) -> float:
    if a.shape != b.shape:
        raise DataError(f"{a.size} values cannot be compared with the {b.size} of the reference model")
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size else float(not (a.any() or b.any()))


def _numbers(result: Any) -> list[Numbers]:
    """The vector of an embedding, the scores of all classes, or each array of plain tensors."""
    if isinstance(result, Tensors):
        return [array.astype(np.float64).ravel() for array in result.values()]
    numbers: npt.NDArray[np.float32] = result.vector if hasattr(result, "vector") else result.scores
    return [numbers.astype(np.float64)]


METRIC = Cosine()
