"""What a trainer is: data of one kind into a network. The room splits, proves, measures and describes.

A package outside adds one by an entry point in the group `edgewright.trainers`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.errors import UsageError
from edgewright.machine import Crew, Progress
from edgewright.media import check_hop
from edgewright.model import ModelFile, ResizePolicy
from edgewright.registry import Registry
from edgewright.spelling import argument
from edgewright.train.epochs import Epoch

ENTRY_POINTS = "edgewright.trainers"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network is to be trained.

    `folder`: where what is finished lies, so that a run that was killed goes on; it belongs to these data and options
    alone. `epochs`: None for the trainer's own; 0 trains a head on what the backbone sees, and nothing else.
    `thorough`: all layers. `backbone`: a name or path, "" for the trainer's own. `balanced`: each class weighs the
    same, however many samples it has. `resize`: None to find out which one is better.

    Of series: `window`, rows that are looked at at once; `columns`, the names of those that count; `rate`, rows a
    second; `hop`, seconds from the start of a window to that of the next, or a share of the window as "25%". None and
    () for what the data show. Of sounds `window` is in samples, of which 16,000 are a second.
    """

    folder: Path
    seed: int = 0
    epochs: int | None = None
    thorough: bool = False
    backbone: str = ""
    augment: bool = True
    balanced: bool = True
    resize: ResizePolicy | None = None
    window: int | None = None
    columns: tuple[str, ...] = ()
    rate: float | None = None
    hop: float | str | None = None

    def __post_init__(self) -> None:
        """Raise `UsageError` for what cannot be."""
        if self.epochs is not None and self.epochs < 0:
            raise UsageError(f"{argument('epochs', self.epochs)}: give 0 or more")
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"seed {self.seed}: expected 0 to 4294967295")
        for name, value in (("window", self.window), ("rate", self.rate)):
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{argument(name, value)}: give a number above 0")
        if self.hop is not None:
            check_hop(self.hop)

    def refuse(self, *names: str, data: str) -> None:
        """Raise `UsageError` where one of these options was given: of such data it means nothing."""
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name in names}
        defaults = {field.name: field.default for field in fields(self)}
        for name, value in given.items():
            if value != defaults[name]:
                raise UsageError(f"{argument(name, value)} means nothing for {data}")


@dataclass(frozen=True, eq=False)
class Material:
    """The samples of a data set that count.

    `dataset`: all that can be read. `groups` (n,) int64: samples with the same number are nearly the same, and stay in
    one part. `unread`: (name, reason) of those that are left out. `notices`: what was found, and what was left out, a
    sentence each. `apart`: what is known of samples in two parts, as words behind their number: "none of them nearly
    the same"; "" where nobody looked, or chains were cut. `likeness`: what the trainer keeps to find its samples again
    (`Recalls`).
    """

    dataset: Dataset
    groups: npt.NDArray[np.int64]
    unread: Pairs = ()
    notices: tuple[str, ...] = ()
    apart: str = ""
    likeness: Any = None


@dataclass(frozen=True, eq=False)
class Parts:
    """What is trained on, and what says when to stop; they share no group.

    `groups` (n,) are those of `train`; `validation_groups` (m,), where they are known, those of `validation`.
    """

    train: Dataset
    validation: Dataset
    groups: npt.NDArray[np.int64]
    validation_groups: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True)
class CurvePoint:
    """What learning on `n` samples brings: the share of others told right, 0 to 1, and its 95% interval.

    Measured on a part of the samples, or `predicted` for more than there are.
    """

    n: int
    value: float
    low: float
    high: float
    predicted: bool = False


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network, and what is to be said of it.

    `network`: a `.keras` file that takes what is prepared and gives what the task decodes. `conversion`: options of
    `convert` for it (labels, normalization, task, columns, rate). `preparation`: fields of `InputMetadata` that the
    file says besides (resize, crop_fraction, interpolation, hop). `epochs`: the learning curve, empty where only a head
    was fitted. `kept`: the number of the epoch whose weights were taken, 0 for none; None is that with the smallest
    loss on the validation part. `curve`: what more samples would bring, from learning on parts. `facts`: for the
    provenance, ready for JSON.
    """

    network: Path
    conversion: Mapping[str, Any] = field(default_factory=dict)
    preparation: Mapping[str, Any] = field(default_factory=dict)
    epochs: tuple[Epoch, ...] = ()
    kept: int | None = None
    curve: tuple[CurvePoint, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


class Trainer(Protocol):
    """Samples of one kind into a network."""

    name: str
    """What is trained on, in a word: "pictures"."""

    def recognizes(self, dataset: Dataset) -> str | None:
        """Why the data are of this kind, else None. Nothing is read but a few of their inputs."""

    def require(self, plan: Plan) -> None:
        """Raise what is missing (an extra, a backbone) before anything is worked out."""

    def material(self, dataset: Dataset, plan: Plan, progress: Progress) -> Material:
        """Look at every sample: which cannot be read, which are nearly the same; refuse what cannot be trained on."""

    def train(self, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Train; what is finished in `plan.folder` is not done again. TensorFlow runs in child processes."""


@runtime_checkable
class WithCrew(Protocol):
    """A trainer whose samples others can look at."""

    def train_with(self, crew: Crew, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Train as `train` does, but that workers, perhaps on other machines, look at the samples."""


@runtime_checkable
class Finishes(Protocol):
    """A trainer whose file wants something more when its numbers are final, such as a threshold."""

    def finish(self, model: ModelFile, parts: Parts, progress: Progress) -> ModelFile:
        """The file as it is handed out; `model` is converted or quantized already."""


@runtime_checkable
class SetsAside(Protocol):
    """A trainer whose `finish` fits something, which is to be measured on other samples where there are enough."""

    def set_aside(self, parts: Parts) -> npt.NDArray[np.int64]:
        """The places in the validation part that `finish` may see; the others measure. All, where they are too few."""


@runtime_checkable
class Recalls(Protocol):
    """A trainer that finds samples again which were stored in another way."""

    def seen_again(self, material: Material, test: Dataset, progress: Progress) -> tuple[str, ...]:
        """A notice where test data are nearly the same as samples of `material`."""


@runtime_checkable
class Divides(Protocol):
    """A trainer of samples that are long and may be few: an optimization wants parts of them."""

    def divided(self, dataset: Dataset, plan: Plan) -> Dataset:
        """The same data in more samples."""


@runtime_checkable
class Spares(Protocol):
    """A trainer in whose file are operators that 8 bits would ruin, such as the making of features."""

    def spared(self, model: ModelFile) -> frozenset[int]:
        """The operators that stay in float, whatever else is made smaller."""


@runtime_checkable
class Measures(Protocol):
    """A trainer whose file is not measured by what the data and their metric say on their own."""

    def measured(self, dataset: Dataset) -> tuple[Dataset, str]:
        """The data with what is right for each, and the name of the metric."""


_trainers: Registry[Trainer] = Registry(
    "trainer",
    ENTRY_POINTS,
    {
        "series": "edgewright.train.series.classifier:SeriesTrainer",
        "anomalies": "edgewright.train.series.anomalies:AnomalyTrainer",
        "pictures": "edgewright.train.pictures.trainer:Pictures",
        "sounds": "edgewright.train.sounds.trainer:TRAINER",
    },
    made=True,
    protocol="edgewright.train.trainer:Trainer",
)

register_trainer = _trainers.register


def trainer_for(dataset: Dataset) -> Trainer:
    """The trainer that recognizes the data. Raises `UsageError` where none does."""
    for trainer in _trainers.built_in():
        if trainer.recognizes(dataset):
            return trainer
    outside = next((trainer for trainer, fits in _trainers.asked(lambda one: one.recognizes(dataset)) if fits), None)
    if outside is None:
        raise UsageError(
            f"{dataset.name}: nothing that can be trained on: its inputs are {_labeled(dataset)}. Expected one of: "
            f"{', '.join(_trainers.names())}; pictures and sounds of one class each"
        )
    return outside


def _labeled(dataset: Dataset) -> str:
    """What the inputs of a data set are labeled with, for people."""
    target = dataset.target(0)
    if target is None:
        return "without labels"
    what = "classes" if dataset.y is not None else type(target).__name__.removesuffix("Target").lower()
    return f"labeled with {what}"
