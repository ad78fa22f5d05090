"""Something that is heard or happens, from a moment to another one."""

from __future__ import annotations

from dataclasses import dataclass

from edgewright.brief import brief
from edgewright.task.result import Observation


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """What lasts from `start_s` to `end_s`, in seconds; `score` is that of its surest window."""

    label: str
    index: int
    score: float
    start_s: float
    end_s: float

    def observation(self) -> Observation:
        """The same in the language of all results."""
        return Observation(self.label, self.score, self.index, span=(self.start_s, self.end_s))

    __repr__ = brief
