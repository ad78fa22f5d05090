"""What an evaluation found: the metric with its interval, by class, the worst inputs, and a comparison, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgewright.brief import line_of, name
from edgewright.evaluate.intervals import Estimate
from edgewright.evaluate.metrics import ClassValue, Metric
from edgewright.report import numbers
from edgewright.task import Result


@dataclass(frozen=True, eq=False)
class Scored:
    """One input and how it went: `loss`, the larger the worse; what the model `said`, what was `expected`, in words.

    `input` and `result` are there to draw it; `target` is what it was scored against.
    """

    index: int
    name: str
    loss: float
    said: str
    expected: str
    input: Any = field(repr=False)
    result: Result = field(repr=False)
    target: Any = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"input": self.name, "loss": self.loss, "said": self.said, "expected": self.expected}


@dataclass(frozen=True)
class Failure:
    """An input that one of the models could not answer, and why."""

    index: int
    name: str
    error: str


@dataclass(frozen=True)
class Comparison:
    """Another model on the same inputs: its own figure, and how much more the evaluated model has."""

    baseline: str
    before: Estimate
    change: Estimate

    @property
    def shown(self) -> bool:
        """Whether a difference is shown: the interval of the change does not cover 0."""
        low, high = self.change.interval
        return not low <= 0 <= high

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        before = {"value": self.before.value, "interval95": list(self.before.interval)}
        change = {"value": self.change.value, "interval95": list(self.change.interval)}
        return {"baseline": self.baseline, "before": before, "change": change, "difference_shown": self.shown}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model on a data set.

    `found`: the metric over all inputs, with its 95% interval. `labels`: what the model can say. `records`: what the
    metric kept of each input, those in `failures` left out. `by_class` is empty, and `confusion` (counts by true and
    answered class) None, where the metric has none. `worst`: the inputs that went worst, the worst first. `against`:
    the reference model, where the metric compares with one.

    >>> found = ew.evaluate("mobilenet.tflite", "photos")
    >>> print(found)
    Top-1 accuracy 100.0% ... over 2 inputs
    >>> found.value
    1.0
    """

    model: str
    data: str
    task: str
    metric: Metric = field(repr=False)
    found: Estimate
    labels: tuple[str, ...] = field(repr=False)
    records: tuple[Any, ...] = field(repr=False)
    by_class: tuple[ClassValue, ...] = field(default=(), repr=False)
    confusion: Mapping[tuple[int, int], int] | None = field(default=None, repr=False)
    worst: tuple[Scored, ...] = field(default=(), repr=False)
    failures: tuple[Failure, ...] = ()
    comparison: Comparison | None = None
    against: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The metric over all inputs."""
        return self.found.value

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95% interval."""
        return self.found.interval

    @property
    def total(self) -> int:
        """How many inputs were scored."""
        return len(self.records)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        classes = [
            {"label": self.label(one.index), "index": one.index, "value": one.value, "count": one.count}
            for one in self.by_class
        ]
        return {
            "model": self.model,
            "data": self.data,
            "task": self.task,
            "metric": self.metric.name,
            "value": self.value,
            "interval95": list(self.interval),
            "inputs": self.total,
            "higher_is_better": self.metric.higher_is_better,
            "by_class": classes,
            "confusion": self._confused(),
            "worst": [one.to_dict() for one in self.worst],
            "failures": [{"input": one.name, "error": one.error} for one in self.failures],
            "comparison": self.comparison.to_dict() if self.comparison else None,
            "against": self.against,
            "notices": list(self.notices),
        }

    def label(self, index: int) -> str:
        """The name of a class, or its number."""
        return self.labels[index] if 0 <= index < len(self.labels) else f"class {index}"

    def short(self, model: str) -> str:
        """The name of the file without its folders, where the two models' differ in it."""
        other = self.against or (self.comparison.baseline if self.comparison else None)
        names = {Path(name).name for name in (self.model, other) if name}
        return Path(model).name if other is None or len(names) == 2 else model

    def _confused(self) -> list[dict[str, Any]] | None:
        if self.confusion is None:
            return None
        return [
            {"true": self.label(true), "said": self.label(said), "count": count}
            for (true, said), count in sorted(self.confusion.items())
        ]

    def __str__(self) -> str:
        return f"{self.metric.title} {with_interval(self.metric, self.found)} over {self.total:,} inputs"

    def __repr__(self) -> str:
        return line_of(self, name(self.model), str(self))


def figure(metric: Metric, value: float) -> str:
    """A value of a metric for people: "96.1%", "0.312"."""
    if metric.unit == "%":
        return numbers.percent(value)
    return numbers.MISSING if math.isnan(value) else f"{value:.3f} {metric.unit}".rstrip()


def change(metric: Metric, value: float) -> str:
    """A difference of two values for people: "−0.3 points", "+0.012"."""
    if metric.unit == "%":
        return numbers.points(value)
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{abs(value):.3f} {metric.unit}".rstrip()


def with_interval(metric: Metric, found: Estimate) -> str:
    """A value and its interval for people: "96.1% (94.7–97.1)"."""
    low, high = found.interval
    if metric.unit == "%":
        return numbers.percent_interval(found.value, low, high)
    return f"{figure(metric, found.value)} ({low:.3f}–{high:.3f})"
