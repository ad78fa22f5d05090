"""Spans of the day, and the predicate of them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from edgewright.agent.events.rules.predicate import Moment
from edgewright.task import Observation

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the day in local time, minutes since midnight; one that ends before it begins goes over midnight."""

    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "08:00-18:30"; raises `ValueError`."""
        begin, dash, end = text.partition("-")
        if not dash:
            raise ValueError(f"{text!r}, expected hours like 08:00-18:30")
        if (span := (_minutes(begin), _minutes(end)))[0] == span[1]:
            raise ValueError(f"{text!r}, expected an end that differs from the beginning, as in 00:00-24:00")
        return cls(*span)

    def __contains__(self, time: datetime.time) -> bool:
        minute = 60 * time.hour + time.minute
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def _minutes(text: str) -> int:
    hour, _, minute = text.strip().partition(":")
    if hour.isdecimal() and minute.isdecimal() and int(minute) < 60 and 60 * int(hour) + int(minute) <= _DAY:
        return 60 * int(hour) + int(minute)
    raise ValueError(f"{text.strip()!r}, expected a time of the day like 08:00")


class Within:
    """Holds at those hours."""

    labels = ()

    def __init__(self, hours: Hours | str) -> None:
        self._hours = Hours.parse(hours) if isinstance(hours, str) else hours

    def __call__(self, matching: Sequence[Observation], moment: Moment) -> Sequence[Observation]:
        """All of them, or none."""
        time = datetime.datetime.fromtimestamp(moment.captured_s).time()
        return matching if time in self._hours else ()
