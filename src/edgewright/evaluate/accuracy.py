"""Accuracy of a classifier on a labeled data set, with what one wants to know beside the number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.data import Dataset, open_dataset
from edgewright.errors import DataError, UsageError
from edgewright.evaluate.class_names import Outputs, match_classes
from edgewright.evaluate.intervals import Interval, wilson
from edgewright.evaluate.runner import Runner
from edgewright.machine import Progress, silent
from edgewright.media import Preparation, normalize
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


def accuracy(model: ModelLike, dataset: Any, *, threads: int = 1, progress: Progress = silent) -> Accuracy:
    """Run a classifier over a data set, preparing each item as the model's own metadata says.

    `dataset` is all that `data.open_dataset` takes, with a class for each input; all of it is used. Pictures, files and
    uint8 arrays, are fitted and normalized as the file says; arrays of the input's own size stay whole. Other arrays
    hold raw values of the input's shape but for the batch. Where the file has labels, a class is the one of its name.
    `evaluate` knows other metrics, options, and uses all cores.
    Raises `DataError` where the model is no classifier over the data set's classes or a shape does not fit, and
    `UsageError` where nothing says how pictures become the input.

    >>> found = ew.accuracy("fashion.tflite", "fashion.npz")
    >>> found.value, found.total
    (0.8, 900)
    """
    model = read_model(model)
    dataset = open_dataset(dataset, progress=progress)
    labels, outputs = _labels(model, dataset), []
    prepare = _Preparing.of(model)
    with Runner(model, threads=threads) as run:
        for done, item in enumerate(dataset.inputs, 1):
            outputs.append(prepare(item, run)[0].reshape(-1))
            progress("evaluate", done, len(dataset))
    stacked = np.stack(outputs)
    if int(labels.max()) >= stacked.shape[1]:
        raise DataError(f"{model.name}: {stacked.shape[1]} outputs for labels up to {int(labels.max())}")
    return Accuracy(labels, stacked.argmax(1).astype(np.int64), stacked)


def _labels(model: ModelFile, dataset: Dataset) -> npt.NDArray[np.int64]:
    """The true classes, in the numbering of the model's outputs."""
    labels = dataset.labels
    names = model.metadata.outputs[0].labels if model.metadata.outputs else ()
    known = names if len(names) == model.outputs[0].shape[-1] else ()
    by_class = match_classes(dataset, Outputs(model.name, known, named=bool(known))).by_class
    return np.array([by_class[label] for label in labels.tolist()], np.int64)


class _Preparing(NamedTuple):
    """How an item becomes what the model's tensor stores: `picture` as the file says, where the input can be one."""

    described: InputMetadata
    picture: Preparation | None
    why_none: str

    @classmethod
    def of(cls, model: ModelFile) -> Self:
        described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
        try:
            return cls(described, Preparation.of(model.inputs[0], described), "")
        except UsageError as error:
            return cls(described, None, f"{model.name}: {error}")

    def __call__(self, item: Any, run: Runner) -> list[npt.NDArray[Any]]:
        """The outputs for an item, real numbers."""
        if not isinstance(item, np.ndarray):
            if self.picture is None:
                raise UsageError(self.why_none)
            return run.answer({self.picture.spec.index: self.picture(item)})
        if self.picture is None or not _is_picture(item):
            return run(normalize(item, self.described))
        spec = self.picture.spec
        whole = item.shape[:2] == self.picture.size and item.size == math.prod(spec.shape)
        return run.answer({spec.index: self.picture.tensor(item) if whole else self.picture(item)})


def _is_picture(array: npt.NDArray[Any]) -> bool:
    """Bytes with their channels last."""
    return array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3)))
