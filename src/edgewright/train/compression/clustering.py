"""Weights that share few values: k-means over each layer's weights, and training that moves the shared values.

Source: Han, Mao and Dally, "Deep Compression", ICLR 2016 (arXiv 1510.00149), section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
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
Values = npt.NDArray[np.float32]

# Lloyd's iterations on sorted numbers end by themselves long before.
_MOST_ROUNDS = 300

_EPOCHS, _LEARNING_RATE = 10, 3e-4
_NETWORK = "network.keras"


class Clustering:
    """The method "cluster"."""

    name = "cluster"
    place = 2

    def apply(self, network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress) -> Applied:
        """Let the weights of each layer share few values, and train these; zeros of a pruned network stay zeros."""
        environment = child_environment(folder)
        return run_in_child(cluster, network, samples, settings, folder, progress=progress, env=environment)


def cluster(network: Path, samples: Samples, settings: Settings, folder: Path, progress: Progress = silent) -> Applied:
    """In a child: what `Clustering` does. Raises `UsageError` for a network without weights to share values."""
    deterministic(settings.seed)
    model = opened_to_train(network, settings)
    shared = kernels(model)
    if not shared:
        raise UsageError(f"{model.name}: has no convolution or dense layer, so that nothing can be clustered")
    lesson = lesson_for(model, samples)
    sharer = sharing(model, {id(kernel): codebook(kernel.numpy(), settings.clusters) for kernel in shared})
    schedule = Schedule(
        epochs=settings.epochs or _EPOCHS, learning_rate=settings.learning_rate or _LEARNING_RATE, seed=settings.seed
    )
    with following(model):
        epochs = fit(
            sharer, lesson, lesson.validation, loss=lesson.loss, schedule=schedule, folder=folder, score=lesson.score,
            progress=progress, step="clustering",
        )  # fmt: skip
    sharer.settle()
    save_network(model, folder / _NETWORK)
    return Applied(
        network=folder / _NETWORK,
        epochs=epochs,
        score=lesson.scored(model, samples.held_out),
        facts={"clusters": settings.clusters, "values": max(len(np.unique(kernel.numpy())) for kernel in shared)},
    )


@dataclass(frozen=True, eq=False)
class Codebook:
    """A layer's weights as places in a short list of values.

    `values` (k,) float32, ascending. `places`, in the shape of the weights, int32. Where `zero` is not None it is the
    place of the value 0 for what was pruned, which training leaves alone.
    """

    values: Values
    places: npt.NDArray[np.int32]
    zero: int | None = None

    def __post_init__(self) -> None:
        """Refuse places that are none."""
        if not len(self.values) or self.places.min(initial=0) < 0 or self.places.max(initial=0) >= len(self.values):
            raise UsageError(f"a codebook of {len(self.values)} values has places that are not among them")

    @property
    def weights(self) -> Values:
        """The weights, each one of the values."""
        return self.values[self.places]

    @property
    def moves(self) -> Values:
        """What the values are multiplied by: 1, and 0 where they are to stay 0, which stops their gradient too."""
        return np.array([place != self.zero for place in range(len(self.values))], np.float32)


def codebook(weights: Array, count: int) -> Codebook:
    """Share `count` values among weights (any shape, float); zeros of a pruned layer keep one of them for themselves.

    A layer counts as pruned where at least a tenth of its weights are exactly 0.
    """
    if count < 2:
        raise UsageError(f"{count} values to share; at least 2")
    flat = np.asarray(weights, np.float32).reshape(-1)
    pruned = np.count_nonzero(flat == 0) >= max(flat.size / 10, 1)
    values = centroids(flat[flat != 0], count - 1) if pruned else centroids(flat, count)
    if pruned:
        values = np.union1d(values, np.zeros(1, np.float32))
    places = nearest(flat, values)
    zero = int(np.flatnonzero(values == 0)[0]) if pruned else None
    if zero is not None:
        places[flat == 0] = zero
    return Codebook(values, places.reshape(weights.shape), zero)


def centroids(numbers: Array, count: int) -> Values:
    """The centers of at most `count` clusters of `numbers` (n,), ascending: k-means in one dimension.

    They start evenly between the smallest and the largest number, which keeps some for the few large weights that
    matter (section 3.2 of the source), and move to the means of what is nearest to them until nothing changes. One that
    is nearest to nothing, as in the gap which pruning leaves around 0, goes where the widest cluster is.
    """
    distinct, copies = np.unique(np.asarray(numbers, np.float64), return_counts=True)
    if len(distinct) <= count:
        return distinct.astype(np.float32)
    centers = np.linspace(distinct[0], distinct[-1], count)
    for _ in range(_MOST_ROUNDS):
        moved = _moved(distinct, copies, centers)
        if np.array_equal(moved, centers):
            break
        centers = moved
    return np.unique(centers.astype(np.float32))


def _moved(distinct: Array, copies: Array, centers: Array) -> Array:
    """The mean of the numbers nearest to each center; as many centers as before."""
    edges = [0, *np.searchsorted(distinct, (centers[1:] + centers[:-1]) / 2), len(distinct)]
    edges = sorted(set(map(int, edges)))
    while len(edges) <= len(centers):
        # There are more distinct numbers than centers, so that the widest cluster has two of them at least.
        widths = [distinct[end - 1] - distinct[start] for start, end in pairwise(edges)]
        start, end = edges[int(np.argmax(widths))], edges[int(np.argmax(widths)) + 1]
        middle = (distinct[start] + distinct[end - 1]) / 2
        edges = sorted({*edges, int(np.searchsorted(distinct[start:end], middle, "right")) + start})
    return np.add.reduceat(distinct * copies, edges[:-1]) / np.add.reduceat(copies, edges[:-1])


def nearest(numbers: Array, values: Array) -> npt.NDArray[np.int32]:
    """The place of the nearest of `values` (k,), ascending, for each of `numbers`."""
    wide = np.asarray(values, np.float64)
    return np.searchsorted((wide[1:] + wide[:-1]) / 2, np.asarray(numbers, np.float64)).astype(np.int32)


def sharing(network: Any, books: Mapping[int, Codebook]) -> Any:
    """The network as a Keras model whose kernels are looked up in codebooks; `books` by the kernel's `id`.

    The values are what is trained in place of the kernels: the gradient of a value is the sum of those of all weights
    that share it (equation 2 of the source). `settle` of the model writes the values into the network.
    """
    import keras
    import tensorflow as tf

    pairs = [(variable, books[id(variable)]) for variable in network.trainable_variables if id(variable) in books]

    class Sharing(keras.Model):  # type: ignore[misc]  # Keras is imported in here only
        """A network with looked-up kernels."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network
            self.shared = [
                self.add_weight(shape=book.values.shape, name=f"values{at}") for at, (_, book) in enumerate(pairs)
            ]
            for values, (kernel, book) in zip(self.shared, pairs, strict=True):
                values.assign(book.values)
                kernel.trainable = False

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            """The network's outputs, and what its layers keep of these inputs (means, states) written back."""
            with keras.StatelessScope(state_mapping=self._looked_up()) as scope:
                outputs = self.network(inputs, training=training)
            for variable in self.network.non_trainable_variables:
                kept = scope.get_current_value(variable)
                if kept is not None and id(variable) not in books:
                    variable.assign(kept)
            return outputs

        def _looked_up(self) -> list[tuple[Any, Any]]:
            """Each kernel with its weights."""
            return [
                (kernel, tf.gather(values.value * book.moves, book.places))
                for values, (kernel, book) in zip(self.shared, pairs, strict=True)
            ]

        def settle(self) -> None:
            """Write the shared values into the network's kernels."""
            for kernel, weights in self._looked_up():
                kernel.assign(weights)
                kernel.trainable = True

    return Sharing()
