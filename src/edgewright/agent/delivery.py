"""One thread per sink that carries events from the outbox to it, in order, for as long as it takes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from edgewright.agent.backoff import Backoff
from edgewright.agent.event import Stored
from edgewright.agent.outbox import Outbox, StorageError
from edgewright.agent.sinks import Sink, SinkError

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

# New events wake a delivery; looking by itself now and then costs nothing and forgives a lost call.
_LOOK_S = 5.0


class Delivery:
    """Delivers to one sink; `failure` says why nothing arrives now.

    What a sink raises beside `SinkError` is a mistake in it, and is treated alike: nothing is lost by trying again.
    """

    def __init__(self, sink: Sink, outbox: Outbox) -> None:
        self.sink = sink
        self.failure: str | None = None
        self._outbox = outbox
        self._unnoted: dict[str, float] = {}
        self._sequence = 0
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
            self._close()

    def _close(self) -> None:
        try:
            self.sink.close()
        except Exception as error:  # noqa: BLE001 - somebody's sink: whatever it raises
            log.warning("%s: did not close: %s", self.sink.name, _plain(error))

    def _deliver(self) -> bool:
        """Send one batch; whether it is worth looking for more at once."""
        try:
            self._note()
            batch = self._outbox.after(self.sink.name, self.sink.batch)
            if batch:
                self._send(batch)
                self._note()
        except (SinkError, StorageError) as error:
            self._failed(str(error))
            return True
        except Exception as error:  # noqa: BLE001 - somebody's sink: whatever it raises
            self._failed(_plain(error))
            return True
        self._succeeded()
        return bool(batch)

    def _send(self, batch: Sequence[Stored]) -> None:
        done = self.sink.send(batch)
        if done < 1:
            raise SinkError("took no event, and does not say why")
        size = sum(len(event.data) for event in batch[:done])
        self._sequence = batch[done - 1].sequence
        self._unnoted = {"sent": done, "bytes_sent": size}

    def _note(self) -> None:
        """Let the outbox know what was delivered; where its disk is full, later, but without delivering it again."""
        if self._unnoted:
            self._outbox.advance(self.sink.name, self._sequence, self._unnoted)
            self._unnoted = {}

    def _failed(self, reason: str) -> None:
        pause = self._backoff.pause()
        if reason != self.failure:
            log.warning("%s: %s; trying again", self.sink.name, reason)
        self.failure = reason
        self._stopping.wait(pause)

    def _succeeded(self) -> None:
        if self.failure is not None:
            log.info("%s: delivering again", self.sink.name)
        self.failure = None
        self._backoff.reset()


def _plain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
