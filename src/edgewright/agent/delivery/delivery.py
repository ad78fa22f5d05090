"""One thread per sink that carries events from the outbox to it, in order, for as long as it takes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from edgewright.agent.backoff import Backoff
from edgewright.agent.delivery.outbox import Outbox, StorageError
from edgewright.agent.delivery.sinks import Sink, SinkError
from edgewright.agent.delivery.sinks.protocol import Tended
from edgewright.agent.events.event import Stored
from edgewright.report import printable

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

# New events wake a delivery; looking by itself now and then costs nothing and forgives a lost call.
_LOOK_S = 5.0

# How often it is looked whether all is delivered at the end, and how long one is waited for behind that.
_SOON_S, _LAST_S = 0.02, 0.1

# An event is passed over once it was not taken so many times in a row, with another one taken right after each time.
# A server that fails half of all requests by chance does that to one event in 65,000.
_PROOF = 8

# Reasons are the other side's words.
_LONGEST_REASON = 300


class Delivery:
    """Delivers to one sink; `failure` says why nothing arrives now.

    What a sink raises beside `SinkError` is a mistake in it, and is treated alike: nothing is lost by trying again.

    One event that is never taken must not stop those behind it. So after a failure that may lie in an event they go one
    by one, and one that fails is set against another, the last that was taken if there is one: only if that is taken,
    `_PROOF` times in a row, is it the event and not the other side. Where the sink itself says that the mistake is its
    own, by how many `tries` an event gets, that many are enough.
    """

    def __init__(self, sink: Sink, outbox: Outbox) -> None:
        self.sink = sink
        self.failure: str | None = None
        self._outbox = outbox
        self._unnoted: dict[str, float] = {}
        self._sequence = 0
        self._last: Stored | None = None
        self._alone = 0
        self._suspect, self._strikes = -1, 0
        self._gives_up = False
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
        stop_all([self], timeout_s)

    def end(self) -> None:
        """Tell it to end behind the batch that is on its way; `join` waits for that."""
        self._stopping.set()
        self._news.set()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended, for at most so long."""
        self._thread.join(timeout_s)

    @property
    def has_work(self) -> bool:
        """Whether events wait for it, and nothing is in their way but an event that will be passed over."""
        if not self._thread.is_alive() or (self.failure is not None and not self._gives_up):
            return False
        try:
            return self._outbox.pending(self.sink.name) > 0
        except StorageError:
            return False

    def _run(self) -> None:
        try:
            while True:
                self._news.clear()
                if self._stopping.is_set():  # asked behind the clearing, lest that takes the call of `stop` away
                    break
                if not self._deliver() and self._tend():
                    self._news.wait(_LOOK_S)
        finally:
            self._close()

    def _tend(self) -> bool:
        """Let a sink that has more to do than events do it, now that none wait; whether it is well."""
        try:
            if isinstance(self.sink, Tended):
                self.sink.tend()
        except SinkError as error:
            self._gives_up = False
            self._failed(str(error), error.again_s)
            return False
        except Exception as error:  # noqa: BLE001 - somebody's sink: whatever it raises
            log.warning("%s: %s", self.sink.name, _fit(_plain(error)))
        self._succeeded()
        return True

    def _close(self) -> None:
        try:
            self.sink.close()
        except Exception as error:  # noqa: BLE001 - somebody's sink: whatever it raises
            log.warning("%s: did not close: %s", self.sink.name, _fit(_plain(error)))

    def _deliver(self) -> bool:
        """Send one batch; whether it is worth looking for more at once."""
        try:
            self._note()
            batch = self._outbox.after(self.sink.name, 1 if self._alone else self.sink.batch)
            healthy = bool(batch) and self._send(batch)
            self._note()
        except (SinkError, StorageError) as error:
            # A sink that was at work for longer than a stop waits finds the outbox closed: its events come again.
            if not (self._stopping.is_set() and isinstance(error, StorageError)):
                self._gives_up = getattr(error, "tries", None) is not None
                self._failed(str(error), getattr(error, "again_s", 0.0))
            return True
        except Exception as error:  # noqa: BLE001 - somebody's sink: whatever it raises
            self._gives_up = False
            self._failed(_plain(error))
            return True
        if healthy:
            self._succeeded()
        return bool(batch)

    def _send(self, batch: Sequence[Stored]) -> bool:
        """Send, or pass the first event over; whether the sink has shown that it is well."""
        refused, healthy = self._refused(), True
        try:
            done = self.sink.send(batch)
        except SinkError as error:
            healthy = error.tries is None
            self._is_the_event(batch, error)
            self._unnoted = {"passed_over": 1}
            done = 1
        else:
            if done < 1:
                raise SinkError("took no event, and does not say why")
            refused = self._refused() - refused
            if not refused:
                self._last = batch[done - 1]
            size = sum(len(event.data) for event in batch[:done])
            self._unnoted = {"sent": done - refused, "passed_over": refused, "bytes_sent": size}
        self._sequence = batch[done - 1].sequence
        self._alone = max(0, self._alone - done)
        return healthy

    def _is_the_event(self, batch: Sequence[Stored], error: SinkError) -> None:
        """Return, and log, only where the first event is to be passed over; else raise the error."""
        if error.tries is None:
            self._is_proven(batch, error)
        else:
            self._is_tried(batch[0], error, error.tries)

    def _is_tried(self, head: Stored, error: SinkError, tries: int) -> None:
        """Count the tries of a sink that says how many there are."""
        self._strikes = self._strikes + 1 if self._suspect == head.sequence else 1
        self._suspect = head.sequence
        if self._strikes < tries:
            raise error
        reason = _fit(str(error))
        log.error("%s: event %s is passed over after %d tries: %s", self.sink.name, head.id, tries, reason)

    def _is_proven(self, batch: Sequence[Stored], error: SinkError) -> None:
        """Set the first event against another one."""
        head = batch[0]
        if not error.of_event or len(batch) > 1:
            self._alone, self._suspect = (len(batch) if error.of_event else self._alone), -1
            raise error
        before = self._strikes if self._suspect == head.sequence else 0
        # Without a last one another must be one of the next, out of order: only once there is nothing else to be done.
        needed = _PROOF if self._last else 2 * _PROOF
        held = before + _PROOF < needed or self._is_another_taken(before)
        self._suspect, self._strikes = head.sequence, before + 1 if held else 0
        if self._strikes < needed:
            raise error
        reason = _fit(str(error))
        log.error("%s: event %s is passed over: others are taken, it never is: %s", self.sink.name, head.id, reason)

    def _is_another_taken(self, turn: int) -> bool:
        """Whether the sink takes the last event again, or where there is none since the start, one of the next."""
        others = [self._last] if self._last else self._outbox.after(self.sink.name, self.sink.batch)[1:]
        refused = self._refused()
        try:
            taken = bool(others) and self.sink.send([others[turn % len(others)]]) == 1
        except SinkError:
            return False
        return taken and self._refused() == refused

    def _refused(self) -> int:
        return int(getattr(self.sink, "refused", 0))

    def _note(self) -> None:
        """Let the outbox know what was delivered; where its disk is full, later, but without delivering it again."""
        if self._unnoted:
            self._outbox.advance(self.sink.name, self._sequence, self._unnoted)
            self._unnoted = {}

    def _failed(self, reason: str, again_s: float = 0.0) -> None:
        pause = max(self._backoff.pause(), again_s)
        reason = _fit(reason)
        if reason != self.failure:
            then = "its events wait for the next start" if self._stopping.is_set() else "trying again"
            log.warning("%s: %s; %s", self.sink.name, reason, then)
        self.failure = reason
        self._stopping.wait(pause)

    def _succeeded(self) -> None:
        if self.failure is not None:
            log.info("%s: delivering again", self.sink.name)
        self.failure = None
        self._backoff.reset()


def stop_all(deliveries: Sequence[Delivery], timeout_s: float) -> None:
    """Stop them side by side: `timeout_s` is for all of them, however many hang."""
    end = time.monotonic() + timeout_s
    at_work = list(deliveries)
    while at_work:
        is_over = time.monotonic() >= end
        for delivery in [one for one in at_work if is_over or not one.has_work]:
            delivery.end()
            at_work.remove(delivery)
        if at_work:
            time.sleep(_SOON_S)
    for delivery in deliveries:
        delivery.join(max(_LAST_S, end - time.monotonic()))


def _plain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _fit(reason: str) -> str:
    """A reason on one line of a readable length, without what would steer a terminal."""
    return printable(reason[:_LONGEST_REASON])
