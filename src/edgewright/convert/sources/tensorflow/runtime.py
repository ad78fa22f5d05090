"""Starts TensorFlow and Keras: quickly, and with the line to type where they are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

from edgewright.convert.sources.starting import import_large
from edgewright.errors import MissingExtraError

# Keras imports these where they are installed, for plots and scikit-learn wrappers. Without them TensorFlow with Keras
# starts in 2.3 s instead of 3.9 s (measured with all four installed).
_ORNAMENTS = ("sklearn", "pandas", "matplotlib", "scipy")


def start_tensorflow(*, keras: bool) -> ModuleType:
    """Import TensorFlow in a process of our own, with Keras or without it; raises `MissingExtraError`.

    Without Keras a SavedModel loads as plain functions and no class of Keras is revived from it. Keras then stays
    hidden, because TensorFlow imports it later on for many a reason.
    """
    if not keras:
        sys.modules.update(dict.fromkeys(("keras", "tf_keras")))  # type: ignore[arg-type]
    with _hidden(_ORNAMENTS):
        try:
            return import_large("tensorflow")
        except ImportError as error:
            if (error.name or "").split(".")[0] != "tensorflow":
                raise
            raise MissingExtraError("Converting a model", "convert") from None


def keras_backend() -> str:
    """What Keras is to compute with: TensorFlow, or PyTorch where that alone is installed."""
    return "torch" if find_spec("tensorflow") is None and find_spec("torch") is not None else "tensorflow"


def keras_framework() -> str:
    """The name for people of what Keras computes with."""
    return "PyTorch" if keras_backend() == "torch" else "TensorFlow"


def start_keras() -> ModuleType:
    """Import Keras 3 and its backend in a process of our own; raises `MissingExtraError`."""
    if keras_backend() == "tensorflow":
        start_tensorflow(keras=True)
    try:
        return import_large("keras")
    except ImportError:
        raise MissingExtraError("Loading a Keras model", "convert") from None


def versions(*names: str) -> dict[str, str]:
    """The versions of those modules that are loaded."""
    loaded = {name: sys.modules.get(name) for name in names}
    return {name: str(getattr(module, "__version__", "")) for name, module in loaded.items() if module is not None}


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Make imports of these packages fail inside the block, as if they were not installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)
