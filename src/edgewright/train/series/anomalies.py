"""Recordings in which all is normal become an autoencoder: what it cannot make again is an anomaly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgewright.data import Dataset, EventsTarget
from edgewright.machine import Progress
from edgewright.media import Series
from edgewright.model import ModelFile
from edgewright.task import FittedThreshold, fit_threshold
from edgewright.train.epochs import Schedule
from edgewright.train.series.recordings import divided, is_series, material, series_of
from edgewright.train.series.training import LEAST_PARTS, Cut, cut, require, taught
from edgewright.train.series.windows import Indices, Varied
from edgewright.train.trainer import Material, Parts, Plan, Trained

_SCHEDULE = Schedule(epochs=40, learning_rate=2e-3, batch=32, patience=10)

# Windows that a threshold is fitted on: more say the same, for they overlap.
_FITTED_ON = 20_000


class AnomalyTrainer:
    """An autoencoder with a bottleneck, and a threshold that normal windows stay below."""

    name = "anomalies"

    def recognizes(self, dataset: Dataset) -> str | None:
        """Tables or arrays by time that nobody labeled."""
        return (
            "series without labels, taken for normal ones" if dataset.targets is None and is_series(dataset) else None
        )

    def require(self, plan: Plan) -> None:
        """Raise `UsageError` for options that are of pictures."""
        require(plan)

    def material(self, dataset: Dataset, plan: Plan, progress: Progress) -> Material:
        """Read every recording; each stays whole in one part, but one that is alone."""
        return material(dataset, plan, progress)

    def train(self, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Train in a child process; epochs that are finished in `plan.folder` are not done again."""
        windows = cut(parts, plan)
        weights = np.ones(len(windows.train), np.float32)
        samples = Varied(windows.train, None, weights, plan.seed, plan.augment)
        return taught(windows, samples, windows.validation.all(), 0, _SCHEDULE, plan, progress)

    def divided(self, dataset: Dataset, plan: Plan) -> Dataset:
        """Parts of the recordings, of which there may be few."""
        return divided(dataset, Cut.window_of(dataset, plan), LEAST_PARTS)

    def set_aside(self, parts: Parts) -> Indices:
        """Every second recording that was not trained on sets the threshold, where there are two of them."""
        groups = np.arange(len(parts.validation)) if parts.validation_groups is None else parts.validation_groups
        return np.flatnonzero(np.isin(groups, np.unique(groups)[::2]))

    def finish(self, model: ModelFile, parts: Parts, progress: Progress) -> ModelFile:
        """The file with its threshold: numbers in 8 bits make other scores than those in 32, so it is fitted last.

        It is the higher one of those of normal windows that were not trained on and of all. The first are what the
        network does not know by heart; where they are few, rare ones are among the others only.
        """
        unseen = series_of(parts.validation)
        fitted = [_fitted(model, normal) for normal in (unseen, [*series_of(parts.train), *unseen])]
        return max(fitted, key=lambda one: one.threshold).model

    def measured(self, dataset: Dataset) -> tuple[Dataset, str]:
        """Normal data as such in which nothing happens: how much of it the file is silent about."""
        if dataset.targets is not None:
            return dataset, "segment-F1"
        nothing = EventsTarget(np.zeros((0, 2)), np.zeros(0, np.int64))
        return replace(dataset, targets=(nothing,) * len(dataset)), "quiet-windows"


def _fitted(model: ModelFile, normal: list[Series]) -> FittedThreshold:
    window = model.inputs[0].shape[1]
    hop = max(1, sum(map(len, normal)) // _FITTED_ON)
    return fit_threshold(model, normal, hop=f"{100 * min(hop / window, 1):g}%")
