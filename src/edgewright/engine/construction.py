"""Checks the arguments of `Interpreter` and makes the runtime's own interpreter from them."""

from __future__ import annotations

import enum
import os
import threading
import warnings
from typing import Any

from edgewright.engine.engine import MOST_THREADS
from edgewright.engine.runtime import Runtime
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile

_one_at_a_time = threading.Lock()


class OpResolverType(enum.Enum):
    """Which kernels the interpreter uses; names and values are the runtime's.

    AUTO and BUILTIN: the optimized kernels with the default delegate (XNNPACK). BUILTIN_REF: the reference kernels,
    slow. BUILTIN_WITHOUT_DEFAULT_DELEGATES: the optimized kernels without XNNPACK.

    >>> slow = ew.OpResolverType.BUILTIN_REF
    >>> ew.Interpreter("mobilenet.tflite", experimental_op_resolver_type=slow)
    Interpreter('mobilenet.tflite', uint8 (1, 224, 224, 3) -> uint8 (1, 1001))
    """

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


def read_model(
    path: str | os.PathLike[str] | None, content: bytes | bytearray | memoryview | ModelFile | None
) -> ModelFile:
    """The verified model, from the one of both that is given; a ModelFile was verified when it was read."""
    if (path is None) == (content is None):
        raise InterpreterError("Interpreter: give model_path or model_content, exactly one of them")
    if isinstance(content, ModelFile):
        return content
    return ModelFile.read(path if path is not None else bytes(content or b""))


def thread_count(number: int | None) -> int | None:
    """The number of threads as a plain int; None leaves the runtime's default."""
    if number is None:
        return None
    if isinstance(number, bool) or not hasattr(number, "__index__") or not 1 <= number.__index__() <= MOST_THREADS:
        raise InterpreterError(f"Interpreter: num_threads is a whole number from 1 to {MOST_THREADS}, got {number!r}")
    return number.__index__()


def resolver(kind: enum.Enum, runtime: Runtime) -> Any:
    """The runtime's own member for `kind`, which is ours or the runtime's."""
    name = getattr(kind, "name", None)
    if name not in OpResolverType.__members__:
        choices = ", ".join(OpResolverType.__members__)
        raise InterpreterError(f"Interpreter: {kind!r} is no OpResolverType. Choose one of: {choices}")
    return runtime.module.OpResolverType[name]


def known_options(options: dict[str, bool], runtime: Runtime) -> dict[str, bool]:
    """The options that are switched on; raises InterpreterError for one which this runtime does not have."""
    wanted: dict[str, bool] = {name: value for name, value in options.items() if value}
    if missing := wanted.keys() - runtime.options:
        raise InterpreterError(
            f"Interpreter: {runtime} has no {', '.join(sorted(missing))}. Leave it out, or pip install ai-edge-litert"
        )
    return wanted


def construct(runtime: Runtime, model: ModelFile, arguments: dict[str, Any]) -> Any:
    """Make the runtime's interpreter from the model's bytes."""
    # catch_warnings changes the whole process's filters, so one thread at a time.
    with _one_at_a_time, warnings.catch_warnings():
        # tensorflow.lite says that it is deprecated, LiteRT that preserved tensors need memory.
        warnings.simplefilter("ignore")
        return runtime.module.Interpreter(model_content=model.data, **arguments)


class PublicCalls:
    """Stands in for the binding of a runtime that does not show one: the same calls, through its public methods."""

    def __init__(self, backend: Any) -> None:
        self._interpreter = _Binding(backend)


class _Binding:
    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.SetTensor = backend.set_tensor
        self.GetTensor = backend.get_tensor
        self.Invoke = backend.invoke

    def tensor(self, _base: object, index: int) -> Any:
        return self._backend.tensor(index)()
