"""The form of what a benchmark measured: figures with median, spread, rounds and goal, as JSON and for people.

A script makes one `Figure` of each thing that matters, and ends with `finish`:

    figures = [
        Figure.of("beside the bare script", timings["ours"].ratios(timings["bare"]), "times", at_most(1.15)),
        Figure("rows lost", 0, "rows", goal=at_most(0)),
    ]
    finish("classify_one_picture", figures, options.json, timings=…)

`finish` prints each figure with "met" or "MISSED", and writes the file of `--json`, whose key "figures" is what
`make benchmarks` puts into docs/figures.md. A goal stands in the script only. Which scripts that runs, and with which
arguments, is in `table.py`.
"""

from __future__ import annotations

import json
import math
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.machine import describe

# With fewer rounds a quartile is one of them or a guess.
_ROUNDS_FOR_QUARTILES = 5
MIDDLE_HALF, ALL, INTERVAL = "middle half", "all", "95%"


@dataclass(frozen=True)
class Goal:
    """A figure is to be at least or at most so much, in its own unit."""

    value: float
    least: bool

    def met_by(self, value: float) -> bool:
        """Whether the value reaches it; NaN does not."""
        return value >= self.value if self.least else value <= self.value


def at_least(value: float) -> Goal:
    return Goal(value, least=True)


def at_most(value: float) -> Goal:
    return Goal(value, least=False)


@dataclass(frozen=True)
class Figure:
    """What came out: `median` of so many rounds in `unit`; `low` to `high` is the spread, of the kind `spread`.

    A ratio has the unit "times"; a share has "%" and is 0 to 100. A count, or what was measured once, has no spread.
    """

    name: str
    median: float
    unit: str = ""
    goal: Goal | None = None
    low: float | None = None
    high: float | None = None
    rounds: int = 1
    spread: str = ALL

    def __post_init__(self) -> None:
        if self.spread not in (MIDDLE_HALF, ALL, INTERVAL):
            raise ValueError(f"{self.name}: spread {self.spread!r}, expected {MIDDLE_HALF!r}, {ALL!r} or {INTERVAL!r}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: a spread has both ends")

    @classmethod
    def of(cls, name: str, rounds: Iterable[float], unit: str = "", goal: Goal | None = None) -> Figure:
        """The median of rounds; the spread is their middle half (quartiles), or all of them where they are few."""
        values = list(rounds)
        few = len(values) < _ROUNDS_FOR_QUARTILES
        low, high = (min(values), max(values)) if few else statistics.quantiles(values, n=4, method="inclusive")[::2]
        single = len(values) == 1
        return cls(name, statistics.median(values), unit, goal, None if single else low, None if single else high,
                   len(values), ALL if few else MIDDLE_HALF)  # fmt: skip

    @property
    def missed(self) -> bool:
        """Whether there is a goal and it was not reached."""
        return self.goal is not None and not self.goal.met_by(self.median)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Figure:
        """What `to_dict` wrote."""
        named = {name: value for name, value in stored.items() if name != "met"}
        return cls(**{**named, "goal": Goal(**stored["goal"]) if stored["goal"] else None})

    def to_dict(self) -> dict[str, Any]:
        """Plain values; `met` is None where there is no goal."""
        goal = vars(self.goal) if self.goal else None
        return {**vars(self), "goal": goal, "met": None if goal is None else not self.missed}

    # ----- for people

    def measured(self) -> str:
        """The median with its unit."""
        return with_unit(number(self.median, self.unit), self.unit)

    def between(self) -> str:
        """The spread, or nothing; of which kind it is where that is not the middle half."""
        if self.low is None or self.high is None:
            return ""
        kind = "" if self.spread == MIDDLE_HALF else f"{self.spread}: "
        return f"{kind}{number(self.low, self.unit)} to {number(self.high, self.unit)}"

    def wanted(self) -> str:
        """The goal, or nothing."""
        if self.goal is None:
            return ""
        goal = self.goal.value
        value = f"{goal:,.0f}" if goal >= 1000 else f"{goal:.3g}" if goal >= 0 else f"−{-goal:.3g}"
        return f"{'at least' if self.goal.least else 'at most'} {with_unit(value, self.unit)}"

    def __str__(self) -> str:
        between, wanted = self.between(), self.wanted()
        spread = f" ({between} of {self.rounds})" if between else ""
        verdict = f"; {wanted}: {'MISSED' if self.missed else 'met'}" if wanted else ""
        return f"{self.name}: {self.measured()}{spread}{verdict}"


def number(value: float, unit: str) -> str:
    """Three digits; whole from a hundred on, and where it is a count. With a minus, not a hyphen."""
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size >= 100 or (size == int(size) and not unit.startswith(("times", "%"))):
        written = f"{size:,.0f}"
    elif size >= 1:
        written = f"{size:.1f}" if size >= 10 else f"{size:.2f}"
    else:
        written = f"{size:.3g}"
    return f"−{written}" if value < 0 else written


def with_unit(value: str, unit: str) -> str:
    return f"{value}{unit}" if unit.startswith("%") else f"{value} {unit}".rstrip()


def finish(benchmark: str, figures: Sequence[Figure], path: Path | None, **details: Any) -> None:
    """Print the figures and the machine; write them, and whatever else was measured, where a file is named."""
    machine = describe()
    for figure in figures:
        print(figure)
    print(machine.summary())
    used = os.times()
    document = {
        "benchmark": benchmark,
        "figures": [figure.to_dict() for figure in figures],
        "machine": machine.to_dict(),
        "load": os.getloadavg(),
        "processor_s": used.user + used.system + used.children_user + used.children_system,
        **details,
    }
    if path:
        path.write_text(json.dumps(document, indent=2) + "\n")
