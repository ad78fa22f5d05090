"""A module with the weights of a file: safetensors, or a state dict that `torch.save` wrote."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.torch.archives.pickles import is_pickle, read_pickle
from edgewright.convert.sources.torch.archives.tensors import is_safetensors
from edgewright.convert.sources.torch.runtime import start_torch
from edgewright.errors import ConversionError

_RAISED = (*RAISED, OSError, LookupError, AttributeError, EOFError, pickle.UnpicklingError)
# Where training programs put the state dict among other things; the averaged weights first.
_KEYS = ("state_dict_ema", "model_state_dict", "state_dict", "model")
_SHOWN = 3


def with_weights(module: Any, path: Path, name: str) -> Any:
    """A copy of the module with the weights of the file; the module itself stays as it is.

    `name` stands for the module in messages. Raises `ConversionError` for a file that holds anything but weights, and
    where they are not those of the module: all of them, no others, in the same shapes.
    """
    weights = _read(path)
    try:
        own = copy.deepcopy(module)
    except _RAISED as error:
        raise ConversionError(
            f"it cannot be copied to take weights: {first_line(error)}",
            where=name,
            remedy="Load the weights into it in your own program, and pass it without them",
        ) from error
    _load(own, weights, path, name)
    return own


def _read(path: Path) -> dict[str, Any]:
    """The tensors of the file by name; nothing of it can run code."""
    if is_safetensors(path):
        return _safetensors(path)
    if not is_pickle(path):
        raise ConversionError(
            "no file of weights",
            where=str(path),
            remedy="Expected safetensors, or what torch.save(module.state_dict(), path) writes",
        )
    pickled = read_pickle(path)
    if not pickled.weights_only:
        raise ConversionError(
            f"not weights only: its pickle makes a {pickled.strange[0][:100]}, by its code. Nothing was loaded",
            where=str(path),
            remedy="Save the weights alone: torch.save(module.state_dict(), path)",
        )
    torch = start_torch()
    try:
        return _state_dict(torch.load(path, map_location="cpu", weights_only=True), path)
    except _RAISED as error:
        raise ConversionError(f"weights that cannot be loaded: {first_line(error)}", where=str(path)) from error


def _safetensors(path: Path) -> dict[str, Any]:
    start_torch()
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (*_RAISED, SafetensorError) as error:
        raise ConversionError(f"damaged, or no file of safetensors: {first_line(error)}", where=str(path)) from error


def _state_dict(loaded: Any, path: Path) -> dict[str, Any]:
    """The state dict among what was loaded, with the versions of the modules that it was saved with."""
    found = loaded
    if isinstance(loaded, dict):
        found = next((loaded[key] for key in _KEYS if isinstance(loaded.get(key), dict)), loaded)
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise ConversionError(f"holds no weights by name, but a {type(found).__name__}", where=str(path))
    return found


def _load(module: Any, weights: dict[str, Any], path: Path, name: str) -> None:
    """Load them in place, strictly; of a parameter with several names, safetensors has one."""
    own = module.state_dict(keep_vars=True)
    shapes = {
        key: f"{key} is {tuple(weights[key].shape)} in place of {tuple(value.shape)}"
        for key, value in own.items()
        if key in weights and _differ(value, weights[key])
    }
    saved = {id(value) for key, value in own.items() if key in weights}
    for key in shapes:
        del weights[key]
    try:
        result = module.load_state_dict(weights, strict=False)
    except _RAISED as error:
        said = " ".join(str(error).split())[:300]
        raise ConversionError(f"does not fit {name}: {said}", where=str(path)) from error
    missing = [key for key in result.missing_keys if key not in shapes and id(own.get(key)) not in saved]
    found = {"missing": missing, "unexpected": result.unexpected_keys, "of other shapes": list(shapes.values())}
    if said := "; ".join(_some(what, keys) for what, keys in found.items() if keys):
        raise ConversionError(
            f"does not fit {name}: {said}",
            where=str(path),
            remedy="Build the module as it was when the weights were saved",
        )


def _differ(own: Any, given: Any) -> bool:
    """Whether two tensors have different shapes; a lazy module has none yet."""
    from torch.nn.parameter import is_lazy

    both = hasattr(given, "shape") and not is_lazy(own) and hasattr(own, "shape")
    return both and own.shape != given.shape


def _some(what: str, keys: Sequence[str]) -> str:
    """How many there are, and the first of them: "2 missing (a, b)"."""
    more = " …" if len(keys) > _SHOWN else ""
    return f"{len(keys):,} {what} ({', '.join(keys[:_SHOWN])}{more})"
