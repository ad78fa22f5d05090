"""Methods as recipes of `optimize`: each by itself, and those that go together one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.cache import Cache
from edgewright.convert import convert
from edgewright.data import Dataset, open_dataset
from edgewright.errors import DataError
from edgewright.machine import Progress
from edgewright.model import ModelFile
from edgewright.optimize import TrainedFile
from edgewright.spelling import argument
from edgewright.train.checks import samples_in
from edgewright.train.compression.compress import applied_in_turn
from edgewright.train.compression.method import Method, Settings, methods_named
from edgewright.train.compression.networks import saved_network
from edgewright.train.compression.samples import Samples, parted, prepare_samples

# The share of what is given to train on that says when to stop.
_VALIDATION = 0.2

_PACKED = ("prune", "cluster")


@dataclass(frozen=True, eq=False)
class TrainableNetwork:
    """A network with its data: `optimize.Trainable`."""

    model: ModelFile
    data: Dataset
    recipes: tuple[Chain, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """Methods one behind the other: `optimize.Trains`."""

    methods: tuple[Method, ...]
    network: Path
    samples: Samples
    settings: Settings
    folder: Path

    @property
    def name(self) -> str:
        """What is done, as a table shows it: "prune+cluster", "qat 4 bits"."""
        names = "+".join(method.name for method in self.methods)
        return f"{names} {self.settings.bits} bits" if self.methods[-1].name == "qat" else names

    def train(self, progress: Progress) -> TrainedFile:
        """Train by each method in turn, and convert what none of them made a file of."""
        cache = Cache(self.folder)
        path = cache.path(self._key, ".tflite")
        facts = cache.remember_with_file(path, self._key, lambda: self._work(path, progress))
        return TrainedFile(ModelFile.read(path), facts["ready"], facts["methods"])

    @property
    def _key(self) -> dict[str, Any]:
        return {
            **self.settings.key,
            "step": "trained file",
            "methods": [method.name for method in self.methods],
            "network": self.network.name,
            "samples": self.samples.digest,
        }

    def _work(self, path: Path, progress: Progress) -> dict[str, Any]:
        applied = applied_in_turn(self.methods, self.network, self.samples, self.settings, self.folder, progress)
        last = applied[-1]
        model = last.model or convert(last.network, progress=progress, **self.settings.conversion)
        model.save(path, overwrite=True)
        facts = {method.name: dict(one.facts) for method, one in zip(self.methods, applied, strict=True)}
        return {"ready": last.model is not None, "methods": facts}


def open_trainable(
    model: Any,
    data: Any,
    train: Any,
    methods: Sequence[str] | str,
    *,
    folder: Path,
    progress: Progress,
    labels: Any = None,
    normalization: Any = None,
    task: str | None = None,
    **settings: Any,
) -> TrainableNetwork:
    """Look at the network and at what it is to be trained on, for `optimize`; see there.

    `settings` are those of `Settings`. Raises `UsageError` for what makes no sense, `DataError` where something of
    `data`, which is to prove what training brings, would be trained on.
    """
    conversion = {"labels": labels, "normalization": normalization, "task": task}
    chosen = methods_named(methods)
    whole = Settings(conversion=conversion, **settings)
    learned = _learned(open_dataset(train, progress=progress))
    proving = open_dataset(data, progress=progress)
    _check_apart(learned, proving)
    network = saved_network(model, folder, trust=False, progress=progress)
    source = convert(network, progress=progress, **conversion)
    samples = prepare_samples(source, *parted(learned, _VALIDATION, whole.seed), None, folder, progress)
    chains = tuple(Chain(chain, network, samples, whole, folder) for chain in _chains(chosen))
    return TrainableNetwork(source, proving, chains, (*samples.notices, *_notices(chosen)))


def _chains(methods: Sequence[Method]) -> list[tuple[Method, ...]]:
    """Each method alone, then the first two together, the first three, and so on: each goes on from the one before."""
    alone = [(method,) for method in methods]
    return [*alone, *(tuple(methods[:count]) for count in range(2, len(methods) + 1))]


def _learned(dataset: Dataset) -> Dataset:
    """Of a published split the training part."""
    return dataset if dataset.train_count is None else dataset.take(range(dataset.train_count))


def _check_apart(learned: Dataset, proving: Dataset) -> None:
    """Refuse samples that are in both, by what they hold."""
    both = samples_in(learned, proving)
    if both:
        raise DataError(
            f"{proving.name}: {both} of its samples are those of {argument('train')} too. What was trained on proves "
            "nothing: give other ones"
        )


def _notices(methods: Sequence[Method]) -> tuple[str, ...]:
    """Say what zeros and shared values bring, and what not."""
    if not any(method.name in _PACKED for method in methods):
        return ()
    return (
        "Zeros and shared values make a file no smaller on the disk and no faster, only smaller where it is packed: "
        f"{argument('prefer', 'gzip')} chooses by that.",
    )
