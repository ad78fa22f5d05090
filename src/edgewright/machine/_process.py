"""The parent's side of one child process: its pipes, the end of its log, and its end."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from typing import IO, cast

from edgewright.errors import ChildCrashError, ChildError
from edgewright.machine._limits import Limits
from edgewright.machine._transport import READY, Kind, read_message

# The child finds the same modules as we do; it never imports our __main__, and -P keeps the current folder from
# shadowing modules. The request is passed on without a name so that the guardian can free it.
_BOOTSTRAP = (
    "import json, sys; pipe = sys.stdin.buffer; sys.path[:] = json.loads(pipe.readline()); "
    "from edgewright.machine._child import main; main(pipe.read(int(pipe.readline())))"
)
_TICK_S = 0.1  # how often limits are checked while the child says nothing
_GRACE_S = 5.0  # for the child's exit handlers after its last message
_DRAIN_S = 1.0  # for what a dead child left in its pipes
_TAIL_BYTES = 65536
_TAIL_LINES = 20
_LINE_LENGTH = 500

Message = tuple[Kind, bytes]


class ChildProcess:
    """A running child; leaving the `with` block kills its process group, whatever it does then."""

    def __init__(self, name: str, request: bytes, environment: dict[str, str], passed: Sequence[int] = ()) -> None:
        """`passed` are descriptors that the child has too, under the same numbers."""
        if not sys.executable:
            raise ChildError(f"{name}: this program has no Python interpreter that a child process could run in")
        self._name = name
        self._tail = b""
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        # A session of its own: Ctrl-C at the terminal reaches only the parent, which decides for both.
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-P", "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            pass_fds=passed,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._stdin = cast(IO[bytes], self._process.stdin)
        self._threads = (
            _start(_write, self._stdin, request),
            _start(self._read_messages, self._process.stdout),
            _start(self._read_log, self._process.stderr),
        )

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self._kill()

    def messages(self, limits: Limits) -> Iterator[Message]:
        """Yield messages until the child is dead or has closed its pipe; raise when it is over a limit."""
        while (message := self._next_message(limits)) is not None:
            yield message

    def wait_for_exit(self) -> str:
        """Give the child a moment to end by itself, kill its group, and return the tail of its log for a message."""
        self._exits_within(_GRACE_S)
        self._kill()
        return self._log()

    def wait_for_death(self) -> ChildCrashError:
        """Like `wait_for_exit`, for a child that said nothing before: the error, with how it ended."""
        exited = self._exits_within(_GRACE_S)
        self._kill()
        closed = "", "closed its pipe before it had a result"
        ending, how = _ending(self._process.returncode) if exited else closed
        return ChildCrashError(f"{self._name} {how}", self._log(), ending=ending)

    def _next_message(self, limits: Limits) -> Message | None:
        while True:
            limits.check(self._name, self._process.pid, self._log)
            with contextlib.suppress(queue.Empty):
                return self._messages.get(timeout=_TICK_S)
            if self.has_exited():  # and yet no end of the pipe: a grandchild holds it open
                with contextlib.suppress(queue.Empty):
                    return self._messages.get(timeout=_DRAIN_S)
                return None

    def _exits_within(self, seconds: float) -> bool:
        end, pause = time.monotonic() + seconds, 0.001
        while not self.has_exited():
            if time.monotonic() > end:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return True

    def has_exited(self) -> bool:
        """Whether it is dead.

        It is left unreaped where the system can: its group number stays taken until we killed the rest.
        """
        if self._process.returncode is None and hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):  # somebody else has reaped it; poll knows how to take that
                return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return self._process.poll() is not None

    def _kill(self) -> None:
        if self._stdin.closed:  # done before
            return
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a dead group
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(_DRAIN_S)  # a grandchild that left the group may keep a pipe open
        with contextlib.suppress(OSError):
            self._stdin.close()

    def _read_messages(self, stream: IO[bytes]) -> None:
        with stream:
            for line in iter(stream.readline, b""):
                if line.endswith(READY):
                    break
                self._add_to_log(line)
            while (message := read_message(stream)) is not None:
                self._messages.put(message)
        self._messages.put(None)

    def _read_log(self, stream: BufferedReader) -> None:
        with stream:
            while part := stream.read1(_TAIL_BYTES):
                self._add_to_log(part)

    def _add_to_log(self, part: bytes) -> None:
        self._tail = (self._tail + part)[-_TAIL_BYTES:]

    def _log(self) -> str:
        """Return the last lines that the child printed, made safe for a terminal, as the end of a message."""
        lines = [_printable(line) for line in self._tail.decode(errors="replace").splitlines()]
        lines = [line[:_LINE_LENGTH] for line in lines if line.strip()][-_TAIL_LINES:]
        return ". Its last lines were:\n  " + "\n  ".join(lines) if lines else ""


def _start(target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


def _write(stream: IO[bytes], request: bytes) -> None:
    """Send the request; stdin stays open after it, since its end tells the child that we are gone."""
    with contextlib.suppress(OSError):  # a child that died at its start is reported by how it ended
        stream.write(request)
        stream.flush()


def _printable(line: str) -> str:
    return "".join(letter for letter in line if letter.isprintable() or letter == "\t")


def _ending(code: int) -> tuple[str, str]:
    """How a process ended, for a program and in words."""
    if code >= 0:
        return f"exit code {code}", f"ended with exit code {code} before it had a result"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (the kernel does that when memory runs out)" if name == "SIGKILL" else ""
    return name, f"died of {name}{hint}"
