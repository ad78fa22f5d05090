"""Top-1 accuracy, and top-5: the share of inputs whose class is the best answer, or among the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.data import ClassTarget
from edgewright.evaluate.metrics.metric import ClassValue, Weights
from edgewright.task import Result

# A record: the true class, the best answer (None where there was none), its score, and whether that is right.
Record = tuple[int, int | None, float, bool]


@dataclass(frozen=True)
class TopK:
    """Right where the true class is among the `k` best."""

    name: str
    title: str
    k: int
    kinds: frozenset[str] | None = frozenset({"classification", "text-classification"})
    target: type[Any] | None = ClassTarget
    share: bool = True
    higher_is_better: bool = True
    unit: str = "%"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Result, target: ClassTarget) -> Record:
        """Look at the best answers; those below the file's threshold count too."""
        best = result.observations()[: self.k]
        right = any(observation.index == target.index for observation in best)
        return (target.index, best[0].index, best[0].score, right) if best else (target.index, None, 0.0, False)

    def combine(self, records: Sequence[Record]) -> float:
        """The share of right ones."""
        return sum(right for *_, right in records) / len(records) if records else float("nan")

    def weighted(self, records: Sequence[Record]) -> Callable[[Weights], float]:
        """The same over resamples."""
        right = np.array([right for *_, right in records], np.float64)
        return lambda weights: float(weights @ right / weights.sum())

    def by_class(self, records: Sequence[Record]) -> list[ClassValue]:
        """The share of right ones among the inputs of each class."""
        total = Counter(true for true, *_ in records)
        hits = Counter(true for true, _, _, right in records if right)
        return [ClassValue(index, hits[index] / total[index], total[index]) for index in sorted(total)]

    def confusion(self, records: Sequence[Record]) -> Mapping[tuple[int, int], int]:
        """What was taken for what, by the best answer."""
        return Counter((true, said) for true, said, *_ in records if said is not None)

    def loss(self, record: Record) -> float | None:
        """How sure a wrong answer was."""
        _, _, score, right = record
        return None if right else score


METRIC = TopK("top1", "Top-1 accuracy", 1)
TOP5 = TopK("top5", "Top-5 accuracy", 5)

# Without a threshold every class is one event of the whole sound, with the score of its surest window.
SOUND_TOP1 = TopK(
    "sound-top1", "Top-1 accuracy", 1, kinds=frozenset({"audio-classification"}), options={"threshold": 0.0}
)
