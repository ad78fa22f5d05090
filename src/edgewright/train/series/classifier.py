"""Labeled recordings become a small network that says of each window which class it is of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgewright.data import Dataset
from edgewright.machine import Progress
from edgewright.train.epochs import Schedule
from edgewright.train.series.recordings import divided, is_series, material
from edgewright.train.series.training import LEAST_PARTS, Cut, cut, require, taught
from edgewright.train.series.windows import Floats, Indices, Varied
from edgewright.train.trainer import Material, Parts, Plan, Trained

_SCHEDULE = Schedule(epochs=20, learning_rate=3e-3, batch=32, patience=8)


class SeriesTrainer:
    """Windows of one to two seconds, a small convolutional network along the time."""

    name = "series"

    def recognizes(self, dataset: Dataset) -> str | None:
        """Tables or arrays by time, each of one class."""
        return "series, each of one class" if dataset.y is not None and is_series(dataset) else None

    def require(self, plan: Plan) -> None:
        """Raise `UsageError` for options that are of pictures."""
        require(plan)

    def material(self, dataset: Dataset, plan: Plan, progress: Progress) -> Material:
        """Read every recording; each stays whole in one part, but one that is alone in its class."""
        return material(dataset, plan, progress)

    def train(self, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Train in a child process; epochs that are finished in `plan.folder` are not done again."""
        windows = cut(parts, plan)
        labels = parts.train.labels[windows.train.source]
        samples = Varied(windows.train, labels, _weights(labels, plan), plan.seed, plan.augment)
        targets = parts.validation.labels[windows.validation.source]
        trained = taught(windows, samples, targets, len(parts.train.classes), _SCHEDULE, plan, progress)
        return replace(trained, conversion={**trained.conversion, "labels": parts.train.classes})

    def divided(self, dataset: Dataset, plan: Plan) -> Dataset:
        """Parts of the recordings, of which there may be few."""
        return divided(dataset, Cut.window_of(dataset, plan), LEAST_PARTS)


def _weights(labels: Indices, plan: Plan) -> Floats:
    """(n,) float32 whose mean is 1: with `balanced` each class weighs the same, however many windows it has."""
    if not plan.balanced:
        return np.ones(len(labels), np.float32)
    counts = np.bincount(labels)
    return np.asarray(len(labels) / ((counts > 0).sum() * counts[labels]), np.float32)
