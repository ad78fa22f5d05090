"""Starts JAX, with the line to type where it is missing."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from edgewright.convert.sources.starting import import_large
from edgewright.errors import MissingExtraError

_WHAT, _EXTRA = "Converting a function of JAX", "jax"


def start_jax() -> ModuleType:
    """Import JAX; raises `MissingExtraError`."""
    _imported("jax.export", "jax")
    # The lines that JAX names in messages are to be of the caller's program.
    importlib.import_module("jax._src.source_info_util").register_exclusion(str(Path(__file__).parent))
    return importlib.import_module("jax")


def start_converter() -> ModuleType:
    """Import the converter, which needs no JAX; raises `MissingExtraError`."""
    return _imported("litert_converter", "litert_converter")


def versions() -> dict[str, str]:
    """The versions of what a function was exported with."""
    loaded = {name: sys.modules.get(name) for name in ("jax", "flax")}
    return {name: str(getattr(module, "__version__", "")) for name, module in loaded.items() if module is not None}


def _imported(name: str, package: str) -> ModuleType:
    try:
        return import_large(name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingExtraError(_WHAT, _EXTRA) from None
