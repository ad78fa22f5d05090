"""Cosine against the reference: how near the scores or the embedding of a model point to those of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError


@dataclass(frozen=True)
class Cosine:
    """The mean over the inputs of a · b / (|a| |b|), a and b being all that the two models say; 1 is the same."""

    name: str = "cosine"
    title: str = "Cosine similarity"
    kinds: frozenset[str] | None = frozenset({"classification", "embedding", "text-embedding"})
    target: type[Any] | None = None
    share: bool = False
    higher_is_better: bool = True
    unit: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Any, target: Any) -> float:
        """The cosine of one input; 0 where one of the two is all zeros. Raises `DataError` for different lengths."""
        a, b = _numbers(result), _numbers(target)
        if a.shape != b.shape:
            raise DataError(f"{a.size} values cannot be compared with the {b.size} of the reference model")
        size = float(np.linalg.norm(a) * np.linalg.norm(b))
        return float(a @ b) / size if size else 0.0

    def combine(self, records: Sequence[float]) -> float:
        """The mean."""
        return math.fsum(records) / len(records) if records else float("nan")


def _numbers(result: Any) -> npt.NDArray[np.float64]:
    """The vector of an embedding, or the scores of all classes."""
    numbers: npt.NDArray[np.float32] = result.vector if hasattr(result, "vector") else result.scores
    return numbers.astype(np.float64)


METRIC = Cosine()
