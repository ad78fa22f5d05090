"""One run of an agent: its parts put together, started, and stopped in the order in which nothing is lost."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.agent import state
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.taking import Takes
from edgewright.agent.capture.turns import Turns
from edgewright.agent.config.places import check_sources
from edgewright.agent.config.settings import Settings
from edgewright.agent.delivery.delivery import Delivery, stop_all
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.outbox import Entry, Outbox
from edgewright.agent.delivery.recorder import ROOM, ROOM_WITH_PICTURES, Recorder
from edgewright.agent.events.event import about_agent
from edgewright.agent.events.lives.lives import KEPT as VISITS
from edgewright.agent.events.lives.lives import abandoned
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.glance import Glance
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.agent.inference.supervisor import Supervisor
from edgewright.agent.inference.worker import Worker
from edgewright.agent.ledger import Ledger, add_counts
from edgewright.agent.pictures import Pictures
from edgewright.agent.service import notify
from edgewright.agent.state_names import IDENTITY
from edgewright.agent.status import Status, status_of
from edgewright.agent.watched import Watched
from edgewright.errors import OutputError
from edgewright.report import printable

if TYPE_CHECKING:
    from edgewright.agent.config.address import Address
    from edgewright.agent.showing import Window

log = logging.getLogger(__name__)

_LOOK_S, _SOON_S = 0.2, 0.02

# How often the service manager hears of us; and how often the status is written where nobody asks for it, which is only
# for after a crash: memory cards wear out.
_ALIVE_S, _STATUS_S = 5.0, 60.0

# What a stop waits for: the disk, for each transaction and altogether, then all sinks.
_RECORD_S, _RECORD_ALL_S, _DELIVER_S = 5.0, 15.0, 5.0


class Running:
    """One run of an agent, with all its parts."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        stopping: threading.Event,
        outbox: Outbox,
        folder: Path,
        setup: WorkerSetup,
        takes: Takes,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._stopping = stopping
        self._outbox = outbox
        self._folder = folder
        changed = threading.Condition()
        self._takes = takes
        self._watched = [
            Watched(spec, settings, outbox, takes, ledger=ledger, changed=changed) for spec in settings.sources
        ]
        check_sources([watched.name for watched in self._watched], settings.rules, settings.places)
        self._turns = Turns([watched.mailbox for watched in self._watched], changed)
        room = ROOM_WITH_PICTURES if settings.snapshots == "send" else ROOM
        self._recorder = Recorder(
            outbox,
            ledger,
            stored=self._stored,
            given_back=self._give_back,
            room=room,
            keep_all=not all(watched.live for watched in self._watched),
        )
        self._deliveries = [Delivery(sink, outbox) for sink in settings.sinks]
        self._window = None if settings.dashboard is None else self._opened_window(settings.dashboard)
        self._fleet = self._joined_fleet()
        self._supervisor = Supervisor(lambda: Worker(setup), self._worker_trouble, stopping, self._now_and_then)
        self._pictures = Pictures(settings, folder, self._supervisor.snapshot, ledger)
        self._faults: list[Entry] = []
        self._has_worked = False
        self._last_refusal: object = None
        self._before = outbox.counters()
        self._events = 0
        self._last = Sighting()
        self._started_s = time.monotonic()
        self._next_alive_s = self._next_status_s = 0.0

    def run(self, ready: threading.Event) -> Status:
        """Work until the end, and say what came of it; `ready` is set once pictures are looked at."""
        for notice in self._supervisor.notices:
            log.info(notice)
        with self._parts():
            self._now_and_then()
            sinks = ", ".join(sink.name for sink in self._settings.sinks)
            log.info("watching %s; events go to %s, their state is in %s", self._names(), sinks, self._folder)
            ready.set()
            notify("READY=1")
            self._begin()
            self._work()
        for error in (*(watched.capture.error for watched in self._watched), self._recorder.error):
            if error is not None:
                raise error
        return self.status()

    def status(self) -> Status:
        """How things are now."""
        counters = self._outbox.counters()
        add_counts(counters, self._ledger.waiting())
        return status_of(
            settings=self._settings,
            sources=[watched.name for watched in self._watched],
            uptime_s=time.monotonic() - self._started_s,
            counters=counters,
            pending={one.sink.name: self._outbox.pending(one.sink.name) for one in self._deliveries},
            latency=self._ledger.latency_quantile,
            troubles=self._troubles(),
        )

    def glance(self) -> Glance:
        """What it is doing now, for somebody who looks on; raises `OutputError` where the disk does not say."""
        counters = self._outbox.counters()
        delivered = {name: int(counters.get(name, 0) - self._before.get(name, 0)) for name in ("sent", "passed_over")}
        return Glance(
            seen=self._last.error or self._last.said,
            captured=self._ledger.total("captured"),
            looked_at=self._ledger.total("looked_at"),
            still=self._ledger.total("still"),
            took_s=self._last.took_s,
            events=self._events,
            waiting=max(self._outbox.pending(delivery.sink.name) for delivery in self._deliveries),
            troubles=self._troubles(),
            **delivered,
        )

    def _opened_window(self, address: Address) -> Window:
        """What the dashboard shows."""
        from edgewright.agent.showing import Showing, Window

        names = tuple(watched.name for watched in self._watched)
        return Window(self._settings, address, names, self._folder, Showing(self.status, self.glance))

    def _joined_fleet(self) -> contextlib.AbstractContextManager[None]:
        """What reports to the fleet and looks for new versions; nothing where neither was asked for."""
        settings = self._settings
        if settings.fleet is None and settings.updates is None:
            return contextlib.nullcontext()
        from edgewright.agent.fleet.fleet import Fleet

        identity = Identity(self._folder / IDENTITY)
        return Fleet(
            settings.fleet, settings.updates, identity, lambda: self.status().to_dict(), self._troubles
        ).at_work()

    @contextlib.contextmanager
    def _parts(self) -> Iterator[None]:
        """Start what runs beside the work, and stop it in the order in which nothing is lost."""
        from edgewright.agent.health import serve_health

        with contextlib.ExitStack() as parts:
            parts.callback(self._supervisor.close)
            if self._settings.health_port is not None:
                parts.enter_context(serve_health(self._settings.health_port, self.status))
            if self._window is not None:
                parts.enter_context(self._window)
            parts.enter_context(self._fleet)
            self._recorder.start()
            for delivery in self._deliveries:
                delivery.start()
            parts.callback(self._end)
            for watched in self._watched:
                watched.capture.start()
                parts.callback(watched.capture.stop)
            yield

    def _end(self) -> None:
        unsaved = self._recorder.stop(_RECORD_S, _RECORD_ALL_S)
        if unsaved:
            log.error("%d results could not be stored and are lost: %s", unsaved, self._recorder.failure)
        stop_all(self._deliveries, _DELIVER_S)
        with contextlib.suppress(OutputError):  # a full disk: they are only counters
            self._outbox.count(self._ledger.drain())
        self._write_status()

    def _work(self) -> None:
        """Look at a frame whenever its result will have a place: until then a source waits, or a camera's frames go by.

        So a slow disk costs no event, and nothing is looked at for nothing.
        """
        while self._goes_on() and not self._has_failed():
            self._finish_sources()
            if not self._recorder.wait_for_room(_LOOK_S):
                continue
            taken = self._turns.take(_LOOK_S)
            if taken is not None:
                place, frame, passed_over = taken
                self._look_at(self._watched[place], frame, passed_over)
            elif self._turns.is_over:
                break
        self._keep_faults()
        self._finish_sources(is_stopped=True)
        while self._goes_on() and not self._recorder.wait_until_stored(_LOOK_S):
            pass
        while self._goes_on() and any(delivery.has_work for delivery in self._deliveries):
            self._stopping.wait(_SOON_S)

    def _begin(self) -> None:
        """Report what ended while there was no agent: visits of what is not watched any more, or was too long ago."""
        names = {watched.name for watched in self._watched}
        events, kept = abandoned(self._outbox.kept(VISITS), names)
        for entry in (Entry("agent", tuple(events), kept=kept), *(watched.begin() for watched in self._watched)):
            if entry.events or entry.kept:
                self._recorder.put(entry)

    def _finish_sources(self, *, is_stopped: bool = False) -> None:
        """Report what ends with a source that has come to its end, or with the agent."""
        for watched in self._watched:
            entry = watched.finish(is_stopped=is_stopped)
            if entry is not None and (entry.events or entry.kept):
                self._recorder.put(entry)

    def _goes_on(self) -> bool:
        """Whether to go on with the work; and what is to be done now and then meanwhile."""
        self._now_and_then()
        return not self._stopping.is_set() and self._recorder.error is None

    def _has_failed(self) -> bool:
        """Whether a source is wrong for good, and what it gave was looked at: then the agent ends, and says so.

        It does so however much comes from others.
        """
        return any(watched.capture.error is not None and watched.mailbox.is_over for watched in self._watched)

    def _look_at(self, watched: Watched, frame: Frame, passed_over: tuple[str, ...]) -> None:
        if watched.passes_over(frame):
            if (entry := watched.passed(frame, passed_over)) is not None:
                self._recorder.put(entry)
            return
        place = self._watched.index(watched)
        sighting = Sighting(error=frame.error) if frame.error else self._supervisor.answer(frame, place)
        if sighting is None:
            return
        sighting = watched.follow(frame, sighting)
        self._ledger.add(worked_s=sighting.took_s)
        watched.count("looked_at")
        self._last = sighting
        events = watched.events(frame, sighting)
        if sighting.error is not None:
            self._refuse(frame, sighting)
        else:
            self._has_worked = True
            self._keep_faults()
            if not self._takes.is_signal:
                self._pictures.sample()
            events = self._pictures.added(events)
            if self._window is not None:
                self._window.show(watched.name, frame, sighting, self._supervisor)
        entry = watched.entry(frame, events, passed_over)
        if entry.events or entry.marks or entry.kept:
            self._keep(entry, fault=sighting.fault)
        else:
            self._ledger.latency(time.monotonic() - frame.started_s)

    def _refuse(self, frame: Frame, sighting: Sighting) -> None:
        """Count a picture of which no answer came, and log why, once for each reason: a camera has 30 a second."""
        self._ledger.add(refused=1)
        if sighting.error != self._last_refusal and not sighting.fault:  # Faults are told by the supervisor.
            log.warning("%s", printable(f"{frame.name or 'a picture'}: {sighting.error}"))
        self._last_refusal = sighting.error

    def _keep(self, entry: Entry, *, fault: bool) -> None:
        """Let it be stored; but what the task failed on not before it has shown that it works at all.

        Where it does not the agent ends, and those pictures are looked at once it is mended.
        """
        if fault and not self._has_worked:
            self._faults.append(entry)
            return
        self._keep_faults()
        self._recorder.put(entry)

    def _keep_faults(self) -> None:
        for entry in self._faults:
            self._recorder.put(entry)
        self._faults.clear()

    def _stored(self, entries: Sequence[Entry]) -> None:
        now = time.monotonic()
        if self._window is not None:
            self._window.tell(event for entry in entries for event in entry.events)
        for entry in entries:
            self._events += len(entry.events)
            if entry.started_s is not None:
                self._ledger.latency(now - entry.started_s)
        for delivery in self._deliveries:
            delivery.wake()

    def _now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._next_alive_s:
            self._next_alive_s = now + _ALIVE_S
            notify("WATCHDOG=1")
        if now >= self._next_status_s or state.is_asked(self._folder):
            self._next_status_s = now + _STATUS_S
            self._write_status()

    def _write_status(self) -> None:
        with contextlib.suppress(OutputError):  # a disk in trouble: the recorder tells
            state.write_status(self._folder, self.status().to_dict())
            state.answered(self._folder)

    def _worker_trouble(self, restarts: int) -> None:
        event = about_agent("worker restarts", time.time(), restarts=restarts)
        self._recorder.put(Entry("agent", (event,)))

    def _troubles(self) -> dict[str, str]:
        """What does not work now, by the part that it concerns."""
        found = {self._part(watched): watched.capture.failure for watched in self._watched}
        found["model"] = self._supervisor.failure
        found["disk"] = self._recorder.trouble
        found |= {one.sink.name: one.failure for one in self._deliveries}
        return {part: reason for part, reason in found.items() if reason}

    def _part(self, watched: Watched) -> str:
        """What a source is called among the parts."""
        return "source" if len(self._watched) == 1 else watched.name

    def _names(self) -> str:
        return ", ".join(watched.name for watched in self._watched)

    def _give_back(self, memory_name: str, marks: tuple[str, ...]) -> None:
        """Tell the source that they are of which pictures could not be stored."""
        for watched in self._watched:
            if watched.memory_name == memory_name:
                watched.capture.give_back(marks)
