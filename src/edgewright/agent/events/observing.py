"""What of a result crosses to the agent: its first entries, and those observations that rules ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from edgewright.agent.events.rules.rule import Rule
from edgewright.agent.events.sighting import shortened
from edgewright.errors import UsageError
from edgewright.task import Chain, Result, Task, best_of, in_one_line, observations_of, unknown_label

# So much of a result stands in a line for people.
_SAID = 3

# Kinds of tasks that say what is in a picture, and not where.
_NOWHERE = frozenset({"classification", "embedding", "segmentation", "tensors", "audio-classification", "series"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is told of each result: `top` entries, the observations with `labels`, and so many of the `best`.

    Observations below `least` are not told. `scores`: from which score on each rule holds, by its name. `things`: all
    observations that have a box are told too; `unsure`: those down to this score, which `result` is not to have.
    `placed`: the names of rules that ask where things are.
    """

    top: int = 5
    labels: tuple[str, ...] = ()
    least: float = -math.inf
    best: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    things: bool = False
    unsure: float | None = None
    placed: tuple[str, ...] = ()

    @classmethod
    def by(cls, rules: Sequence[Rule], top: int, *, unsure: float | None = None) -> Self:
        """What rules need to know; `unsure`: the lowest score of what is tracked, None where nothing is."""
        asked = [rule.asked for rule in rules]
        labels = tuple(dict.fromkeys(label for labels in asked for label in labels))
        least = min((rule.least for rule in rules), default=-math.inf)
        best = 0 if rules and all(asked) else top if rules else 1
        scores = {rule.name: rule.usual_score for rule in rules if rule.labels}
        placed = tuple(rule.name for rule in rules if rule.places)
        # A rule about a place that names no labels is about all that has a box, not about the best.
        things = unsure is not None or any(rule.places and not rule.asked for rule in rules)
        return cls(top, labels, least, best, scores, things, unsure, placed)

    def for_looking(self) -> Self:
        """The same, and what somebody who looks on is to see: all that has a box, and the best of what has none."""
        return replace(self, things=True, best=max(self.best, self.top))

    def check(self, task: Task[Any] | Chain) -> None:
        """Raise `UsageError` where the task cannot say one of the labels, with the nearest that it can, or a score."""
        if self.labels and not task.labels:
            raise UsageError(f"{task.model.name}: rules need labels with scores, which this model does not give")
        for label in self.labels:
            if label not in task.labels:
                raise UsageError(f"{task.model.name}: {unknown_label(label, task.labels)}")

        if (self.unsure is not None or self.placed) and task.kind in _NOWHERE:
            what = f"rule {self.placed[0]!r} asks where things are" if self.placed else "things are to be tracked"
            raise UsageError(f"{task.model.name}: {what}, which a model for {task.kind} does not say. A detector does")

        low, high = task.score_range or (-math.inf, math.inf)
        for name, score in self.scores.items():
            if not low <= score <= high:
                reach = f"scores of this model go from {low:g} to {high:g}"
                raise UsageError(f"{task.model.name}: rule {name!r} wants a score of at least {score:g}; {reach}")

    def of(self, result: Result, unsure: Result | None = None) -> dict[str, Any]:
        """Plain values for `Sighting.of`; `unsure` is the same with more things, where those are wanted."""
        told: dict[str, Any] = {"result": shortened(result.to_dict(self.top))}
        told["said"] = shortened(in_one_line(result, _SAID))
        if self.labels:
            asked = observations_of(result, frozenset(self.labels))
            told["observations"] = [one.to_dict() for one in asked if one.score >= self.least]
        if self.things:
            told |= _things(result if unsure is None else unsure)
        if (size := getattr(result, "size", None)) is not None:
            told["size"] = list(size)
        if self.best:
            told["best"] = shortened([observation.to_dict() for observation in best_of(result, self.best)])
        return told


def _things(result: Result) -> dict[str, Any]:
    """All that has a box; of two models in a row also what the first says of each."""
    of_both = getattr(result, "found_and_said", None)
    if of_both is None:
        return {"things": [thing.to_dict() for thing in result.observations() if thing.box is not None]}
    pairs = of_both()
    return {"things": [said.to_dict() for _, said in pairs], "found": [found.to_dict() for found, _ in pairs]}
