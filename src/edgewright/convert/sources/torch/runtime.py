"""Starts PyTorch and its converter, with the line to type where they are missing."""

from __future__ import annotations

import sys
from types import ModuleType

from edgewright.convert.sources.starting import import_large
from edgewright.errors import MissingExtraError

_EXTRA = "torch"


def start_torch() -> ModuleType:
    """Import PyTorch; raises `MissingExtraError`."""
    return _imported("torch", "Converting a model of PyTorch")


def start_converter() -> ModuleType:
    """Import PyTorch's converter in a process of our own; raises `MissingExtraError`."""
    start_torch()
    return _imported("litert_torch", "Converting a model of PyTorch")


def versions() -> dict[str, str]:
    """The versions of what a conversion was made with."""
    loaded = {name: sys.modules.get(name) for name in ("torch", "litert_torch")}
    return {name: str(getattr(module, "__version__", "")) for name, module in loaded.items() if module is not None}


def _imported(name: str, what: str) -> ModuleType:
    try:
        return import_large(name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != name:
            raise
        raise MissingExtraError(what, _EXTRA) from None
