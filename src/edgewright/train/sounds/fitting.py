"""Training the network on features: what runs in the child process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.machine import Progress, silent
from edgewright.train.epochs import Batch, Epoch, Schedule, deterministic, fit
from edgewright.train.saving import save_network
from edgewright.train.sounds.features import Features
from edgewright.train.sounds.network import classifier, with_front_end
from edgewright.train.sounds.views import masked

_BATCH = 32
_LEARNING_RATE = 2e-3
_PATIENCE = 8
# Of few windows each is in an epoch several times, in other views: so many steps an epoch says something.
_STEPS = 24
_EPOCHS = (15, 40)
# So many steps bring the network to its end.
_ALL_STEPS = 960
# So sure of nothing is the network to be that scores of 1 lie beyond what a few recordings can show. Source: Szegedy et
# al., Rethinking the Inception Architecture, CVPR 2016 (arXiv 1512.00567), 7.
_SMOOTHED = 0.1
# A band in which nothing varies says nothing; it is not to be blown up.
_LEAST_STD = 0.5
_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class Work:
    """What is to be done: `window` in samples, `classes` how many there are, `epochs` None for as many as it takes."""

    train: Features
    validation: Features
    window: int
    classes: int
    seed: int
    epochs: int | None
    balanced: bool
    masks: bool
    folder: Path


def fit_network(work: Work, progress: Progress = silent) -> tuple[Epoch, ...]:
    """Train, and leave `network.keras` in the folder; for a child process. Goes on where a run before was killed."""
    deterministic(work.seed)
    mean, std = spread(work.train)
    model = classifier(work.train.open().shape[2], work.classes, mean, std)
    samples = _Samples(work, mean)
    known = np.flatnonzero(work.validation.known)
    looked_at = np.asarray(work.validation.open()[known, 0], np.float32), work.validation.classes[known]
    epochs = fit(
        model,
        samples,
        (looked_at[0], samples.targets(looked_at[1])),
        loss=_cross_entropy,
        schedule=_schedule(work, len(samples)),
        folder=work.folder,
        progress=progress,
        step="training",
    )
    save_network(with_front_end(model, work.window), work.folder / "network.keras")
    return epochs


def spread(features: Features) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and standard deviation (40,) of the windows of a class as they are."""
    values, count, total, squares = features.open(), 0, np.zeros(1), np.zeros(1)
    known = np.flatnonzero(features.known)
    for start in range(0, len(known), _AT_ONCE):
        part = np.asarray(values[known[start : start + _AT_ONCE], 0], np.float64)
        total, squares = total + part.sum(axis=(0, 1)), squares + np.square(part).sum(axis=(0, 1))
        count += part.shape[0] * part.shape[1]
    mean = total / count
    return mean, np.maximum(np.sqrt(np.maximum(squares / count - mean**2, 0)), _LEAST_STD)


def weights_of(classes: npt.NDArray[np.int64], count: int, *, balanced: bool) -> npt.NDArray[np.float32]:
    """How much each window counts: balanced, all classes alike; those of nobody as much as a class at the most."""
    known = classes >= 0
    counts = np.bincount(classes[known], minlength=count)
    a_class = known.sum() / max(np.count_nonzero(counts), 1)
    each = a_class / np.maximum(counts, 1) if balanced else np.ones(count)
    of_nobody = min(a_class / max(np.count_nonzero(~known), 1), 1.0)
    return np.where(known, each[classes], of_nobody).astype(np.float32)


class _Samples:
    """Windows as the training loop takes them: in each epoch another view."""

    def __init__(self, work: Work, mean: npt.NDArray[np.float64]) -> None:
        self._values, self._classes = work.train.open(), work.train.classes
        self._weights = weights_of(self._classes, work.classes, balanced=work.balanced)
        self._work, self._mean = work, mean
        self._times = math.ceil(_STEPS * _BATCH / len(self._classes))

    def __len__(self) -> int:
        return len(self._classes) * self._times

    def batch(self, places: npt.NDArray[np.int64], epoch: int) -> Batch:
        """Features, what is right for each, and weights."""
        random = np.random.RandomState([self._work.seed, epoch, int(places[0])])
        places = places % len(self._classes)
        views = random.randint(self._values.shape[1], size=len(places))
        features = [np.asarray(self._values[which], np.float32) for which in zip(places, views, strict=True)]
        if self._work.masks:
            features = [masked(one, self._mean, random) for one in features]
        return np.stack(features), self.targets(self._classes[places]), self._weights[places]

    def targets(self, classes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The probability of each class (n, classes): of what nobody can tell, all the same."""
        count = self._work.classes
        right = np.full((len(classes), count), 1 / count, np.float32)
        known = classes >= 0
        right[known] = (1 - _SMOOTHED) * np.eye(count, dtype=np.float32)[classes[known]] + _SMOOTHED / count
        return right


def _schedule(work: Work, samples: int) -> Schedule:
    least, most = _EPOCHS
    epochs = min(max(_ALL_STEPS * _BATCH // samples, least), most) if work.epochs is None else work.epochs
    return Schedule(
        epochs=epochs, learning_rate=_LEARNING_RATE, batch=_BATCH, patience=_PATIENCE, seed=work.seed, clip=1.0
    )


def _cross_entropy(targets: Any, outputs: Any) -> Any:
    import keras

    return keras.losses.categorical_crossentropy(targets, outputs)
