"""Accuracy of a classifier on a labelled data set, with what one wants to know beside the number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.data import Dataset, load
from edgewright.errors import DataError
from edgewright.evaluate.intervals import Interval, wilson
from edgewright.evaluate.runner import Runner
from edgewright.machine import Progress, silent
from edgewright.media import normalize
from edgewright.model import InputMetadata, ModelFile, ModelLike, read_model


@dataclass(frozen=True)
class Accuracy:
    """What a classifier said about a data set.

    `labels` (n,) int64: the true classes. `predictions` (n,) int64: the class of the largest output.
    `outputs` (n, classes) float: the real-valued outputs.
    """

    labels: npt.NDArray[np.int64]
    predictions: npt.NDArray[np.int64]
    outputs: npt.NDArray[Any]

    @property
    def total(self) -> int:
        """The number of items."""
        return len(self.labels)

    @cached_property
    def correct(self) -> int:
        """The number of items whose prediction is the true class."""
        return int((self.labels == self.predictions).sum())

    @property
    def value(self) -> float:
        """Top-1 accuracy, 0 to 1."""
        return self.correct / self.total

    @property
    def interval(self) -> Interval:
        """The 95% Wilson interval of the accuracy."""
        return wilson(self.correct, self.total)

    @cached_property
    def confusion(self) -> npt.NDArray[np.int64]:
        """(classes, classes) int64: rows are the true classes, columns the predicted ones."""
        classes = self.outputs.shape[1]
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.predictions), 1)
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Accuracy, counts and interval as plain values."""
        low, high = self.interval
        return {"top1": self.value, "correct": self.correct, "total": self.total, "interval95": [low, high]}

    def __repr__(self) -> str:
        return line_of(self, f"{self.value:.1%}", f"{self.correct:,} of {self.total:,}")


def accuracy(
    model: ModelLike, dataset: Dataset | str | os.PathLike[str], *, threads: int = 1, progress: Progress = silent
) -> Accuracy:
    """Run a classifier over a data set, preparing each item as the model's own metadata says.

    `dataset.x` (n, ...) holds raw values, 0 to 255 for pictures, of the input's shape but for the batch. A name or a
    path is read into such values as `data.load` does it; `evaluate` reads picture by picture, and knows other metrics.
    Raises `DataError` where the model is no classifier over the data set's classes or a shape does not fit.

    >>> found = ew.accuracy("fashion.tflite", "fashion.npz")
    >>> found.value, found.total
    (0.8, 900)
    """
    model = read_model(model)
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    dataset, outputs = _read(dataset, model, described, progress), []
    with Runner(model, threads=threads) as run:
        for done, item in enumerate(dataset.x, 1):
            outputs.append(run(normalize(item, described))[0].reshape(-1))
            progress("evaluate", done, len(dataset.x))
    stacked = np.stack(outputs)
    if int(dataset.labels.max()) >= stacked.shape[1]:
        raise DataError(f"{model.name}: {stacked.shape[1]} outputs for labels up to {int(dataset.labels.max())}")
    return Accuracy(dataset.labels, stacked.argmax(1).astype(np.int64), stacked)


def _read(
    dataset: Dataset | str | os.PathLike[str], model: ModelFile, described: InputMetadata, progress: Progress
) -> Dataset:
    """The data set as arrays, its pictures in the size that the model takes."""
    if isinstance(dataset, Dataset):
        return dataset
    shape = model.inputs[0].shape
    size = (shape[1], shape[2]) if len(shape) == 4 else None
    policy = described.resize or "stretch"
    return load(dataset, size=size, color_space=described.color_space, policy=policy, progress=progress)
