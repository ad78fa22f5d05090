"""Rules: which results are worth an event."""

from __future__ import annotations

import datetime
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

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


@dataclass(frozen=True, slots=True)
class Rule:
    """An event whenever one of `labels` has at least `score`.

    `seen` of the last `of` results must say so, this one included. After an event there is none of this rule for
    `cooldown_s` seconds; without a cool-down every result brings one for as long as the rule holds. `hours`: only at
    this time of the day.
    """

    name: str
    labels: tuple[str, ...]
    score: float = 0.5
    seen: int = 1
    of: int = 1
    cooldown_s: float = 0.0
    hours: Hours | None = None

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError(f"rule {self.name!r}: labels: none given, expected at least one")
        if not math.isfinite(self.score):
            raise ValueError(f"rule {self.name!r}: score: {self.score}, expected a number")
        if not 1 <= self.seen <= self.of:
            raise ValueError(f"rule {self.name!r}: seen {self.seen} of {self.of}, expected at least 1 and at most 'of'")
        if self.cooldown_s < 0:
            raise ValueError(f"rule {self.name!r}: cooldown: {self.cooldown_s} s, expected at least 0")


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds, with the best of its labels and that one's score."""

    rule: str
    label: str
    score: float


class RuleState:
    """One rule with what it remembers; a restart begins anew."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: deque[bool] = deque(maxlen=rule.of)
        self._fired_s: float | None = None

    def look(self, scores: Mapping[str, float], captured_s: float) -> Match | None:
        """Take note of a result, captured so many seconds after 1970; the match if there is to be an event."""
        rule = self._rule
        label = max(rule.labels, key=lambda one: scores.get(one, -math.inf))
        score = scores.get(label, -math.inf)
        self._last.append(score >= rule.score)
        if not self._last[-1] or sum(self._last) < rule.seen or self._rests(captured_s):
            return None
        if rule.hours is not None and datetime.datetime.fromtimestamp(captured_s).time() not in rule.hours:
            return None
        self._fired_s = captured_s
        return Match(rule.name, label, score)

    def _rests(self, now_s: float) -> bool:
        """Whether the cool-down goes on; a clock that was put back does not prolong it."""
        return self._fired_s is not None and 0 <= now_s - self._fired_s < self._rule.cooldown_s
