"""A package as another author would write it: a task that reads a number off a picture, its data, and its metric."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.data import Dataset, ReadOptions
from edgewright.errors import UsageError
from edgewright.media import Prepared
from edgewright.model import ModelFile
from edgewright.report import Column, Table
from edgewright.task import Observation, Options, only

ENTRY_POINTS = """
[edgewright.tasks]
gauge = gauges:KIND
[edgewright.metrics]
gauge_error = gauges:METRIC
gauge_drift = gauges:DRIFT
[edgewright.data_formats]
gauge = gauges:FORMAT
"""


@dataclass(frozen=True)
class Reading:
    value: float

    def observations(self) -> Sequence[Observation]:
        return [Observation("reading", self.value, 0)]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        return {"kind": "gauge", "value": self.value}

    def table(self, limit: int | None = None) -> Table:
        return Table("", (Column("reading", "right"),), [(f"{self.value:.2f}",)])

    def draw(self, picture: Any) -> Any:
        raise UsageError("there is nothing to draw of a reading")


@dataclass(frozen=True)
class NumberTarget:
    value: float

    @property
    def classes(self) -> frozenset[int]:
        return frozenset()

    def renumbered(self, places: Mapping[int, int]) -> NumberTarget:
        return self

    def text(self, labels: Sequence[str]) -> str:
        return f"{self.value:.2f}"


@dataclass(frozen=True)
class Decode:
    labels: tuple[str, ...] = ()

    def __call__(self, outputs: Sequence[Any], prepared: Prepared) -> Reading:
        return Reading(float(outputs[0].reshape(-1)[0]))


class Kind:
    name = "gauge"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        return "it gives one number" if [spec.elements for spec in model.outputs] == [1] else None

    def decoder(self, model: ModelFile, options: Options) -> Decode:
        only(options, task=self.name)
        return Decode()


@dataclass(frozen=True)
class Error:
    """The mean of |reading - truth|."""

    name: str = "gauge_error"
    title: str = "Mean error"
    kinds: frozenset[str] | None = frozenset({"gauge"})
    target: type[Any] | None = NumberTarget
    share: bool = False
    higher_is_better: bool = False
    unit: str = "bar"
    options: Mapping[str, Any] = field(default_factory=dict)

    def record(self, result: Reading, target: Any) -> float:
        return abs(result.value - target.value)

    def combine(self, records: Sequence[float]) -> float:
        return float(np.mean(records)) if len(records) else float("nan")


class Format:
    name = "gauge"
    expects = "a .gauge file with pictures and readings"

    def recognizes(self, path: Path, head: bytes) -> bool:
        return path.suffix == ".gauge"

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        said = json.loads(path.read_text())
        targets = [NumberTarget(value) for value in said["readings"]]
        return Dataset(np.array(said["pictures"], np.uint8), targets, (), path.name, str(path))


KIND, METRIC, FORMAT = Kind(), Error(), Format()
DRIFT = Error("gauge_drift", "Drift", target=None)
