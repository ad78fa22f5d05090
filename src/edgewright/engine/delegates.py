"""Delegates: shared libraries which run part of a model elsewhere, on an Edge TPU for instance."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

from edgewright.engine.quiet import Said, quiet
from edgewright.engine.runtime import load_runtime
from edgewright.errors import DelegateError

_ENTRY = "tflite_plugin_create_delegate"


class Delegate:
    """A delegate from a shared library, to be given to `Interpreter(experimental_delegates=[...])`.

    `library` is a path or a name that the system's loader finds (`libedgetpu.so.1`). The keys and values of `options`
    are passed on as text; the delegate's own documentation lists them.
    Raises DelegateError (a ValueError and an OSError) if the library is missing, is no delegate, or finds no device.

    >>> delegate = ew.Delegate("./libdelegate.so")
    >>> ew.Interpreter("mobilenet.tflite", experimental_delegates=[delegate])
    Interpreter('mobilenet.tflite', uint8 (1, 224, 224, 3) -> uint8 (1, 1001))
    """

    def __init__(self, library: str, options: Mapping[Any, Any] | None = None) -> None:
        runtime = load_runtime()
        _look_at(library)
        said = Said()
        try:
            with quiet(said):
                self._delegate: Any = runtime.module.Delegate(library, dict(options or {}))
        except (ValueError, RuntimeError) as error:
            reason = " ".join(f"{error} {said.text}".split()) or "it gave no reason; is the device plugged in?"
            raise DelegateError(f"{library}: the delegate was loaded but did not start: {reason}") from error

    def _get_native_delegate_pointer(self) -> Any:
        """Address of the TfLiteDelegate, under the name by which the runtime asks for it."""
        return self._delegate._get_native_delegate_pointer()


def load_delegate(library: str, options: Mapping[Any, Any] | None = None) -> Delegate:
    """Load a delegate from a shared library; the same as `Delegate(library, options)`.

    >>> delegate = ew.load_delegate("./libdelegate.so")
    >>> classify = ew.load("mobilenet.tflite", delegates=[delegate])
    >>> classify("photo.jpg")[0].label
    'macaw'
    """
    return Delegate(library, options)


def _look_at(library: str) -> None:
    # The runtime's own class writes tracebacks of its __del__ to stderr for a library that is missing or no delegate.
    try:
        handle = ctypes.pydll.LoadLibrary(library)
    except OSError as error:
        raise DelegateError(
            f"{library}: the delegate's library cannot be loaded ({error}). Install it, or open the model without it"
        ) from error
    if not hasattr(handle, _ENTRY):
        raise DelegateError(f"{library}: this library is no TensorFlow Lite delegate (it has no {_ENTRY})")
