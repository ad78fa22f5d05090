"""One thread per sink that carries events from the outbox to it, in order, for as long as it takes."""

from __future__ import annotations

import logging
import threading
import time

from edgewright.agent.backoff import Backoff
from edgewright.agent.outbox import Outbox, StorageError
from edgewright.agent.sinks import Sink, SinkError

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

# New events wake a delivery; looking by itself now and then costs nothing and forgives a lost call.
_LOOK_S = 5.0


class Delivery:
    """Delivers to one sink. `delivered` and `failing_since` are for those who watch it."""

    def __init__(self, sink: Sink, outbox: Outbox) -> None:
        self.sink = sink
        self.delivered = 0
        self.failure: str | None = None
        self._outbox = outbox
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"delivery to {sink.name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new events."""
        self._news.set()

    def stop(self, timeout_s: float) -> None:
        """Let it deliver what is there for at most so long, then end it; what is left stays in the outbox."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and self.failure is None and self._thread.is_alive() and self._has_work():
            time.sleep(0.02)
        self._stopping.set()
        self._news.set()
        self._thread.join(max(0.1, end - time.monotonic()))

    def _has_work(self) -> bool:
        try:
            return self._outbox.pending(self.sink.name) > 0
        except StorageError:
            return False

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._news.clear()
                if not self._deliver():
                    self._news.wait(_LOOK_S)
        finally:
            self.sink.close()

    def _deliver(self) -> bool:
        """Send one batch; whether it is worth looking for more at once."""
        try:
            batch = self._outbox.after(self.sink.name, self.sink.batch)
            if not batch:
                return False
            done = self.sink.send(batch)
            size = sum(len(event.data) for event in batch[:done])
            self._outbox.advance(self.sink.name, batch[done - 1].sequence, {"sent": done, "bytes_sent": size})
        except (SinkError, StorageError) as error:
            self._failed(str(error))
            return True
        self._succeeded(done)
        return True

    def _failed(self, reason: str) -> None:
        pause = self._backoff.pause()
        if reason != self.failure:
            log.warning("%s: %s; trying again", self.sink.name, reason)
        self.failure = reason
        self._stopping.wait(pause)

    def _succeeded(self, count: int) -> None:
        if self.failure is not None:
            log.info("%s: delivering again", self.sink.name)
        self.failure = None
        self.delivered += count
        self._backoff.reset()
