"""What of a result crosses to the agent: its first entries, and those observations that rules ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from edgewright.agent.events.rules.rule import Rule
from edgewright.agent.events.sighting import shortened
from edgewright.errors import UsageError
from edgewright.task import Result, Task, best_of, in_one_line, observations_of, unknown_label

# So much of a result stands in a line for people.
_SAID = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is told of each result: `top` entries, the observations with `labels`, and so many of the `best`.

    Observations below `least` are not told.
    """

    top: int = 5
    labels: tuple[str, ...] = ()
    least: float = -math.inf
    best: int = 0

    @classmethod
    def by(cls, rules: Sequence[Rule], top: int) -> Self:
        """What rules need to know."""
        asked = [rule.asked for rule in rules]
        labels = tuple(dict.fromkeys(label for labels in asked for label in labels))
        least = min((rule.least for rule in rules), default=-math.inf)
        return cls(top, labels, least, best=0 if rules and all(asked) else top if rules else 1)

    def check(self, task: Task[Any]) -> None:
        """Raise `UsageError` where the task cannot say one of the labels, with the nearest that it can."""
        if self.labels and not task.labels:
            raise UsageError(f"{task.model.name}: rules need labels with scores, which this model does not give")
        for label in self.labels:
            if label not in task.labels:
                raise UsageError(f"{task.model.name}: {unknown_label(label, task.labels)}")

    def of(self, result: Result) -> dict[str, Any]:
        """Plain values for `Sighting.of`."""
        told: dict[str, Any] = {"result": shortened(result.to_dict(self.top))}
        told["said"] = shortened(in_one_line(result, _SAID))
        if self.labels:
            asked = observations_of(result, frozenset(self.labels))
            told["observations"] = [one.to_dict() for one in asked if one.score >= self.least]
        if self.best:
            told["best"] = shortened([observation.to_dict() for observation in best_of(result, self.best)])
        return told
