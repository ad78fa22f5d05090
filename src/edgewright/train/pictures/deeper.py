"""Training behind the head: the network's last layers on what the cut gives, or all of them from pixels.

For a child process. It starts from the fitted head. The learning rate falls to nothing over the epochs, so the last of
them is taken: a network that is stopped early is one in the midst of its steps. Behind it the head is fitted anew to
what the layers see now, as the first one was; on a few hundred pictures that is worth more than the training itself.
What has the smaller loss on the validation part is kept: this, or the first head alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.machine import Progress
from edgewright.train.epochs import Batch, Epoch, Schedule, fit
from edgewright.train.pictures.views import Viewing
from edgewright.train.trainer import Plan

Array = npt.NDArray[Any]

# Epochs without a smaller loss, of a network that has seen nothing.
_PATIENCE = 10


@dataclass(frozen=True)
class Deeper:
    """What came of it: the epochs, and the loss on the validation part before the first and at the end.

    `from_nothing`: the network had seen nothing before, so that there is no head alone to go back to.
    """

    epochs: tuple[Epoch, ...]
    before: float
    after: float
    from_nothing: bool = False

    @property
    def helped(self) -> bool:
        """Whether what was trained is kept: its loss is smaller than with the head alone, or there is no such head."""
        return self.from_nothing or self.after < self.before


@dataclass(frozen=True, eq=False)
class Answers:
    """What is right: soft targets (n, classes), and how much each sample weighs (n,)."""

    targets: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]

    @classmethod
    def of(cls, classes: npt.NDArray[np.int64], count: int, *, balanced: bool, smoothing: float) -> Answers:
        """`smoothing`: the share that is spread over all classes (Szegedy et al., "Rethinking Inception", 2016)."""
        targets = np.eye(count, dtype=np.float32)[classes] * (1 - smoothing) + smoothing / count
        weights = np.ones(len(classes))
        if balanced:
            counts = np.bincount(classes, minlength=count)
            weights = len(classes) / ((counts > 0).sum() * counts[classes])
        return cls(targets.astype(np.float32), weights.astype(np.float32))


class SeenSamples:
    """What the cut gives of several views of each picture: another view each epoch."""

    def __init__(self, views: Sequence[Array], answers: Answers, seed: int) -> None:
        self._views, self._answers, self._seed = views, answers, seed

    def __len__(self) -> int:
        return len(self._answers.weights)

    def batch(self, places: npt.NDArray[np.int64], epoch: int) -> Batch:
        """Which view it is follows from seed, epoch and picture."""
        chosen = np.random.RandomState([self._seed % 2**32, epoch]).randint(0, len(self._views), len(self))
        rows = np.stack([self._views[chosen[place]][place] for place in places]).astype(np.float32)
        return rows, self._answers.targets[places], self._answers.weights[places]


class PixelSamples:
    """Pictures as they are needed: a view of its own each epoch."""

    def __init__(self, dataset: Dataset, viewing: Viewing, answers: Answers, *, varied: bool) -> None:
        self._dataset, self._viewing, self._answers, self._varied = dataset, viewing, answers, varied

    def __len__(self) -> int:
        return len(self._answers.weights)

    def batch(self, places: npt.NDArray[np.int64], epoch: int) -> Batch:
        """Which view it is follows from seed, epoch and picture."""
        number = epoch if self._varied else 0
        pixels = [self._viewing.view(self._dataset.inputs[place], int(place), number) for place in places]
        return np.stack(pixels), self._answers.targets[places], self._answers.weights[places]


def go_deeper(
    model: Any,
    samples: SeenSamples | PixelSamples,
    validation: tuple[Array, Array],
    schedule: Schedule,
    folder: Path,
    refit: Callable[[], None] | None,
    progress: Progress,
    step: str,
) -> Deeper:
    """Train a model that gives logits, in place, then `refit` its head; where that is no better, it stays as it was.

    Without `refit` it has seen nothing before: then it is kept as it was trained.
    """
    start = [np.array(weight) for weight in model.get_weights()]
    before = _validation_loss(model, validation)
    epochs = fit(model, samples, validation, loss=_loss, schedule=schedule, folder=folder, progress=progress, step=step)
    if refit is not None:
        refit()
    deeper = Deeper(epochs, before, _validation_loss(model, validation), from_nothing=refit is None)
    if not deeper.helped:
        model.set_weights(start)
    return deeper


def freeze_normalization(model: Any) -> None:
    """BatchNorm stays as it was trained: a batch of 32 of few pictures says little of what a layer usually sees."""
    for layer in model._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            layer.trainable = False


def plan_schedule(plan: Plan, epochs: int, learning_rate: float, *, stop_early: bool) -> Schedule:
    """The plan's number of epochs, or so many; `stop_early`: where the validation part says so, with the best one."""
    epochs = epochs if plan.epochs is None else plan.epochs
    return Schedule(epochs=epochs, learning_rate=learning_rate, seed=plan.seed, best=stop_early, patience=_PATIENCE)


def _validation_loss(model: Any, validation: tuple[Array, Array]) -> float:
    inputs, targets = validation
    return float(np.mean(np.asarray(_loss(targets, model.predict(inputs, batch_size=64, verbose=0)), np.float64)))


def _loss(targets: Any, outputs: Any) -> Any:
    """Cross entropy of logits; targets are classes (n,), or shares (n, classes)."""
    import tensorflow as tf

    targets = tf.convert_to_tensor(targets)
    if targets.shape.rank == 1:
        targets = tf.one_hot(targets, outputs.shape[-1])
    return tf.nn.softmax_cross_entropy_with_logits(targets, outputs)
