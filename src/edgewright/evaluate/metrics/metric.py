"""What a metric is: it keeps a small record of each sample, and makes one number of many records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.int64]
"""(n,): how often each record counts; a resample with replacement is such weights."""


class Metric(Protocol):
    """One file in `evaluate/metrics/`, or an object that another package names in `edgewright.metrics`.

    `name` is what `--metric` calls it ("top1"), `title` what people read ("Top-1 accuracy").
    `kinds`: names of the tasks whose results it scores; None for all.
    `target`: the type of the targets that it scores a result against (`data.ClassTarget`); None where it compares with
    the result of a reference model, and needs no labels.
    `share`: the value is a share of the samples that are right, and `combine` of one record is 0 or 1.
    `higher_is_better`: which way is up. `unit`: "%" for a fraction, 0 to 1, that is shown in percent, else what stands
    behind the number ("" for none).
    `options`: what a task is to be opened with, where the caller says nothing else ({"threshold": 0.0}).
    """

    name: str
    title: str
    kinds: frozenset[str] | None
    target: type[Any] | None
    share: bool
    higher_is_better: bool
    unit: str
    options: Mapping[str, Any]

    def record(self, result: Any, target: Any) -> Any:
        """What is to be kept of one sample: plain JSON values (numbers, texts, None, lists or tuples of them).

        `target` has its classes by their places among the model's labels, or is the result of the reference model.
        Records outlive results, cross processes and lie in caches; tuples may come back as lists.
        """

    def combine(self, records: Sequence[Any]) -> float:
        """The value over samples; NaN where these records say nothing. A record may occur several times."""


# What a metric may have besides; what it does not have is done without, or in a slower way.


@runtime_checkable
class Weighted(Protocol):
    """Combines many resamples of the same records faster than from scratch."""

    def weighted(self, records: Sequence[Any]) -> Callable[[Weights], float]:
        """Prepare the records once; the function combines them with each counting as often as its weight says."""


@dataclass(frozen=True, slots=True)
class ClassValue:
    """The value of one class: `index` among the model's labels, and `count` of what it is a value of."""

    index: int
    value: float
    count: int


@runtime_checkable
class ByClass(Protocol):
    """Has a value for each class."""

    def by_class(self, records: Sequence[Any]) -> Sequence[ClassValue]:
        """The classes that occur, in the order of their indices."""


@runtime_checkable
class Confusing(Protocol):
    """Knows what was taken for what."""

    def confusion(self, records: Sequence[Any]) -> Mapping[tuple[int, int], int]:
        """Counts by (true class, answered class)."""


@runtime_checkable
class Judging(Protocol):
    """Knows how bad a sample went; without it, that is what `combine` says of its record alone."""

    def loss(self, record: Any) -> float | None:
        """The larger the worse; None where nothing is wrong."""


def loss(metric: Metric, record: Any) -> float | None:
    """How bad a sample went, the larger the worse; None where nothing is wrong or nothing is known."""
    if isinstance(metric, Judging):
        return metric.loss(record)
    value = metric.combine([record])
    if np.isnan(value) or (metric.higher_is_better and metric.unit == "%" and value >= 1):
        return None
    return -value if metric.higher_is_better else value


def weighted(metric: Metric, records: Sequence[Any]) -> Callable[[Weights], float]:
    """The function that combines records by weights, also of a metric that has none of its own."""
    if isinstance(metric, Weighted):
        return metric.weighted(records)
    places = np.arange(len(records))
    return lambda weights: metric.combine([records[place] for place in np.repeat(places, weights).tolist()])
