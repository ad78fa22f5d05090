"""How pictures are brought to the network: the way under which held-out pictures are told best.

The scale of pixels where the backbone does not say it, the way to its size, and whether pictures may be mirrored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.machine import Progress
from edgewright.media import NORMALIZATIONS
from edgewright.model import InputMetadata, ResizePolicy
from edgewright.train.pictures.head import Folds, fit_head, folds_of, told
from edgewright.train.pictures.looking import FEATURES, PIECE, Look, Looking
from edgewright.train.trainer import Parts, Plan

Features = npt.NDArray[Any]
Classes = npt.NDArray[np.int64]

ENOUGH = 6 * PIECE
"""So many pictures show which way is better."""

# Of a file that says nothing: pixels as they are, from 0 to 1, and from -1 to 1.
_SCALES = ("zero_to_one", "minus_one_to_one", "none")

# What a crop keeps where the backbone says nothing of it: "resize to 256, crop 224".
_USUAL_CROP = 0.875


@dataclass(frozen=True)
class Tried:
    """A preparation, and how well a head on frozen features tells pictures of other folds: share and cross entropy."""

    described: InputMetadata
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Mirroring:
    """The share of `n` held-out pictures that a head tells as they are, and in a mirror."""

    n: int
    plain: float
    mirrored: float

    @classmethod
    def of(
        cls, views: tuple[Features, Features], classes: Classes, count: int, folds: Folds, *, balanced: bool
    ) -> Mirroring | None:
        """Ask a head of pictures as they are, and in a mirror, that are of other folds; None where there are none."""
        if not folds:
            return None
        plain, mirrored = told(views[0], views, classes, count, folds, balanced=balanced)
        return cls(len(classes), plain, mirrored)

    @property
    def harmless(self) -> bool:
        """Whether a mirrored picture still shows its class: no more are lost than two standard errors of the share."""
        error = np.sqrt(max(self.plain * (1 - self.plain), 0.25 / self.n) / self.n)
        return bool(self.mirrored >= self.plain - 2 * error)


def normalizations(described: InputMetadata, *, normalizes: bool) -> tuple[InputMetadata, ...]:
    """The scales of pixels to choose from: that which is known, the network's own, else each that is usual."""
    if described.mean:
        return (described,)
    scales = [NORMALIZATIONS[name] for name in (("none",) if normalizes else _SCALES)]
    return tuple(dataclasses.replace(described, mean=mean, std=std) for mean, std in scales)


def resizings(described: InputMetadata, resize: ResizePolicy | None) -> tuple[InputMetadata, ...]:
    """The ways to the network's size to choose from; one where the caller says which."""
    policies: Sequence[ResizePolicy] = (resize,) if resize else ("stretch", "crop")
    return tuple(_resized(described, policy) for policy in policies)


def _resized(described: InputMetadata, policy: ResizePolicy) -> InputMetadata:
    fraction = (described.crop_fraction or _USUAL_CROP) if policy == "crop" else None
    interpolation = described.interpolation or "bilinear"
    return dataclasses.replace(described, resize=policy, crop_fraction=fraction, interpolation=interpolation)


def look_at(parts: Parts, described: InputMetadata) -> Look:
    """The pictures that are trained on, as they are, prepared that way."""
    scale = "_".join(f"{value:g}" for value in (*described.mean, *described.std))
    return Look(f"train-{described.resize}-{scale}", parts.train, described)


def mirrored(parts: Parts, described: InputMetadata) -> Look:
    """The same in a mirror."""
    return dataclasses.replace(look_at(parts, described), name="mirrored", view="mirrored")


def choose(
    looking: Looking, parts: Parts, plan: Plan, choices: Sequence[InputMetadata], progress: Progress
) -> tuple[InputMetadata, tuple[Tried, ...]]:
    """The preparation with the smallest loss on pictures of other folds, and what was tried; no look for a single one.

    Only some of the pictures are looked at, and of those of the one that is chosen nothing is lost.
    """
    if len(choices) == 1:
        return choices[0], ()
    tried = tuple(_tried(looking, parts, plan, choice, progress) for choice in choices)
    return min(tried, key=lambda one: one.loss).described, tried


def mirroring(
    looking: Looking, parts: Parts, plan: Plan, described: InputMetadata, progress: Progress
) -> Mirroring | None:
    """Ask whether pictures still show their class in a mirror: of hands they may, of letters not.

    A head is fitted to pictures as they are, and asked of pictures of other folds as they are and in a mirror. None
    where there are too few groups for folds: nobody knows then.
    """
    features, classes, folds = _sample(looking, parts, plan, look_at(parts, described), progress)
    turned, _, _ = _sample(looking, parts, plan, mirrored(parts, described), progress)
    return Mirroring.of((features, turned), classes, len(parts.train.classes), folds, balanced=plan.balanced)


def _tried(looking: Looking, parts: Parts, plan: Plan, described: InputMetadata, progress: Progress) -> Tried:
    features, classes, folds = _sample(looking, parts, plan, look_at(parts, described), progress)
    fitted = fit_head(features, classes, len(parts.train.classes), folds, balanced=plan.balanced)
    return Tried(described, fitted.accuracy or 0.0, float("inf") if fitted.loss is None else fitted.loss)


def _sample(
    looking: Looking, parts: Parts, plan: Plan, look: Look, progress: Progress
) -> tuple[Features, Classes, Folds]:
    store = looking.see(look, progress, first=ENOUGH, step="looking at some pictures")
    features = store.read()[FEATURES][:ENOUGH]
    classes = parts.train.labels[: len(features)]
    return features, classes, folds_of(classes, parts.groups[: len(features)], plan.seed)
