"""The process that runs the model, seen from the agent: it may hang or die without harm."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
        # A session of its own: Ctrl-C at the terminal reaches the agent, which decides for both.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [_start(self._read_lines, self._process.stdout), _start(_log_lines, self._process.stderr)]
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
        return Answer(**self._ask(self._outgoing.put(frame), HUNG_S))

    def snapshot(self) -> bytes:
        """The last picture as JPEG; empty where it is none. Raises `WorkerLost` as `answer` does."""
        descriptor, name = tempfile.mkstemp(prefix="edgewright-", suffix=".jpg")
        os.close(descriptor)
        try:
            self._ask({"snapshot": name}, HUNG_S)
            return Path(name).read_bytes()
        finally:
            Path(name).unlink()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0 if self._is_lost else _END_S)
        self._kill()
        self._outgoing.close()
        for thread in self._threads:
            thread.join(_END_S)

    _is_lost = False

    @property
    def _stdin(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    def _introduce(self, setup: WorkerSetup) -> tuple[str, ...]:
        path = [entry or os.getcwd() for entry in sys.path if isinstance(entry, str)]  # noqa: PTH109 - a str is wanted
        self._write(json.dumps(path).encode() + b"\n" + setup.head() + setup.model.data)
        told = self._read(START_S)
        if "error" in told:
            raise (UsageError if told["usage"] else ModelError)(told["error"])
        return tuple(told["notices"])

    def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self._write(json.dumps(request).encode() + b"\n")
        return self._read(timeout_s)

    def _write(self, data: bytes) -> None:
        try:
            self._stdin.write(data)
            self._stdin.flush()
        except OSError:
            raise self._lost() from None

    def _read(self, timeout_s: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            self._is_lost = True
            raise WorkerLost(f"no answer for {timeout_s:g} s") from None
        if not line:
            raise self._lost()
        told: dict[str, Any] = json.loads(line)
        return told

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


def _start(target: Any, stream: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=(stream,), daemon=True)
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
