"""How the input of a model is prepared: what the caller says, then what the file says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from edgewright.errors import UsageError
from edgewright.media import DEFAULT_MAX_PIXELS, Preparation, Prepare, normalization
from edgewright.model import InputMetadata, ModelFile
from edgewright.task.options import Options

# What a caller may say of a preparation, by the kind of input.
OPTIONS: dict[str, frozenset[str]] = {
    "picture": frozenset({"normalization", "resize", "crop_fraction", "interpolation", "max_pixels"}),
}


def preparation(model: ModelFile, kind_of_input: str, options: Options) -> Prepare:
    """Work out the preparation of a model's one input.

    `options`: normalization, (mean, std) for pixels 0 to 255 or a preset; resize, crop_fraction, interpolation: how a
    picture is fitted; max_pixels: larger pictures are refused. Raises `UsageError` where the model has another input,
    or nothing says how it is prepared.
    """
    if kind_of_input not in _MAKERS:
        known = ", ".join(_MAKERS)
        raise UsageError(f"{model.name}: its task wants a {kind_of_input!r}, which nothing prepares. There is: {known}")
    return _MAKERS[kind_of_input](model, dict(options))


def _picture(model: ModelFile, options: dict[str, Any]) -> Prepare:
    max_pixels = options.pop("max_pixels", None) or DEFAULT_MAX_PIXELS
    described = _described(model, options)
    if len(model.inputs) != 1:
        raise UsageError(f"{model.name}: a model of pictures has one input, this one has {len(model.inputs)}")
    try:
        return Preparation.of(model.inputs[0], described, max_pixels=max_pixels).prepare
    except UsageError as error:
        raise UsageError(f"{model.name}: {error}") from None


def _described(model: ModelFile, options: dict[str, Any]) -> InputMetadata:
    """What the file says of its input, with what the caller says over it."""
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    given = {name: value for name, value in options.items() if value is not None}
    if "resize" in given:  # The file's crop belongs to the file's own policy.
        described = dataclasses.replace(described, crop_fraction=None)
    if "normalization" in given:
        given["mean"], given["std"] = normalization(given.pop("normalization"))
    return dataclasses.replace(described, **given)


_MAKERS: dict[str, Callable[[ModelFile, dict[str, Any]], Prepare]] = {"picture": _picture}
