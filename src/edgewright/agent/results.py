"""What rules and events need of a result, whatever the task."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from edgewright.errors import UsageError
from edgewright.task import Classifier, Task

Scores = Callable[[Any], Mapping[str, float]]


def label_scores(task: Task, labels: Collection[str]) -> Scores:
    """A function from a result to the scores of `labels`; of classes that share a label, the best one's.

    Raises `UsageError` where the task gives no labels, or has none of a name, with the nearest that it has.
    """
    if not isinstance(task, Classifier):
        raise UsageError(f"{task.model.name}: rules need labels with scores, which this model does not give")
    places = {label: [i for i, one in enumerate(task.labels) if one == label] for label in labels}
    for label, found in places.items():
        if not found:
            raise UsageError(_unknown(task, label))
    return lambda result: {label: max(float(result.scores[i]) for i in found) for label, found in places.items()}


def _unknown(task: Classifier, label: str) -> str:
    import difflib

    near = difflib.get_close_matches(label, task.labels, n=3)
    meant = f" Did you mean {', '.join(repr(one) for one in near)}?" if near else ""
    return f"{task.model.name}: there is no label {label!r} among its {len(task.labels):,}.{meant}"
