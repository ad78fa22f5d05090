"""Sounds: from files, bytes and arrays to windows of a model's one input."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from edgewright.errors import UsageError
from edgewright.media import Prepare
from edgewright.model import InputMetadata, ModelFile
from edgewright.spelling import argument
from edgewright.task.options import Options

_FASTEST = 1_000_000


class _Kind:
    """A sound is a path, bytes, a file object, or samples with their rate: (array, 16000)."""

    name = "sound"
    plural = "sounds"
    options = frozenset({"rate", "hop", "window", "max_seconds", "normalization"})

    @property
    def suffixes(self) -> frozenset[str]:
        """Those of files that are looked for in folders."""
        from edgewright.media import SOUND_SUFFIXES

        return frozenset(SOUND_SUFFIXES)

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out the preparation of a model's one input.

        Options: rate, in hertz; hop, how far the next window starts behind the one before, in seconds or as a share of
        the window ("50%"); window, in samples, where the model takes any length;
        max_seconds: longer sounds are refused; normalization: (mean, std) for samples -1 to 1.
        """
        from edgewright.media import SoundPreparation

        if len(model.inputs) != 1:
            raise UsageError(f"{model.name}: a model of sounds has one input, this one has {len(model.inputs)}")
        given = {name: value for name, value in options.items() if value is not None}
        described = _described(model, given)
        try:
            return SoundPreparation.of(model.inputs[0], described, **given)
        except UsageError as error:
            raise UsageError(f"{model.name}: {error}") from None

    def is_one(self, value: object) -> bool:
        """Samples with their rate are one; so is an array, which is then told that its rate is missing."""
        if isinstance(value, tuple):
            return len(value) == 2 and isinstance(value[0], np.ndarray) and not isinstance(value[1], np.ndarray)
        return isinstance(value, np.ndarray | str | bytes | bytearray | memoryview | os.PathLike) or hasattr(
            value, "read"
        )

    def find(self, words: Sequence[str]) -> Iterable[Any]:
        """Files, all sounds below folders, and patterns."""
        from edgewright.media import find_sounds

        return find_sounds(words)

    def left_out(self, words: Sequence[str]) -> str | None:
        """Sounds below folders in formats that are not read."""
        from edgewright.media import unread_sounds

        return unread_sounds(words)


KIND = _Kind()


def takes_sound(model: ModelFile) -> str | None:
    """Why a model's one input is a sound: its metadata says so, or it is nothing but a row of floats."""
    if len(model.inputs) != 1:
        return None
    said = model.metadata.inputs[0].kind if model.metadata.inputs else None
    if model.metadata.inputs and model.metadata.inputs[0].columns:
        return None  # a series
    if said is not None and said != "feature":
        return "its metadata says that it takes sound" if said == "audio" else None
    shape = model.inputs[0].shape_signature or model.inputs[0].shape
    is_row = len(shape) == 1 and shape[0] not in (0, 1) and model.inputs[0].dtype == "float32"
    return "it takes one long row of samples" if is_row else None


def _described(model: ModelFile, given: dict[str, Any]) -> InputMetadata:
    """What the file says of its input, with what the caller says over it; that is taken out of `given`."""
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    if "rate" in given:
        described = dataclasses.replace(described, sample_rate=_rate(given.pop("rate")))
    if "normalization" in given:
        from edgewright.media import normalization

        mean, std = normalization(given.pop("normalization"))
        described = dataclasses.replace(described, mean=mean, std=std)
    return described


def _rate(rate: Any) -> int:
    try:
        whole = int(rate)
    except (TypeError, ValueError, OverflowError):
        whole = 0
    if whole != rate or not 1 <= whole <= _FASTEST:
        raise UsageError(
            f"{argument('rate')} is {rate!r}; it is a whole number of samples a second, up to {_FASTEST:,}"
        )
    return whole
