"""The process that runs the model, seen from the agent: it may hang or die without harm."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any, cast

from edgewright.agent.capture.frame import Frame
from edgewright.agent.credentials import without_secrets
from edgewright.agent.events.sighting import NONSENSE, Sighting, shortened
from edgewright.agent.inference.exchange import Outgoing
from edgewright.agent.inference.setup import QUALITY, WorkerSetup
from edgewright.errors import EdgewrightError, ModelError, UsageError

log = logging.getLogger(__name__)

# -P keeps the current folder from shadowing modules; our own search path is what the child shall have.
_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from edgewright.agent.inference.worker_main import main; main()"
)

# Each picture takes and frees some megabytes. Left to itself the GNU C library may fetch them from the system each time
# anew, a page fault for every 4 kB: 10% of MobileNet V2's time. Other libraries do not know these. Source: mallopt(3).
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}

# Opening a model on a small computer: Python, NumPy, the runtime, its first allocation.
START_S = 60.0
HUNG_S = 10.0
_END_S = 2.0
_LOOK_S = 0.25

# Bytes of an answer; the JPEG of a picture is the longest.
_LONGEST = 64 << 20


class WorkerLost(EdgewrightError):  # noqa: N818 - it names what happened
    """The worker hung or died while it had a picture."""


class Worker:
    """One worker process; made running, and ready to answer.

    `notices` are what its task had to understand. Raises `UsageError` or `ModelError` where the model cannot be opened
    as asked, and `WorkerLost` where the process does not come up.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._outgoing = Outgoing()
        self._process = self._start()
        self._deadline_s = math.inf
        self._is_hung = self._is_lost = False
        self._ended = threading.Event()
        self._last_words = self._withheld = ""
        self._threads = [_in_thread(self._watch), _in_thread(self._log_lines, self._process.stderr)]
        try:
            self.notices = self._introduce(setup)
        except BaseException:
            self.close()
            raise

    @property
    def process_id(self) -> int:
        """Number of the process."""
        return self._process.pid

    def answer(self, frame: Frame, source: int = 0) -> Sighting:
        """Ask about one picture, of the source in this place; raises `WorkerLost` where no answer comes in time."""
        told = self._ask(_line({**self._outgoing.put(frame), "source": source}), HUNG_S)
        try:
            return Sighting.of(told)
        except NONSENSE:
            raise self._nonsense() from None

    def snapshot(self, width: int | None = None, quality: int = QUALITY) -> bytes:
        """The last picture as JPEG, at most `width` pixels wide, with all blurred that nobody may see.

        Empty where there is none to be shown. Raises `WorkerLost` as `answer` does.
        """
        told = self._ask(_line({"snapshot": {"width": width, "quality": quality}}), HUNG_S)
        if "withheld" in told:
            self._withhold(str(shortened(told["withheld"])))
            return b""
        try:
            return base64.b64decode(told.get("jpeg", ""))
        except (TypeError, ValueError):
            raise self._nonsense() from None

    def close(self) -> None:
        """End the process."""
        self._ended.set()
        if self._is_lost:
            self._kill()
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._kill()
        self._process.wait()
        self._stdout.close()
        self._outgoing.close()
        for thread in self._threads:
            thread.join(_END_S)

    @property
    def _stdin(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def _stdout(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            # A session of its own: Ctrl-C at the terminal reaches the agent, which decides for both.
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=_KEEP_MEMORY | without_secrets(os.environ),
                pass_fds=self._outgoing.inherited,
            )
        except OSError as error:
            self._outgoing.close()
            raise WorkerLost(f"no process could be started: {error.strerror}") from error

    def _introduce(self, setup: WorkerSetup) -> tuple[str, ...]:
        path = [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)]  # noqa: PTH100 - a str is wanted
        told = self._ask(_line(path) + b"".join(setup.written()), START_S)
        if "error" in told:
            raise (UsageError if told["usage"] else ModelError)(told["error"])
        return tuple(told["notices"])

    def _ask(self, request: bytes, timeout_s: float) -> dict[str, Any]:
        """Write and read; if that takes too long, `_watch` kills the process, and both come to an end."""
        self._deadline_s = time.monotonic() + timeout_s
        try:
            self._stdin.write(request)
            self._stdin.flush()
            line = self._stdout.readline(_LONGEST)
        except OSError:
            line = b""
        finally:
            self._deadline_s = math.inf
        if not line:
            raise self._lost(timeout_s)
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise self._nonsense()
        return told

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_S):
            if time.monotonic() > self._deadline_s:
                self._is_hung = True
                self._kill()

    def _withhold(self, reason: str) -> None:
        """Log that a picture is not shown, once for each reason: a camera has 30 a second."""
        if reason != self._withheld:
            log.warning("pictures are not shown: what is to be blurred cannot be found: %s", reason)
        self._withheld = reason

    def _nonsense(self) -> WorkerLost:
        self._is_lost = True
        return WorkerLost("its answer makes no sense")

    def _lost(self, timeout_s: float) -> WorkerLost:
        self._is_lost = True
        if not self._is_hung:  # it is about to end by itself, and shall say how
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
        self._kill()
        code = self._process.wait()
        if self._is_hung:
            return WorkerLost(f"no answer for {timeout_s:g} s")
        self._threads[1].join(_END_S)
        said = f" ({self._last_words})" if code > 0 and self._last_words else ""
        return WorkerLost(f"the process {_ending(code)}{said}")

    def _log_lines(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                text = line.decode(errors="replace").rstrip()
                self._last_words = text[:200]
                log.debug("worker: %s", text)

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self._process.kill()


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _in_thread(target: Any, *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"died of {signal.Signals(-code).name}"
    return f"died of signal {-code}"
