"""Run a function in a copy of this process: that takes milliseconds, and a fresh interpreter a fifth of a second.

The copy has one thread, whatever this process has. So a lock that another thread held is held in it for ever, and it
is only right for a short call into code that needs no other thread, in a process that has none of its own.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple, NoReturn

# Libraries that keep threads of their own and locks which those may hold.
_THREADED = frozenset({"tensorflow", "torch", "jax", "openvino", "cv2", "av", "ray"})
_SAID = 4096  # Bytes of what it wrote to descriptor 2 that are kept.
_RAISED = 70  # EX_SOFTWARE of sysexits.h
_MARK = "\0raised "  # Before the text of an exception, behind all else that was written.


class Ending(NamedTuple):
    """How the copy ended: `code` as of a process (negative for a signal), and the end of what it wrote.

    `raised` is the text of the exception that the function raised. `late`: the copy was still there at the end of its
    time, and was killed.
    """

    code: int
    said: str
    raised: str | None
    late: bool


def can_fork() -> bool:
    """Whether this process may be copied: on Linux, with no thread of Python's and no library that has its own."""
    # The system libraries of macOS do not survive a fork without an exec.
    return sys.platform == "linux" and threading.active_count() == 1 and not _THREADED & sys.modules.keys()


def run_forked(function: Callable[[], object], *, seconds: float, cpu_seconds: int, memory: int) -> Ending:
    """Call `function` in a copy of this process; what it returns is lost.

    `seconds` is how long it may take on the clock, `cpu_seconds` on the processor, which a busy machine does not
    change. `memory` in bytes is what it may take beyond what this process has. It leaves no core file, and writes
    nowhere.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with warnings.catch_warnings():
        # From 3.12 on Python warns of any other thread, also of those in which OpenBLAS waits for work.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        _run(function, writing, cpu_seconds, memory)
    os.close(writing)
    try:
        said, late = _listen(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # without effect on one that has ended and was not waited for
        status = _reap(child)
    words, _, raised = said.rpartition(_MARK) if status == _RAISED else (said, "", None)
    return Ending(status, words, raised, late)


def _run(function: Callable[[], object], writing: int, cpu_seconds: int, memory: int) -> NoReturn:
    """All that the copy does. It must never return into what this process was doing."""
    code = _RAISED
    try:
        _be_alone(writing)
        _limit(cpu_seconds, memory)
        function()
        code = 0
    finally:
        try:
            if code:
                os.write(writing, f"{_MARK}{sys.exc_info()[1]}"[: _SAID // 4].encode(errors="replace"))
        finally:
            os._exit(code)


def _be_alone(writing: int) -> None:
    """Say nothing, and end by the signals that end other processes."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(writing, 2)
    if "faulthandler" in sys.modules:
        sys.modules["faulthandler"].disable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _limit(cpu_seconds: int, memory: int) -> None:
    import resource

    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - nothing is imported for it
        held = int(statm.read().split()[5]) * resource.getpagesize()
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_DATA: held + memory, resource.RLIMIT_CPU: cpu_seconds}
    for what, limit in limits.items():
        highest = resource.getrlimit(what)[1]
        # Only the first limit: at the second one of processor time the signal would be that of the want of memory.
        resource.setrlimit(what, (limit if highest == resource.RLIM_INFINITY else min(limit, highest), highest))


def _listen(reading: int, end: float) -> tuple[str, bool]:
    """Read until the copy is gone or late; its end of the pipe is closed by its end, however it comes."""
    said = b""
    while (left := end - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            break
        part = os.read(reading, _SAID)
        if not part:
            return said.decode(errors="replace"), False
        said = (said + part)[-_SAID:]
    return said.decode(errors="replace"), True


def _reap(child: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:  # a program that ignores SIGCHLD leaves nothing to wait for
        return 0
