"""What a predicate is: one condition of a rule, over the observations of a picture.

A predicate is added from outside by an entry point in the group `edgewright.rules`: the name of its table in a rule,
and a class like `PredicateFactory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgewright.registry import Registry
from edgewright.task import Observation

ENTRY_POINTS = "edgewright.rules"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule sees of one picture, captured `captured_s` seconds after 1970.

    `observations`: all that have a label and a score which the rule's predicates need, or, where they need no labels,
    the best; the best first.
    """

    observations: Sequence[Observation]
    captured_s: float


class Predicate(Protocol):
    """One condition, with what it remembers of earlier pictures; made anew at each start of an agent.

    It is made of the keys of its TOML table as keyword arguments, and raises `ValueError` for what makes no sense.
    `labels` are those that it needs to know of, () where it looks at what others left. One that needs labels may have
    an attribute `least` too: lower scores than that it need not know, so that they stay where the model is.
    """

    labels: tuple[str, ...]

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """Those of `matching` for which it holds, in their order; none where it does not hold at all.

        It is called for each picture, in the order of the rule's predicates, also where nothing matches any more.
        """


PredicateFactory = Callable[..., Predicate]

predicates: Registry[PredicateFactory] = Registry(
    "predicate of rules",
    ENTRY_POINTS,
    {
        "labels": "edgewright.agent.events.rules.labels:Labelled",
        "count": "edgewright.agent.events.rules.counting:AtLeast",
        "seen": "edgewright.agent.events.rules.counting:Repeated",
        "hours": "edgewright.agent.events.rules.hours:Within",
    },
    protocol="collections.abc:Callable",
)

register_predicate = predicates.register
predicate_names = predicates.names
