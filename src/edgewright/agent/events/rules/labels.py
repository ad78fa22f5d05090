"""The predicate of labels: what has one of them, and is sure enough."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edgewright.agent.events.rules.predicate import Moment
from edgewright.task import Observation


class Labeled:
    """Observations with one of the labels, or with any where none are given, and with at least `score`.

    What is tracked needs that score once: while it is followed it is the same thing, however unsure the model is now.
    """

    def __init__(self, labels: Sequence[str] = (), score: float = 0.5) -> None:
        if not math.isfinite(score):
            raise ValueError(f"score: {score}, expected a number")
        self.labels = tuple(labels)
        self.least = score

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those that are so."""
        return [observation for observation in matching if self._holds(observation, moment)]

    def _holds(self, observation: Observation, moment: Moment) -> bool:
        is_meant = not self.labels or observation.label in self.labels
        return is_meant and moment.places.best_score(observation) >= self.least
