"""Run a function in a fresh process that may crash, hang, print or eat memory without harm to this one.

What is promised is containment of accidents, not a security boundary: the child runs with the rights of the user.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from edgewright.errors import ChildCrashError, EdgewrightError, UsageError
from edgewright.machine._limits import Limits
from edgewright.machine._process import ChildProcess
from edgewright.machine._transport import Kind, dumps, unpack_exception
from edgewright.machine.progress import Progress, silent
from edgewright.spelling import options

Result = TypeVar("Result")

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
"""TensorFlow's log and its search for a GPU, which a conversion does not need."""


def run_in_child(
    function: Callable[..., Result],
    /,
    *args: Any,
    timeout: float | None = None,
    memory: int | None = None,
    progress: Progress = silent,
    env: Mapping[str, str] | None = None,
    **kwargs: Any,
) -> Result:
    """Call `function(*args, **kwargs)` in a fresh interpreter and return what it returns.

    `function` must be importable by its qualified name, and not live in `__main__`; arguments and result are pickled
    (results should be plain values and arrays: unpickling a Keras object would import Keras here). If `function` has a
    parameter `progress`, it gets one that reports to the `progress` given here. The names `timeout`, `memory`,
    `progress` and `env` cannot be passed on as keyword arguments.

    `timeout` in seconds includes the start of the interpreter. `memory` in bytes is watched from outside every 0.1 s
    and covers all processes of the child's group (anonymous and shared pages, and swap; not mapped files; Linux only).
    A limit set in the child itself does not do: RLIMIT_AS counts the address ranges that TensorFlow only reserves.
    `env` is added to the environment; TensorFlow's log and the GPU are off unless the environment or `env` says more.

    Raises the `EdgewrightError` that the function raised, as it was; `ChildCrashError` for any other exception, a
    signal, or an exit without a result; `ChildMemoryError` or `ChildTimeoutError` over a limit; `UsageError` for a
    function or arguments that cannot be sent. The child's whole process group has been killed when this returns or
    raises, and is killed too when this process dies. (On Windows: only the child itself.)
    """
    name = name_of(function)
    request = request_of(name, (options(), function, args, kwargs))
    limits = Limits(timeout, memory)
    with ChildProcess(name, request, QUIET | dict(os.environ) | dict(env or {})) as child:
        for kind, payload in child.messages(limits):
            if kind is Kind.PROGRESS:
                progress(*pickle.loads(payload))  # noqa: S301 - as in _load
            elif kind is Kind.RESULT:
                child.wait_for_exit()
                result: Result = _load(name, payload)
                return result
            else:
                raise_failure(name, payload, child.wait_for_exit())
        raise child.wait_for_death()


def name_of(function: Callable[..., object]) -> str:
    """The name by which a child imports a function. Raises `UsageError` where it has none."""
    module = getattr(function, "__module__", None) or type(function).__module__
    name = f"{module}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    if module == "__main__" or "<" in name:
        raise UsageError(
            f"{name} cannot run in a child process: it is not importable by name. "
            "Move it to the top level of a module other than the script that is running"
        )
    return name


def request_of(name: str, call: tuple[object, ...]) -> bytes:
    """Return what the child reads: a line with sys.path, a line with a length, the pickled call."""
    try:
        pickled = dumps(call)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(f"{name} cannot run in a child process: its arguments cannot be pickled ({error})") from error
    path = [entry or os.getcwd() for entry in sys.path if isinstance(entry, str)]  # noqa: PTH109 - a str is wanted
    return b"%s\n%d\n%s" % (json.dumps(path).encode(), len(pickled), pickled)


def _load(name: str, payload: bytes) -> Any:
    """Unpickle what the child sent.

    A hostile model that took over the child could run code here. It gains nothing: the child has the same rights on
    this machine as we have, which is why no more than containment of crashes is promised.
    """
    try:
        return pickle.loads(payload)  # noqa: S301
    except (pickle.UnpicklingError, ImportError, AttributeError, TypeError) as error:
        raise ChildCrashError(f"{name} returned what cannot be unpickled here: {error}") from error


def raise_failure(name: str, payload: bytes, log: str) -> NoReturn:
    """Raise what the child did: an `EdgewrightError` as it was, anything else as a `ChildCrashError`."""
    words, trace, parts = _load(name, payload)
    error = unpack_exception(parts)
    if isinstance(error, EdgewrightError):
        raise error from _ChildTraceback(trace)
    raise ChildCrashError(f"{name} raised {words}", log) from _ChildTraceback(trace)


class _ChildTraceback(Exception):  # noqa: N818 - only ever the cause of a real error, to show where it came from
    """The traceback of the child as text, shown below the error where tracebacks are shown."""

    def __str__(self) -> str:
        return f"in the child process:\n{self.args[0]}"
