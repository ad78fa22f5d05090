"""Magnitude pruning: the smallest weights of each layer become zero, more and more of them while it is trained.

Source: Zhu and Gupta, "To prune, or not to prune", 2017 (arXiv 1710.01878), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert import child_environment
from edgewright.errors import UsageError
from edgewright.machine import Progress, run_in_child, silent
from edgewright.train.compression.kernels import kernels
from edgewright.train.compression.lessons import lesson_for
from edgewright.train.compression.means import following
from edgewright.train.compression.method import Applied, Settings
from edgewright.train.compression.networks import opened_to_train
from edgewright.train.compression.samples import Samples
from edgewright.train.epochs import Schedule, deterministic, fit
from edgewright.train.saving import save_network

Array = npt.NDArray[Any]

# The share of the steps over which the zeros become more; in the rest the network gets used to what is left.
_GROWS = 0.6

_EPOCHS, _LEARNING_RATE = 20, 1e-3
_NETWORK = "network.keras"


class MagnitudePruning:
    """The method "prune"."""

    name = "prune"
    place = 1

    def apply(self, network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress) -> Applied:
        """Train while the smallest weights become zero; means and variances stay layers of their own until it ends."""
        environment = child_environment(folder)
        return run_in_child(prune, network, samples, settings, folder, progress=progress, env=environment)


def prune(network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress = silent) -> Applied:
    """In a child: what `MagnitudePruning` does. Raises `UsageError` for a network without weights to prune."""
    deterministic(settings.seed)
    model = opened_to_train(network, settings)
    pruned = kernels(model)
    if not pruned:
        raise UsageError(f"{model.name}: has no convolution or dense layer, so that nothing can be pruned")
    lesson, pruning = lesson_for(model, samples), Pruning(pruned, settings.sparsity)
    schedule = Schedule(
        epochs=settings.epochs or _EPOCHS,
        learning_rate=settings.learning_rate or _LEARNING_RATE,
        best=False,  # the best epoch is one of the first, with few zeros
        seed=settings.seed,
    )
    with following(model):
        epochs = fit(
            model, lesson, lesson.validation, loss=lesson.loss, schedule=schedule, folder=folder, score=lesson.score,
            before_step=pruning, progress=progress, step="pruning",
        )  # fmt: skip
    pruning.finish()
    save_network(model, folder / _NETWORK)
    return Applied(
        network=folder / _NETWORK,
        epochs=epochs,
        score=lesson.scored(model, samples.held_out),
        facts={"sparsity": settings.sparsity, "zeros": round(zeros([one.numpy() for one in pruned]), 4)},
    )


def share_at(step: int, steps: int, final: float) -> float:
    """The share of zeros at a step, from 0: final · (1 - (1 - t)³), t from 0 to 1 in the first 60% of the steps.

    That is equation 1 of the source with an initial share of 0: quick at first, while there is much to choose from.
    """
    done = min(step / max(_GROWS * steps, 1), 1.0)
    return final * (1 - (1 - done) ** 3)


def without_smallest(weights: Array, share: float) -> Array:
    """The weights (..., channels) with that share of them, rounded down, at zero: those of the smallest magnitude.

    The largest weight of each channel stays, for a channel of zeros alone has no scale that it could be quantized with.
    """
    flat = weights.reshape(-1, weights.shape[-1])
    size = np.abs(flat)
    size[size.argmax(axis=0), np.arange(size.shape[1])] = np.inf
    count = min(int(share * size.size + 1e-9), size.size - size.shape[1])
    pruned = flat.copy()
    if count:
        # Of equal ones any will do, but always the same.
        pruned.reshape(-1)[np.argpartition(size, count - 1, axis=None)[:count]] = 0
    return pruned.reshape(weights.shape)


def zeros(weights: Sequence[Array]) -> float:
    """The share of all weights that are zero."""
    return sum(int(np.count_nonzero(one == 0)) for one in weights) / max(sum(one.size for one in weights), 1)


class Pruning:
    """What is done before each step of a training (`before_step` of `epochs.fit`), and once after the last one.

    A weight at zero may be moved by the step that follows; it is among the smallest then, and goes back. So what is
    zero follows from the weights and the number of the step alone, and a training that was killed goes on to the bit.
    """

    def __init__(self, kernels: Sequence[Any], share: float) -> None:
        """`kernels`: the variables of Keras to prune; `share`: of the weights of each, in the end."""
        self._kernels, self._share = kernels, share

    def __call__(self, step: int, steps: int) -> None:
        """Prune to the share of this step."""
        self._to(share_at(step, steps, self._share))

    def finish(self) -> None:
        """Prune to the final share."""
        self._to(self._share)

    def _to(self, share: float) -> None:
        for kernel in self._kernels:
            kernel.assign(without_smallest(kernel.numpy(), share))
