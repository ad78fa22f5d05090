"""A model as its user has it: a path, its bytes, its name, or the model itself."""

from __future__ import annotations

import os
from importlib import import_module

from edgewright.model.file import ModelFile

ModelLike = str | os.PathLike[str] | bytes | ModelFile

# What knows models by name lies above all that take them: it is looked up when a name is met, as a registry does it.
_BY_NAME = ("edgewright.hub", "fetched_model")


def read_model(source: ModelLike) -> ModelFile:
    """Read a model by its path, its bytes or its name, without opening it; a `ModelFile` comes back as it is.

    Raises `ModelError` for what is no sound model, and `HubError` for the name of a model that was not fetched yet:
    nothing is downloaded unasked.
    """
    if isinstance(source, ModelFile):
        return source
    if isinstance(source, str) and _is_name(source):
        module, function = _BY_NAME
        model: ModelFile = getattr(import_module(module), function)(source)
        return model
    return ModelFile.read(source)


def _is_name(source: str) -> bool:
    """A word without a suffix or a folder is a name, unless a file is called so."""
    return not any(sign in source for sign in (os.sep, "/", ".")) and not os.path.exists(source)  # noqa: PTH110 - light
