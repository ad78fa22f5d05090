"""The process that runs the model, seen from the agent: it may hang or die without harm."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

from edgewright.agent.answer import Answer
from edgewright.agent.exchange import Outgoing
from edgewright.agent.frame import Frame
from edgewright.errors import EdgewrightError, ModelError, UsageError
from edgewright.model import ModelFile

log = logging.getLogger(__name__)

# -P keeps the current folder from shadowing modules; our own search path is what the child shall have.
_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from edgewright.agent.worker_main import main; main()"
)

# Each picture takes and frees some megabytes. Left to itself the GNU C library may fetch them from the system each time
# anew, a page fault for every 4 kB: 10% of MobileNet V2's time. Other libraries do not know these. Source: mallopt(3).
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}

# Opening a model on a small computer: Python, NumPy, the runtime, its first allocation.
START_S = 60.0
HUNG_S = 10.0
_END_S = 2.0


class WorkerLost(EdgewrightError):  # noqa: N818 - it names what happened
    """The worker hung or died while it had a picture."""


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker runs: the model, the options of its task, how many labels a result has, and which rules ask for."""

    model: ModelFile
    task: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    top: int = 5
    labels: tuple[str, ...] = ()

    def head(self) -> bytes:
        """The first line that the worker reads."""
        told = {
            "model_bytes": len(self.model.data),
            "model_name": self.model.name,
            "task": self.task,
            "options": dict(self.options),
            "top": self.top,
            "labels": list(self.labels),
        }
        return json.dumps(told).encode() + b"\n"


class Worker:
    """One worker process; made running, and ready to answer.

    `notices` are what its task had to understand. Raises `UsageError` or `ModelError` where the model cannot be opened
    as asked, and `WorkerLost` where the process does not come up.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._outgoing = Outgoing()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._process = self._start()
        self._threads = [
            _in_thread(self._read_lines, self._process.stdout),
            _in_thread(_log_lines, self._process.stderr),
        ]
        try:
            self.notices = self._introduce(setup)
        except BaseException:
            self.close()
            raise

    @property
    def process_id(self) -> int:
        """Number of the process."""
        return self._process.pid

    def answer(self, frame: Frame) -> Answer:
        """Ask about one picture; raises `WorkerLost` where no answer comes in time."""
        told = self._ask(self._outgoing.put(frame))
        try:
            return Answer(**told)
        except TypeError:
            raise self._nonsense() from None

    def snapshot(self) -> bytes:
        """The last picture as JPEG; empty where it is none. Raises `WorkerLost` as `answer` does."""
        told = self._ask({"snapshot": True})
        try:
            return base64.b64decode(told.get("jpeg", ""))
        except (TypeError, ValueError):
            raise self._nonsense() from None

    def close(self) -> None:
        """End the process."""
        if self._is_lost:
            self._kill()  # before anything that would wait for it, such as a write to it in another thread
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._kill()
        self._outgoing.close()
        for thread in self._threads:
            thread.join(_END_S)

    _is_lost = False

    @property
    def _stdin(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            # A session of its own: Ctrl-C at the terminal reaches the agent, which decides for both.
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={**_KEEP_MEMORY, **os.environ},
                pass_fds=self._outgoing.inherited,
            )
        except OSError as error:
            self._outgoing.close()
            raise WorkerLost(f"no process could be started: {error.strerror}") from error

    def _introduce(self, setup: WorkerSetup) -> tuple[str, ...]:
        path = [entry or os.getcwd() for entry in sys.path if isinstance(entry, str)]  # noqa: PTH109 - a str is wanted
        head = json.dumps(path).encode() + b"\n" + setup.head()
        # A model is more than a pipe holds: a process that hangs before it reads must not hold us up.
        sending = _in_thread(self._send, head + setup.model.data)
        told = self._read(START_S)
        sending.join()
        if "error" in told:
            raise (UsageError if told["usage"] else ModelError)(told["error"])
        return tuple(told["notices"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self._send(json.dumps(request).encode() + b"\n"):
            raise self._lost()
        return self._read(HUNG_S)

    def _send(self, data: bytes) -> bool:
        """Write to the process; false where it is gone."""
        try:
            self._stdin.write(data)
            self._stdin.flush()
        except (OSError, ValueError):  # ValueError: closed by us meanwhile
            return False
        return True

    def _read(self, timeout_s: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            self._is_lost = True
            raise WorkerLost(f"no answer for {timeout_s:g} s") from None
        if not line:
            raise self._lost()
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise self._nonsense()
        return told

    def _nonsense(self) -> WorkerLost:
        self._is_lost = True
        return WorkerLost("its answer makes no sense")

    def _lost(self) -> WorkerLost:
        self._is_lost = True
        self._kill()
        return WorkerLost(f"the process {_ending(self._process.returncode)}")

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self._process.kill()
        self._process.wait()

    def _read_lines(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(b"")


def _in_thread(target: Any, argument: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=(argument,), daemon=True)
    thread.start()
    return thread


def _log_lines(stream: IO[bytes]) -> None:
    with stream:
        for line in stream:
            log.debug("worker: %s", line.decode(errors="replace").rstrip())


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"died of {signal.Signals(-code).name}"
    return f"died of signal {-code}"
