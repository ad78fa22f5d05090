"""The trainer of sounds: recordings in class folders into a file that takes samples and names what it hears."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, run_in_child
from edgewright.media import SOUND_SUFFIXES, is_sound, open_sound
from edgewright.model import ModelFile
from edgewright.spelling import argument
from edgewright.train.epochs import ENVIRONMENT
from edgewright.train.sounds.features import NOBODY, NOISE, Features, features_of
from edgewright.train.sounds.fitting import Work, fit_network
from edgewright.train.sounds.log_mel import BANDS, RATE
from edgewright.train.sounds.material import sound_material
from edgewright.train.sounds.recordings import whole_hops, window_of
from edgewright.train.trainer import Material, Parts, Plan, Trained

_LOOKED_AT = 8
# A tenth of a second has 8 frames; behind 10 seconds the network would average over what is long over.
_WINDOWS = (RATE // 10, 10 * RATE)


class _Sounds:
    name = "sounds"

    def recognizes(self, dataset: Dataset) -> str | None:
        """The first inputs are recordings, each of one class."""
        if dataset.y is None or isinstance(dataset.inputs, np.ndarray):
            return None
        return "its inputs are sounds" if all(map(_is_sound, dataset.inputs[:_LOOKED_AT])) else None

    def require(self, plan: Plan) -> None:
        """Refuse what sounds do not have."""
        plan.refuse("backbone", "resize", "columns", "rate", "hop", data="sounds")
        if plan.epochs == 0:
            raise UsageError(f"{argument('epochs', 0)} trains a head alone; for sounds all is trained: give 1 or more")
        low, high = _WINDOWS
        if plan.window is not None and not low <= plan.window <= high:
            raise UsageError(
                f"{argument('window', plan.window)}: a window of sounds has {low:,} to {high:,} samples, of which "
                f"{RATE:,} are a second"
            )

    def material(self, dataset: Dataset, plan: Plan, progress: Progress) -> Material:
        """Listen to every recording."""
        return sound_material(dataset, progress)

    def train(self, parts: Parts, plan: Plan, progress: Progress) -> Trained:
        """Make features, train on them, and put the making of features before the network."""
        window = _window(parts, plan)
        seed = plan.seed if plan.augment else None
        train = features_of(parts.train, window, plan.folder, "train", seed=seed, progress=progress)
        validation = features_of(parts.validation, window, plan.folder, "validation", seed=None, progress=progress)
        work = Work(
            train=train,
            validation=validation,
            window=window,
            classes=len(parts.train.classes),
            seed=plan.seed,
            epochs=plan.epochs,
            balanced=plan.balanced,
            masks=plan.augment,
            folder=plan.folder,
        )
        epochs = run_in_child(fit_network, work, env=ENVIRONMENT, progress=progress)
        return Trained(
            network=plan.folder / "network.keras",
            conversion={"labels": parts.train.classes, "task": "audio-classification"},
            preparation={"kind": "audio", "sample_rate": RATE, "channels": 1},
            epochs=epochs,
            facts={"window_samples": window, "features": f"log-mel, {BANDS} bands", "windows": _windows(train)},
            notices=_notices(window, train),
        )

    def finish(self, model: ModelFile, parts: Parts, progress: Progress) -> ModelFile:
        """With the score of an event: halfway from what each class has where nobody can tell to certainty."""
        first, *others = model.metadata.outputs
        told = dataclasses.replace(first, score_threshold=(1 / len(first.labels) + 1) / 2)
        return model.with_metadata(dataclasses.replace(model.metadata, outputs=(told, *others)))

    def spared(self, model: ModelFile) -> frozenset[int]:
        """All operators before the first convolution: they make the features, whose powers span ten decades."""
        first = next(operator.index for operator in model.ops if operator.name == "CONV_2D")
        return frozenset(range(first))


TRAINER = _Sounds()


def _is_sound(source: Any) -> bool:
    """Whether it is called a sound, or is one: a path, bytes, or samples with their rate."""
    if isinstance(source, str | os.PathLike):
        return Path(source).suffix.lower() in SOUND_SUFFIXES
    if isinstance(source, bytes):
        return is_sound(source)
    if not isinstance(source, tuple):
        return False
    try:
        open_sound(source)
    except DataError:
        return False
    return True


def _window(parts: Parts, plan: Plan) -> int:
    """Samples of a window: as many as were asked for, in whole hops, else by how long the recordings are."""
    if plan.window is not None:
        return whole_hops(plan.window)
    return window_of(np.array([open_sound(source).seconds for source in parts.train.inputs]))


def _windows(features: Features) -> int:
    """How many there are of recordings."""
    return int((features.classes != NOISE).sum())


def _notices(window: int, train: Features) -> tuple[str, ...]:
    said = f"Sounds are looked at in windows of {window / RATE:g} s."
    quiet, windows = int((train.classes == NOBODY).sum()), _windows(train)
    if not quiet:
        return (said,)
    return (
        said,
        f"{quiet:,} of {windows:,} windows are 30 dB below the loudest of their recording; the network "
        "learns of them that nobody can tell.",
    )
