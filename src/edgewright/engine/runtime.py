"""Finds the TensorFlow Lite runtime of this machine: `ai_edge_litert`, else `tflite_runtime`, else `tensorflow`.

All three ship the same Python module, of different age. 32-bit Raspberry Pi OS has only the second one.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
from types import ModuleType

from edgewright.engine.quiet import Said, quiet
from edgewright.errors import EngineError, UsageError
from edgewright.values import dataclass

VARIABLE = "EDGEWRIGHT_RUNTIME"
"""Environment variable that forces one runtime; its values are the keys of `_MODULES`."""

# Package -> the module that holds Interpreter, Delegate and OpResolverType; in the order of preference.
_MODULES = {
    "ai_edge_litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}


@dataclass(frozen=True)
class Runtime:
    """An imported runtime: its package's name, and the module with its `Interpreter`."""

    name: str
    module: ModuleType

    @functools.cached_property
    def version(self) -> str:
        """The installed version, as text."""
        return _version(self.name)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def options(self) -> frozenset[str]:
        """Names of the arguments which the constructor of this runtime's `Interpreter` takes."""
        return frozenset(inspect.signature(self.module.Interpreter).parameters)


def load_runtime() -> Runtime:
    """Import and return the runtime, the first that there is or the one that `EDGEWRIGHT_RUNTIME` names.

    Raises UsageError for an unknown name in that variable and EngineError when there is no runtime.
    """
    return _load(os.environ.get(VARIABLE, ""))


@functools.cache
def _load(forced: str) -> Runtime:
    if forced and forced not in _MODULES:
        raise UsageError(f"{VARIABLE}={forced}: no such runtime. Choose one of: {', '.join(_MODULES)}")
    reasons = []
    for name in [forced] if forced else _MODULES:
        said = Said()
        try:
            with quiet(said):
                return _import(name)
        except ImportError as error:
            reasons.append(f"{name}: {_one_line(error)}")
    raise EngineError(
        f"no TensorFlow Lite runtime can be imported ({'; '.join(reasons)}). Run: pip install ai-edge-litert"
        " (on 32-bit ARM: pip install tflite-runtime 'numpy<2')"
    )


def _import(name: str) -> Runtime:
    module = importlib.import_module(_MODULES[name])
    return Runtime(name, module)


def _version(name: str) -> str:
    # Imported here: reading the metadata of packages takes longer than opening a model.
    from importlib.metadata import PackageNotFoundError, version

    known = getattr(importlib.import_module(name), "__version__", None)
    try:
        return str(known or version(name))
    except PackageNotFoundError:
        return "of unknown version"


def _one_line(error: ImportError) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "cannot be imported")
