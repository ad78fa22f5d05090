"""Starts what ONNX models are read, run and simplified with; says the line to type where it is missing."""

from __future__ import annotations

import sys
from types import ModuleType

from edgewright.convert.sources.starting import import_large
from edgewright.errors import MissingExtraError

_EXTRA = "onnx"
_SILENT = 4


def start_onnx() -> ModuleType:
    """Import onnx; raises `MissingExtraError`."""
    return _imported("onnx")


def start_onnxruntime() -> ModuleType:
    """Import onnxruntime and silence it; raises `MissingExtraError`."""
    runtime = _imported("onnxruntime")
    runtime.set_default_logger_severity(_SILENT)
    return runtime


def start_simplifier() -> ModuleType:
    """Import onnxsim; raises `MissingExtraError`."""
    return _imported("onnxsim")


def versions() -> dict[str, str]:
    """The versions of what a conversion was made with."""
    loaded = {name: sys.modules.get(name) for name in ("onnx", "onnxruntime", "onnxsim")}
    found = {name: str(getattr(module, "__version__", "")) for name, module in loaded.items() if module is not None}
    return {name: version.removeprefix("v") for name, version in found.items()}


def _imported(name: str) -> ModuleType:
    try:
        return import_large(name)
    except ImportError as error:
        if (error.name or "").split(".")[0] != name:
            raise
        raise MissingExtraError("Converting an ONNX model", _EXTRA) from None
