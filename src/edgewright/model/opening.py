"""A model as its user has it: a path, its bytes, its name, or the model itself."""

from __future__ import annotations

import os

from edgewright.model.file import ModelFile

ModelLike = str | os.PathLike[str] | bytes | ModelFile

_SUFFIX = ".tflite"


def read_model(source: ModelLike) -> ModelFile:
    """Read a model by its path, its bytes or its name, without opening it; a `ModelFile` comes back as it is.

    A path may lack its `.tflite`.

    Raises `ModelError` for what is no sound model, and `HubError` for the name of a model that was not fetched yet:
    nothing is downloaded unasked.
    """
    if isinstance(source, ModelFile):
        return source
    path = source if isinstance(source, bytes) else _existing(source)
    if isinstance(path, str) and _is_name(path):
        from edgewright.named_models import named_model

        model: ModelFile = named_model(path)
        return model
    return ModelFile.read(path)


def _existing(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path with its suffix, where only so a file is called; else as it is."""
    whole = os.fspath(path) + _SUFFIX
    return whole if not os.path.exists(path) and os.path.exists(whole) else path  # noqa: PTH110 - light


def _is_name(source: str) -> bool:
    """A word without a suffix or a folder is a name, unless a file is called so."""
    return not any(sign in source for sign in (os.sep, "/", ".")) and not os.path.exists(source)  # noqa: PTH110 - light
