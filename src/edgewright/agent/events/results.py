"""What rules and events need of a result, whatever the task."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from edgewright.errors import UsageError
from edgewright.task import Observation, Task, observations_of, unknown_label

Scores = Callable[[Any], Mapping[str, float]]


def label_scores(task: Task[Any], labels: Collection[str]) -> Scores:
    """A function from a result to the scores of `labels`; of classes that share a label, the best one's.

    Raises `UsageError` where the task gives no labels, or has none of a name, with the nearest that it has.
    """
    if not task.labels:
        raise UsageError(f"{task.model.name}: rules need labels with scores, which this model does not give")
    for label in labels:
        if label not in task.labels:
            raise UsageError(f"{task.model.name}: {unknown_label(label, task.labels)}")
    return lambda result: _best(observations_of(result, labels))


def _best(observations: Sequence[Observation]) -> dict[str, float]:
    best: dict[str, float] = {}
    for observation in observations:
        best[observation.label] = max(observation.score, best.get(observation.label, -math.inf))
    return best
