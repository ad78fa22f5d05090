"""Recipes that train: what the search knows of them. Who trains lies above this room, and is handed in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from edgewright.data import Dataset
from edgewright.errors import (
    ChildError,
    ConversionError,
    DataError,
    EngineError,
    QuantizationError,
    UsageError,
)
from edgewright.machine import Progress
from edgewright.model import ModelFile
from edgewright.optimize.results import Candidate
from edgewright.optimize.workbench import Workbench, first_line
from edgewright.quantization import Recipe
from edgewright.rewrite import rewrite
from edgewright.spelling import argument
from edgewright.trainable import open_trainable

# What cannot be trained, converted or quantized is a result too; a full disk is none.
_FAILURES = (ChildError, ConversionError, DataError, EngineError, QuantizationError, UsageError)

_QUANTIZED = Recipe("int8", "int8")

# What only a training heeds, as it is where nobody says anything: the defaults of `optimize`.
_USUAL = {
    **{"train": None, "bits": 8, "sparsity": 0.8, "clusters": 16, "epochs": None, "learning_rate": None},
    **{"labels": None, "normalization": None},
}


@dataclass(frozen=True)
class TrainedFile:
    """What training gave: a float file, or with `ready` one that is as small as it will be. `facts`: ready for JSON."""

    model: ModelFile
    ready: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


class Trains(Protocol):
    """One way to make a network smaller by training it on."""

    name: str
    """As a table shows it: "pruned 80%"."""

    def train(self, progress: Progress) -> TrainedFile:
        """Train; what was finished before is not done again."""


class Trainable(Protocol):
    """A network that was opened for training on."""

    model: ModelFile
    """The network as it is now: a float file, proven."""

    data: Dataset
    """What its versions are measured on, opened."""

    recipes: Sequence[Trains]
    """The ways to train it, those first of which others make use."""

    notices: tuple[str, ...]
    """What was interpreted, a sentence each."""


@dataclass(frozen=True)
class TrainedRecipe:
    """How a file was made by training and then, unless that made it itself, by a recipe of the quantizer.

    `trained`: the SHA-256 of what training gave.
    """

    name: str
    trained: str = ""
    recipe: Recipe | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def static(self) -> bool:
        """Whether the quantizer gave its activations fixed ranges."""
        return self.recipe is not None and self.recipe.static

    def to_dict(self) -> dict[str, Any]:
        """Return what decides the file, ready for JSON."""
        return {"name": self.name, "trained": self.trained, "recipe": self.recipe.to_dict() if self.recipe else None}


def network_of(
    model: Any, data: Any, train: Any, methods: Sequence[str] | str, folder: Path, progress: Progress, **options: Any
) -> Trainable | None:
    """Open what is to be trained on, if it is to be: None without methods.

    Raises `UsageError` for methods without data to train on, a model that cannot be trained, and settings of a
    training without methods; before any work.
    """
    if not methods:
        _refuse_settings({"train": train, **options})
        return None
    if train is None:
        raise UsageError(
            f"{argument('methods')} train the network: give what it was trained on with {argument('train')}, other "
            f"inputs than those of {argument('data')}"
        )
    if isinstance(model, ModelFile) or (isinstance(model, str | os.PathLike) and str(model).endswith(".tflite")):
        name = model.name if isinstance(model, ModelFile) else model
        raise UsageError(
            f"{name}: a .tflite file cannot be trained. With {argument('methods')}, give the network of Keras that it "
            "was made of, a .keras or .h5 file"
        )
    opened: Trainable = open_trainable(model, data, train, methods, folder=folder, progress=progress, **options)
    return opened


def _refuse_settings(given: Mapping[str, Any]) -> None:
    """Refuse what only a training would heed: without one it would be passed over in silence."""
    for name, usual in _USUAL.items():
        value = given.get(name, usual)
        if value is not None if usual is None else value != usual:
            raise UsageError(f"{argument(name)} is for a network that is trained: say how with {argument('methods')}")


def trained_candidates(bench: Workbench, network: Trainable | None) -> list[tuple[TrainedRecipe, Candidate]]:
    """Train, make, run and measure each way, on the same samples as all other candidates."""
    return [_candidate(bench, way) for way in network.recipes] if network else []


def _candidate(bench: Workbench, way: Trains) -> tuple[TrainedRecipe, Candidate]:
    try:
        trained = way.train(bench.progress)
    except _FAILURES as error:
        return TrainedRecipe(way.name), Candidate(name=way.name, status="failed", reason=first_line(error))
    recipe = TrainedRecipe(way.name, trained.model.sha256, facts=trained.facts)
    if trained.ready:
        key = {"step": "trained", "model": trained.model.sha256}
        path = bench.cache.file(key, ".tflite", lambda path: trained.model.save(path, overwrite=True))
        return recipe, replace(bench.weighed(recipe, path), trained=trained.facts)
    recipe = replace(recipe, name=f"{way.name}, {_QUANTIZED.name}", recipe=_QUANTIZED)
    made = replace(bench, model=rewrite(trained.model).model).made(_QUANTIZED)
    if isinstance(made, Path):
        return recipe, replace(bench.weighed(recipe, made), trained=trained.facts)
    return recipe, Candidate(name=recipe.name, status=made["status"], reason=made["reason"])
