"""What the worker says of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from edgewright.media import Box
from edgewright.task import Observation

LONGEST = 1000

# What reading plain values raises where they are not what was meant.
NONSENSE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A result, or the reason why there is none.

    `result`: what the model says, as plain values. `observations`: those that rules ask for by their labels, and
    `best`: the best of all, where a rule asks for them or there is none; both the best first. `took_s`: what the model
    took in seconds, the preparation of its input included. `said`: the result in one line, for people. `things`: all
    that has a box, where that is wanted, the best first; `size`: (height, width) of the picture that boxes are in, None
    where the result has none. `found`: of two models in a row, what the first says of each of `things`. Where things
    are tracked (`is_tracked`) each of `things` has its track, None while that is not confirmed, and `ended` are tracks
    that ended before this picture, as they were last seen; `began`: the tracks that are confirmed with this one, and
    where they were seen first. `error`: what is wrong with the picture; `fault`: that it is the task which failed on
    it, and may fail on others as well.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    best: tuple[Observation, ...] = ()
    took_s: float = 0.0
    said: str = ""
    things: tuple[Observation, ...] = ()
    size: tuple[int, int] | None = None
    found: tuple[Observation, ...] = ()
    is_tracked: bool = False
    ended: tuple[Observation, ...] = ()
    began: Mapping[int, Box] = field(default_factory=dict)
    error: str | None = None
    fault: bool = False

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read what the worker wrote, with no text over `LONGEST` characters; raises one of `NONSENSE`."""
        if "error" in told:
            return cls(error=shortened(str(told["error"])), fault=bool(told.get("fault", False)))
        return cls(
            dict(shortened(told["result"])),
            tuple(map(Observation.of, told.get("observations", ()))),
            tuple(map(Observation.of, told.get("best", ()))),
            float(told["took_s"]),
            str(shortened(told.get("said", ""))),
            tuple(map(Observation.of, told.get("things", ()))),
            _size(told.get("size")),
            _found(told),
        )

    @property
    def tracks(self) -> tuple[Observation, ...]:
        """Those of `things` whose track is confirmed."""
        return tuple(thing for thing in self.things if thing.track is not None)


def _found(told: Mapping[str, Any]) -> tuple[Observation, ...]:
    found = tuple(map(Observation.of, told.get("found", ())))
    if found and (len(found) != len(told["things"]) or any(one.box is None for one in found)):
        raise ValueError("what the first model found is not what is told of it")
    return found


def _size(told: Any) -> tuple[int, int] | None:
    if told is None:
        return None
    height, width = told
    return int(height), int(width)


def shortened(value: Any) -> Any:
    """Plain values with no text over `LONGEST` characters: a file may bring labels of megabytes, for every event."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    if isinstance(value, Mapping):
        return {shortened(key): shortened(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(one) for one in value]
    return value
