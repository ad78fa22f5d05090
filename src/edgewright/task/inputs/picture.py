"""Pictures: from files, bytes and arrays to a model's one input."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import UsageError
from edgewright.media import DEFAULT_MAX_PIXELS, Preparation, Prepare, normalization
from edgewright.model import InputMetadata, ModelFile
from edgewright.spelling import argument
from edgewright.task.options import Options

if TYPE_CHECKING:
    from pathlib import Path


class _Kind:
    """A picture is a path, bytes, a file object, a PIL image, or a uint8 array (height, width[, channels])."""

    name = "picture"
    plural = "pictures"
    options = frozenset({"normalization", "resize", "crop_fraction", "interpolation", "pad", "max_pixels"})

    @property
    def suffixes(self) -> frozenset[str]:
        """Those of files that are looked for in folders."""
        from edgewright.media import SUFFIXES

        return frozenset(SUFFIXES)

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out the preparation of a model's one input."""
        given = dict(options)
        max_pixels = given.pop("max_pixels", None) or DEFAULT_MAX_PIXELS
        described = described_picture(model, given)
        if len(model.inputs) != 1:
            raise UsageError(f"{model.name}: a model of pictures has one input, this one has {len(model.inputs)}")
        try:
            return Preparation.of(model.inputs[0], described, max_pixels=max_pixels, file=model.name).prepare
        except UsageError as error:
            raise UsageError(f"{model.name}: {error}") from None

    def notices(self, model: ModelFile, options: Options) -> tuple[str, ...]:
        """What is odd about the normalization, and what the file's own does not fit where the caller leaves it so."""
        described = described_picture(model, {name: options[name] for name in ("normalization",) if name in options})
        if not model.inputs or not described.mean:
            return ()
        from edgewright.model import doubtful_normalization

        said = [doubtful_normalization(described, model.inputs[0])]
        if model.inputs[0].dtype == "float32" and options.get("normalization") is None:  # no others are looked into
            from edgewright.model import conflicting_normalization

            said.append(conflicting_normalization(model, described))
        return tuple(f"{model.name}: {text}" for text in said if text)

    def is_one(self, value: object) -> bool:
        """An array of four dimensions is a batch."""
        if isinstance(value, np.ndarray):
            return value.ndim != 4
        return isinstance(value, str | bytes | bytearray | memoryview | os.PathLike) or hasattr(value, "read")

    def find(self, words: Sequence[str]) -> Iterable[Path]:
        """Files, all pictures below folders, and patterns."""
        from edgewright.media import find_pictures

        return find_pictures(words)

    def left_out(self, words: Sequence[str]) -> str | None:
        """Pictures below folders in formats that are not read."""
        from edgewright.media import unread_pictures

        return unread_pictures(words)


KIND = _Kind()


def described_picture(model: ModelFile, options: dict[str, Any]) -> InputMetadata:
    """What the file says of its input, with what the caller says over it."""
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    given = {name: value for name, value in options.items() if value is not None}
    if "resize" in given:  # The file's crop belongs to the file's own policy.
        described = dataclasses.replace(described, crop_fraction=None)
    if "normalization" in given:
        given["mean"], given["std"] = normalization(given.pop("normalization"))
    described = dataclasses.replace(described, **given)
    if "pad" in given and described.resize != "letterbox":
        raise UsageError(
            f"{model.name}: {argument('pad', given['pad'])} goes with {argument('resize', 'letterbox')}: "
            f"{'cropped' if described.resize == 'crop' else 'stretched'} pictures have no borders"
        )
    return described
