"""What a predicate is: one condition of a rule, over the observations of a picture.

A predicate is added from outside by an entry point in the group `edgewright.rules`: the name of its table in a rule,
and a class like `PredicateFactory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edgewright.agent.events.places.places import Places
from edgewright.registry import Registry
from edgewright.task import Observation

ENTRY_POINTS = "edgewright.rules"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule sees of one picture, captured `captured_s` seconds after 1970.

    `observations`: all that have a label and a score which the rule's predicates need, or, where they need no labels,
    the best; the best first. Where things are tracked they are the confirmed tracks, each with its number, and those
    with one of the rule's labels whatever their score is now. `ended`: tracks that ended since the picture before, as
    they were last seen. `time_s`: of the clock that tracks go by, which only goes forward (a video's own, else the
    monotonic one), in seconds. `size`: (height, width) of the picture that boxes are in, None where there is none.
    `source`: what events call it. `places`: its zones and lines, and what is known of the tracks.
    """

    observations: Sequence[Observation]
    captured_s: float
    time_s: float = 0.0
    size: tuple[int, int] | None = None
    source: str = ""
    ended: Sequence[Observation] = ()
    places: Places = field(default_factory=Places)


class Predicate(Protocol):
    """One condition, with what it remembers of earlier pictures; made anew at each start of an agent.

    It is made of the keys of its TOML table as keyword arguments, and raises `ValueError` for what makes no sense.
    `labels` are those that it needs to know of, () where it looks at what others left. One that needs labels may have
    an attribute `least` too: lower scores than that it need not know, so that they stay where the model is.

    Three more attributes are False where they are missing. `needs_tracks`: that it looks at the tracks of things, so
    that tracking is switched on. `is_moment`: that it holds for an instant, as a line is crossed, and not for as long
    as something is so; its rule makes an event of each instant. `sees_ended`: that what matches is to hold tracks too
    that ended with this picture, as they were last seen. One that knows where it held has a method
    `place(observation)`: the plain values that its event has under "place".
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
        "labels": "edgewright.agent.events.rules.labels:Labeled",
        "count": "edgewright.agent.events.rules.counting:AtLeast",
        "seen": "edgewright.agent.events.rules.counting:Repeated",
        "hours": "edgewright.agent.events.rules.hours:Within",
        "zone": "edgewright.agent.events.rules.places:InZone",
        "stays": "edgewright.agent.events.rules.places:Stays",
        "enters": "edgewright.agent.events.rules.places:enters",
        "leaves": "edgewright.agent.events.rules.places:leaves",
        "crosses": "edgewright.agent.events.rules.places:Crosses",
    },
    protocol="collections.abc:Callable",
)

register_predicate = predicates.register
predicate_names = predicates.names
