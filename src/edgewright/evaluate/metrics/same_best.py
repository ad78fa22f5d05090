"""Agreement: the share of inputs for which a model answers as the reference model does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.evaluate.metrics.metric import Weights
from edgewright.task import Result

# A record: the best answer of the reference and of the model, None where there was none, and the model's score.
Record = tuple[int | None, int | None, float]


@dataclass(frozen=True)
class SameBest:
    """Both models' best answers are of one class, or both have none. No labels are needed.

    An embedding and plain tensors have no best answer: of `except_kinds` all would agree.
    """

    name: str = "agreement"
    title: str = "Agreement of the best answer"
    kinds: frozenset[str] | None = None
    except_kinds: frozenset[str] = frozenset({"embedding", "text-embedding", "tensors"})
    target: type[Any] | None = None
    share: bool = True
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Result, target: Result) -> Record:
        """The two answers; `target` is the reference's result."""
        said, reference = result.observations()[:1], target.observations()[:1]
        return (
            reference[0].index if reference else None,
            said[0].index if said else None,
            said[0].score if said else 0.0,
        )

    def combine(self, records: Sequence[Record]) -> float:
        """The share of equal ones."""
        return sum(reference == said for reference, said, _ in records) / len(records) if records else float("nan")

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        same = np.array([reference == said for reference, said, _ in records], np.float64)
        return lambda weights: float(weights @ same / weights.sum())

    def loss(self, record: Record) -> float | None:
        """How sure another answer was."""
        reference, said, score = record
        return None if reference == said else score


METRIC = SameBest()
