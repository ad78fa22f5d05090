"""Pictures in classes become a network that tells the classes apart."""

from __future__ import annotations

import dataclasses
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.data import Dataset, as_bytes
from edgewright.errors import MissingExtraError, UsageError
from edgewright.machine import Crew, Progress, run_in_child
from edgewright.media import SUFFIXES, is_sound
from edgewright.spelling import argument
from edgewright.train.epochs import ENVIRONMENT as TRAINS
from edgewright.train.likeness.material import picture_material, seen_again
from edgewright.train.pictures.backbone import Backbone, find_backbone
from edgewright.train.pictures.crewed import look_on
from edgewright.train.pictures.job import run
from edgewright.train.pictures.looking import Wanted
from edgewright.train.pictures.outcome import Outcome, network_path
from edgewright.train.pictures.wording import facts, notices
from edgewright.train.trainer import Material, Parts, Plan, Trained

_NEEDED = ("tensorflow", "keras", "sklearn")

# OpenBLAS alone: what the head is fitted with is so small that threads wait more for each other than they compute.
ENVIRONMENT = {**TRAINS, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Of the process that trains."""


class Pictures:
    """Frozen features and a head by regression, then the network's own last layers."""

    name = "pictures"

    def recognizes(self, dataset: Dataset) -> str | None:
        """Pictures, each of one class."""
        if dataset.y is None or not _is_picture(dataset.inputs[0]):
            return None
        return "pictures, each of one class"

    def require(self, plan: Plan) -> None:
        """Raise `MissingExtraError`, or what `find_backbone` raises."""
        if any(find_spec(module) is None for module in _NEEDED):
            raise MissingExtraError("Training on pictures", "train")
        plan.refuse("window", "columns", "rate", "hop", data="pictures")
        if find_backbone(plan.backbone).untrained and plan.epochs == 0:
            raise UsageError(
                f"{argument('epochs', 0)} trains a head on what a backbone sees, and {plan.backbone} has seen nothing"
            )

    def material(self, dataset: Dataset, plan: Plan, progress: Progress) -> Material:
        """Decode every picture, and find those that are nearly the same."""
        return picture_material(dataset, progress)

    def seen_again(self, material: Material, test: Dataset, progress: Progress) -> tuple[str, ...]:
        """Compare pictures of the test data with all that were trained on, as copies in other sizes or formats."""
        return seen_again(material.likeness, test, progress)

    def train(self, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Train in a child process; what is finished in `plan.folder` is not done again."""
        backbone = find_backbone(plan.backbone)
        parts = _as_bytes(parts, backbone)
        outcome = _run(parts, plan, backbone, progress, asks=False)
        if isinstance(outcome, Wanted):
            raise TypeError("a training that looks itself wants nothing")
        return _trained(outcome, parts, plan, backbone)

    def train_with(self, crew: Crew, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """The same, but that a crew looks at pictures."""
        backbone = find_backbone(plan.backbone)
        if not isinstance(backbone.network, Path):
            return self.train(parts, plan, progress)  # it looks at no picture before it is trained
        parts = _as_bytes(parts, backbone)
        while isinstance(outcome := _run(parts, plan, backbone, progress, asks=True), Wanted):
            look_on(crew, backbone.network, outcome, ENVIRONMENT, progress)
        return _trained(outcome, parts, plan, backbone)


def _run(parts: Parts, plan: Plan, backbone: Backbone, progress: Progress, *, asks: bool) -> Outcome | Wanted:
    return run_in_child(run, parts, plan, backbone, asks=asks, env=ENVIRONMENT, progress=progress)


def _is_picture(item: Any) -> bool:
    if isinstance(item, np.ndarray):
        return item.ndim == 2 or (item.ndim == 3 and item.shape[2] in (1, 3, 4))
    if isinstance(item, bytes):
        return not is_sound(item)
    if hasattr(item, "getpixel"):
        return True
    return str(item).lower().endswith(tuple(SUFFIXES))


def _as_bytes(parts: Parts, backbone: Backbone) -> Parts:
    train, validation = (as_bytes(part, backbone.described) for part in (parts.train, parts.validation))
    return dataclasses.replace(parts, train=train, validation=validation)


def _trained(outcome: Outcome, parts: Parts, plan: Plan, backbone: Backbone) -> Trained:
    described = outcome.described
    return Trained(
        network=network_path(plan.folder),
        conversion={
            "labels": parts.train.classes,
            "normalization": (described.mean, described.std),
            "task": "classification",
        },
        preparation={
            "resize": described.resize,
            "crop_fraction": described.crop_fraction,
            "interpolation": described.interpolation,
        },
        epochs=outcome.deeper.epochs if outcome.deeper else (),
        kept=None if backbone.untrained else _kept(outcome),
        curve=outcome.curve,
        facts={"backbone": backbone.name, **facts(outcome)},
        notices=notices(outcome),
    )


def _kept(outcome: Outcome) -> int:
    """The last epoch, or none of them where the head alone was better."""
    return len(outcome.deeper.epochs) if outcome.deeper and outcome.deeper.helped else 0
