"""Every picture through the network once: what is seen in it, kept on the disk. For a child process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.machine import Progress
from edgewright.media import Preparation
from edgewright.model import InputMetadata, TensorSpec
from edgewright.train.pictures.network import Network
from edgewright.train.pictures.store import Column, Store
from edgewright.train.pictures.views import Viewing

Array = npt.NDArray[Any]

# Pictures that go through the network at once, always so many: the same operations, the same bits.
_BATCH = 32

PIECE = 64
"""Pictures that are looked at again where a run was killed, at most."""

FEATURES, BETWEEN = "features", "between"


def preparation_of(shape: tuple[int, int, int], described: InputMetadata) -> Preparation:
    """How a picture becomes what a network of that input takes: exactly as the finished file will have it."""
    return Preparation.of(TensorSpec(0, "image", (1, *shape), "float32", (-1, *shape)), described)


@dataclass(frozen=True)
class Look:
    """Pictures to be looked at: `name` is that of the store, `view` which version of each.

    0 is the picture as it is, "mirrored" that in a mirror; of the others every second may be, with `mirror`.
    """

    name: str
    dataset: Dataset
    described: InputMetadata
    view: int | Literal["mirrored"] = 0
    seed: int = 0
    mirror: bool = False


class WantedError(Exception):
    """Somebody else is to look at pictures: those of `look` up to number `until`, into its `store`."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True)
class Wanted:
    """What is to be looked at, and where what is seen goes; `step` is what it is for."""

    look: Look
    store: Store
    until: int
    step: str


class Looking:
    """A network that looks at pictures; with `between` it also keeps what the cut gives.

    With `asks` it does not look itself at what is not done: `see` raises `WantedError`.
    """

    def __init__(self, network: Network, folder: Path, *, between: bool, asks: bool = False) -> None:
        import keras
        import tensorflow as tf

        self._network, self._folder, self._asks = network, folder, asks
        self._columns = [Column(FEATURES, (network.width,), "float32")]
        outputs = [network.whole.outputs[0]]
        if between:
            self._columns.append(Column(BETWEEN, tuple(network.between.shape[1:]), "float16"))
            outputs.append(network.between)
        model = keras.Model(network.whole.inputs[0], outputs)
        signature = tf.TensorSpec((_BATCH, *network.shape), tf.float32)

        def compute(pixels: Any) -> list[Any]:
            seen = model(pixels, training=False)
            return list(seen) if isinstance(seen, list | tuple) else [seen]  # Keras gives a list of one as that one

        self._compute = tf.function(compute, input_signature=[signature], autograph=False)

    def store(self, look: Look) -> Store:
        """Where what is seen in these pictures lies, or will."""
        return Store(self._folder / look.name, tuple(self._columns), len(look.dataset))

    def see(self, look: Look, progress: Progress, *, first: int | None = None, step: str = "pictures") -> Store:
        """Look at those pictures that are not done yet, or at the `first` of them, a whole number of pieces or all."""
        store = self.store(look)
        until = min(first or store.total, store.total)
        if store.done < until and self._asks:
            raise WantedError(Wanted(look, store, until, step))
        if store.done < until:
            store.fill(self._pieces(look, store.done, until, progress, step))
        return store

    def _pieces(
        self, look: Look, start: int, until: int, progress: Progress, step: str
    ) -> Iterator[Mapping[str, Array]]:
        for place in range(start, until, PIECE):
            progress(step, place, until)
            places = range(place, min(place + PIECE, until))
            yield self.seen(look, places, [look.dataset.inputs[at] for at in places])
        progress(step, until, until)

    def seen(self, look: Look, places: range, sources: Sequence[Any]) -> Mapping[str, Array]:
        """What is seen in the pictures `sources` at some places of a look, a piece at most: rows of each column."""
        pixels = [self._prepared(look, at, source) for at, source in zip(places, sources, strict=True)]
        seen = [self._seen(np.stack(pixels[at : at + _BATCH])) for at in range(0, len(pixels), _BATCH)]
        return {
            column.name: np.concatenate([outputs[index] for outputs in seen])
            for index, column in enumerate(self._columns)
        }

    def _prepared(self, look: Look, place: int, source: Any) -> Array:
        viewing = Viewing(preparation_of(self._network.shape, look.described), look.seed, look.mirror)
        return viewing.mirrored(source) if look.view == "mirrored" else viewing.view(source, place, look.view)

    def _seen(self, pixels: Array) -> list[Array]:
        padded = np.zeros((_BATCH, *pixels.shape[1:]), np.float32)
        padded[: len(pixels)] = pixels
        return [np.asarray(output)[: len(pixels)] for output in self._compute(padded)]
