"""Predicates that count: things in one picture, and pictures in a row."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from edgewright.agent.events.rules.predicate import Moment
from edgewright.task import Observation


class AtLeast:
    """Holds for pictures in which at least `count` observations match."""

    labels = ()

    def __init__(self, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"count: {count}, expected at least 1")
        self._count = count

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """All of them, or none."""
        return matching if len(matching) >= self._count else ()


class Repeated:
    """Holds where something matches in at least `seen` of the last `of` pictures, the present one included."""

    labels = ()

    def __init__(self, seen: int = 1, of: int = 1) -> None:
        if not 1 <= seen <= of:
            raise ValueError(f"seen {seen} of {of}, expected at least 1 and at most 'of'")
        self._seen = seen
        self._last: deque[bool] = deque(maxlen=of)

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """All of them, or none."""
        self._last.append(bool(matching))
        return matching if sum(self._last) >= self._seen else ()
