"""Carries entries to the outbox in a thread of its own, many in one transaction when they come fast."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from edgewright.agent.delivery.outbox import Entry, Outbox, StorageError
from edgewright.agent.events.event import dropped
from edgewright.agent.ledger import Ledger

log = logging.getLogger(__name__)

# What waits in memory for the disk; at five results a second that is some three minutes. With pictures, of up to half a
# megabyte each, it is less.
ROOM, ROOM_WITH_PICTURES = 1000, 50
_GROUP = 500
_AGAIN_S = 1.0

# How often counters reach the disk when there are no events.
_COUNTERS_S = 10.0

# A disk that has not answered for so long is worth telling.
_SILENT_S = 30.0


class Recorder:
    """Stores what it is given, in order.

    Up to `room` entries wait in memory. Whoever brings more asks `wait_for_room` first, so that a slow disk costs
    nothing but time. With `keep_all` that holds for a disk that refuses too; without, for sources that do not wait, the
    newest entries are kept while it does: what goes over `room` is dropped, oldest first, and counted; its source and
    marks are given to `given_back`, and an event reports it as soon as there is room. Values that an entry wanted kept
    are never dropped with it. `stored` is called after each transaction. `failure` says why nothing is stored now,
    `error` why nothing ever will be.
    """

    def __init__(
        self,
        outbox: Outbox,
        ledger: Ledger,
        *,
        stored: Callable[[Sequence[Entry]], None],
        given_back: Callable[[str, tuple[str, ...]], None],
        room: int = ROOM,
        keep_all: bool = False,
    ) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._stored = stored
        self._given_back = given_back
        self._room = room
        self._keep_all = keep_all
        self._entries: deque[Entry] = deque()
        self._in_flight = 0
        self._since_s = math.inf
        self._dropped = 0
        # What dropped entries wanted kept: older than all that waits, and older than what waits behind a transaction.
        self._left: dict[str, str | None] = {}
        self._left_behind: dict[str, str | None] = {}
        self._changed = threading.Condition()
        self._stopping = self._was_slow = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.failure: str | None = None
        self.error: Exception | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is stored now, also where the disk just does not answer."""
        silent_s = time.monotonic() - self._since_s
        return f"the disk has not answered for {silent_s:.0f} s" if silent_s > _SILENT_S else self.failure

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait until one more entry costs none that waits already, for at most so long; whether that is so."""
        with self._changed:
            if self._changed.wait_for(self._takes_more, 0):
                return True
            if not self._was_slow and self.failure is None:
                self._was_slow = True
                how = "its source waits" if self._keep_all else "frames are passed over"
                log.warning("the disk is slower than results come: %s now and then", how)
            return self._changed.wait_for(self._takes_more, timeout_s)

    def put(self, entry: Entry) -> None:
        """Take an entry, at once: the disk is waited for elsewhere."""
        lost = None
        with self._changed:
            if not self._keep_all and self.failure is not None and not self._has_room():
                lost = self._entries[self._in_flight]
                del self._entries[self._in_flight]
                self._dropped += len(lost.events)
                (self._left_behind if self._in_flight else self._left).update(lost.kept)
            self._entries.append(entry)
            self._changed.notify_all()
        if lost is not None and lost.marks:
            self._given_back(lost.source, lost.marks)

    def wait_until_stored(self, timeout_s: float) -> bool:
        """Wait until nothing is left to be stored, for at most so long; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._entries, timeout_s)

    def stop(self, timeout_s: float, most_s: float = math.inf) -> int:
        """Store what is left; the number of entries for which there was no time.

        `timeout_s` is given to each transaction, and `most_s` to all of them.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        end, left = time.monotonic() + most_s, len(self._entries) + 1
        while self._thread.is_alive() and len(self._entries) < left and time.monotonic() < end:
            left = len(self._entries)
            self._thread.join(timeout_s)
        return len(self._entries)

    def _has_room(self) -> bool:
        return len(self._entries) - self._in_flight < self._room

    def _takes_more(self) -> bool:
        return self._has_room() or (self.failure is not None and not self._keep_all)

    def _run(self) -> None:
        try:
            self._store_all()
        except Exception as error:  # noqa: BLE001 - a thread that dies must not do so in silence
            self.error = error

    def _store_all(self) -> None:
        while (batch := self._next()) is not None:
            counts = self._ledger.drain()
            self._since_s = time.monotonic()
            try:
                self._write(batch, counts)
            except StorageError as error:
                self._ledger.put_back(counts)
                self._failed(str(error))
                if self._stopping:
                    return
            else:
                self._succeeded(batch)
            finally:
                self._since_s = math.inf

    def _next(self) -> list[Entry] | None:
        """The entries that are next, perhaps none after a while; None at the end."""
        with self._changed:
            self._in_flight = 0
            look_s = _COUNTERS_S if self.failure is None else _AGAIN_S
            self._changed.wait_for(lambda: self._entries or self._stopping, look_s)
            if self._stopping and not self._entries:
                return None
            batch = list(islice(self._entries, _GROUP))
            self._in_flight = len(batch)
            return batch

    def _write(self, batch: list[Entry], counts: dict[str, float]) -> None:
        if not batch:
            if counts:
                self._outbox.count(counts)
            return
        lost = self._dropped
        report = (dropped(lost, "disk", time.time()),) if lost else ()
        before = (Entry("agent", report, kept=self._left),) if report or self._left else ()
        self._outbox.append([*before, *batch], counts | ({"dropped": lost} if lost else {}))
        with self._changed:
            self._dropped -= lost
            self._left, self._left_behind = self._left_behind, {}
            for _ in batch:
                self._entries.popleft()
            self._in_flight = 0
            self._changed.notify_all()

    def _succeeded(self, batch: list[Entry]) -> None:
        if self.failure is not None:
            log.info("events are stored again")
        self.failure = None
        if batch:
            self._stored(batch)

    def _failed(self, reason: str) -> None:
        if self.failure is None:
            log.error("%s; %s", reason, "the source waits" if self._keep_all else "results go on, and wait in memory")
        with self._changed:
            self.failure = reason
            if self._left_behind:
                behind = self._entries[self._in_flight]
                values = self._left_behind | dict(behind.kept)
                self._entries[self._in_flight] = replace(behind, kept=values, may_lag=False)
                self._left_behind = {}
            self._in_flight = 0
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping, _AGAIN_S)
