"""Keeps a worker at hand: one that hangs or dies is replaced, and one that keeps dying is given pauses."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from edgewright.agent.backoff import Backoff
from edgewright.agent.capture.frame import Frame
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.setup import QUALITY
from edgewright.agent.inference.worker import Worker, WorkerLost
from edgewright.errors import ModelError
from edgewright.report import printable

log = logging.getLogger(__name__)

# So many restarts within a minute are no accident any more.
MANY, MINUTE_S = 5, 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 60.0

# So often whoever waits for an answer gives a sign of life while there is no worker.
_ALIVE_S = 5.0

# A picture that costs so many workers is not tried again.
_TRIES = 2

# A task that fails on so many pictures in a row fails on all of them.
MOST_FAULTS = 10


class Supervisor:
    """Answers like a worker, for ever.

    `restarts` counts replacements, and `failure` says why there is no worker now. `trouble(restarts)` is called when
    they become many, once for each time that the supervisor then pauses, and `alive()` every few seconds while it
    waits. Nothing is waited for once `stopping` is set. What `make` raises at the first start, because the model or its
    options are wrong, is raised.
    """

    def __init__(
        self,
        make: Callable[[], Worker],
        trouble: Callable[[int], None],
        stopping: threading.Event,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._make = make
        self._trouble = trouble
        self._alive = alive
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._stopping = stopping
        self._recent: deque[float] = deque(maxlen=MANY)
        self._faulty: set[object] = set()
        self._last_fault: str | None = None
        self._worker: Worker | None = make()
        self.notices = self._worker.notices
        self.restarts = 0
        self.failure: str | None = None

    @property
    def process_id(self) -> int | None:
        """Number of the worker's process; none while there is none."""
        worker = self._worker
        return worker.process_id if worker else None

    def answer(self, frame: Frame, source: int = 0) -> Sighting | None:
        """Ask about a picture of the source in this place; nothing where the agent is being stopped meanwhile.

        A picture on which two workers in a row hung or died is answered with an error. Raises `ModelError` where the
        task fails on one picture after the other.
        """
        reason = ""
        for _ in range(_TRIES):
            worker = self._current()
            if worker is None:
                return None
            try:
                return self._heeded(frame, worker.answer(frame, source))
            except WorkerLost as error:
                reason = str(error)
                self._lose(reason)
        return Sighting(error=f"the worker did not survive it: {reason}")

    def _heeded(self, frame: Frame, answer: Sighting) -> Sighting:
        """The answer, unless it shows that the task is broken; what it fails on is told once for each reason."""
        if answer.error is None:
            self._faulty.clear()
        if not answer.fault:
            return answer
        what = printable(f"{frame.name or 'a picture'}: {answer.error}")
        self._faulty.add(frame.mark or object())
        if len(self._faulty) >= MOST_FAULTS:
            raise ModelError(f"{what}, as on the {MOST_FAULTS - 1} before it. Mend the task")
        if answer.error != self._last_fault:
            log.error("%s; its trace is in the log at level DEBUG", what)
        self._last_fault = answer.error
        return answer

    def snapshot(self, width: int | None = None, quality: int = QUALITY) -> bytes:
        """The last picture as others may see it, as JPEG and at most `width` pixels wide; empty where that fails."""
        if self._worker is None:
            return b""
        try:
            return self._worker.snapshot(width, quality)
        except WorkerLost as error:
            self._lose(str(error))
            return b""

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _current(self) -> Worker | None:
        while self._worker is None and not self._stopping.is_set():
            self._pause_if_many()
            if self._stopping.is_set():
                break
            self._alive()
            try:
                self._worker = self._make()
            except WorkerLost as error:
                self._lose(f"it did not start: {error}")
            else:
                self.failure = None
        return self._worker

    def _lose(self, reason: str) -> None:
        reason = printable(reason)
        log.warning("the worker is replaced: %s", reason)
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self.failure = f"no worker runs it: {reason}"
        self.restarts += 1
        self._recent.append(time.monotonic())

    def _pause_if_many(self) -> None:
        if len(self._recent) < MANY or time.monotonic() - self._recent[0] > MINUTE_S:
            self._backoff.reset()
            return
        pause = self._backoff.pause()
        log.error("the worker was replaced %d times in a minute; pausing %.0f s", MANY, pause)
        self._trouble(self.restarts)
        end = time.monotonic() + pause
        while (left := end - time.monotonic()) > 0 and not self._stopping.wait(min(left, _ALIVE_S)):
            self._alive()
