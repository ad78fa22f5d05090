"""What runs inside a child process of `run_in_child`: a guardian, and under it the worker that calls the function.

The guardian is a tiny process which does nothing but wait. It exists because a thread inside the worker could not do
its duty: a converter may hold the interpreter lock for a minute. When the parent is gone, however it went, the
parent's end of the stdin pipe is closed; the guardian sees that and kills the whole process group.
"""

from __future__ import annotations

import atexit
import contextlib
import inspect
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn

from edgewright.machine._transport import READY, Kind, dumps, pack_exception, write_message
from edgewright.spelling import spelled_as

# The kernel shall sacrifice the child before the program that started it (range -1000 to 1000).
_OOM_SCORE = b"500"


def main(request: bytes) -> None:
    """Run the pickled (function, args, kwargs) and send what came of it through the former stdout."""
    if hasattr(os, "fork"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a program may ignore it, and its children inherit that
        worker = os.fork()
        if worker:
            del request
            _guard(worker)
    else:
        threading.Thread(target=_exit_at_end_of_stdin, args=(os.dup(0),), daemon=True).start()
    _Worker(_take_stdout()).run(request)


def _guard(worker: int) -> NoReturn:
    """Wait for the worker and end as it ended; kill the group as soon as the parent is gone."""
    _redirect_to_null(1)  # so that the parent sees the end of these pipes when the worker ends
    _redirect_to_null(2)
    threading.Thread(target=_kill_group_at_end_of_stdin, daemon=True).start()
    _, status = os.waitpid(worker, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        _die_by(-code)
    os._exit(code)


def _kill_group_at_end_of_stdin() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _exit_at_end_of_stdin(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os._exit(1)


def _die_by(number: int) -> NoReturn:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the worker has left its core already, if one was wanted
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # reached only for a signal that kills nobody


def _redirect_to_null(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)


def _take_stdout() -> IO[bytes]:
    """Keep the pipe behind stdout for messages; from now on stdout is where stderr goes, and stdin is empty."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _redirect_to_null(0)
    stream.write(READY)
    stream.flush()
    return stream


class _Worker:
    """Calls the function and reports; messages may come from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._reported = False

    def run(self, request: bytes) -> None:
        atexit.register(self._end)  # registered first, so it runs after the handlers of whatever the function imports
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_bytes(_OOM_SCORE)
        # The hook spares a broad `except`: an exception is reported, and ends this process as it ends any other.
        sys.excepthook = self._report
        options, function, args, kwargs = pickle.loads(request)  # noqa: S301 - written by our own parent
        if _takes_progress(function):
            kwargs["progress"] = self._progress
        with spelled_as(options):
            self._send(Kind.RESULT, dumps(function(*args, **kwargs)))

    def _progress(self, step: str, done: int, total: int) -> None:
        self._send(Kind.PROGRESS, dumps((step, done, total)))

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._send(Kind.FAILURE, pack_exception(error))

    def _end(self) -> None:
        """Skip the interpreter's own end once all is said: with TensorFlow loaded it takes a second, and may crash."""
        if self._reported:
            os._exit(0)

    def _send(self, kind: Kind, payload: bytes) -> None:
        with self._lock:
            write_message(self._stream, kind, payload)
            self._reported = self._reported or kind is not Kind.PROGRESS


def _takes_progress(function: Callable[..., Any]) -> bool:
    try:
        return "progress" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # some built-in functions have no signature
        return False
