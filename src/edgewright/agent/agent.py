"""The agent: from a source through the model and the rules to the outbox, and from there to the sinks."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from edgewright.agent import state
from edgewright.agent.answer import Answer
from edgewright.agent.capture import Capture
from edgewright.agent.credentials import leave_no_core
from edgewright.agent.delivery import Delivery
from edgewright.agent.event import Event, about_agent
from edgewright.agent.frame import Frame
from edgewright.agent.judge import Judge
from edgewright.agent.ledger import Ledger
from edgewright.agent.mailbox import Mailbox
from edgewright.agent.outbox import Entry, Outbox
from edgewright.agent.recorder import ROOM, ROOM_WITH_PICTURES, Recorder
from edgewright.agent.service import notify
from edgewright.agent.settings import Settings
from edgewright.agent.sinks import Sink
from edgewright.agent.sinks.call import Call
from edgewright.agent.sinks.protocol import open_sink
from edgewright.agent.snapshots import SnapshotFolder
from edgewright.agent.sources import Source, open_source
from edgewright.agent.status import Status, status_before_start, status_of
from edgewright.agent.supervisor import Supervisor
from edgewright.agent.targets import source_of
from edgewright.agent.worker import Worker, WorkerSetup
from edgewright.errors import OutputError, UsageError
from edgewright.hub import read

log = logging.getLogger(__name__)

SinkLike = str | Sink | Callable[[dict[str, Any]], object]

_LOOK_S = 0.2
_STATUS_S = 5.0

# How often a frame is encoded to learn what sending all of them as JPEG would have cost.
_SAMPLE_S = 10.0

# What a stop waits for: the disk, for each transaction and altogether, then the sinks.
_RECORD_S, _RECORD_ALL_S, _DELIVER_S = 5.0, 15.0, 5.0


class Agent:
    """Watches a source with a model and reports events; nothing that it reports is lost.

    `source`: a camera's number, the address of a stream, a video file, a folder, or an iterable of pictures. `sinks`:
    targets such as "mqtts://broker/site/door", "file:events.jsonl" and "stdout", functions that take an event as a
    dictionary, or `Sink`s; one, or a list of them. All other arguments are those of `Settings`.

    Raises `UsageError` for settings that make no sense.
    """

    def __init__(
        self,
        model: Any,
        source: Any,
        *,
        sinks: SinkLike | Sequence[SinkLike] = ("stdout",),
        every_frame: bool | None = None,
        **others: Any,
    ) -> None:
        opened = tuple(map(_sink, sinks if isinstance(sinks, list | tuple) else [sinks]))
        self._set_up(Settings(model=model, source=source_of(source, every_frame), sinks=opened, **others))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The agent of settings that are complete."""
        agent = cls.__new__(cls)
        agent._set_up(settings)
        return agent

    def _set_up(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger()
        self._stopping = threading.Event()
        self._ready = threading.Event()

    def stop(self) -> None:
        """Make `run` come to its end; what is stored stays. Safe in a signal handler."""
        self._stopping.set()

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Wait, in another thread than that of `run`, until the model is open and the source is being read."""
        return self._ready.wait(timeout_s)

    def run(self) -> Status:
        """Work until the source ends or `stop` is called, and say what came of it.

        Raises `UsageError` and `ModelError` for a model, a label or a source that is wrong, and `OutputError` where the
        state cannot be kept. What can heal is tried again and logged: a camera, a broker, a disk.
        """
        leave_no_core()
        settings = self.settings
        model = read(settings.model)
        with contextlib.ExitStack() as open_parts:
            opened = state.wait_for_room(lambda parts: _open_state(settings, parts), open_parts, self._stopping)
            if opened is None:
                return status_before_start(settings)
            setup = WorkerSetup(model, settings.task, settings.options, settings.top, settings.labels)
            running = _Running(settings, self.ledger, self._stopping, *opened, setup)
            return running.run(self._ready)


def _open_state(settings: Settings, opened: contextlib.ExitStack) -> tuple[Outbox, Path]:
    folder = opened.enter_context(state.locked(Path(settings.state)))
    outbox = Outbox(folder / state.OUTBOX, limits=settings.limits)
    opened.callback(outbox.close)
    outbox.attach([sink.name for sink in settings.sinks])
    if settings.snapshots == "local":
        state.make_folder(folder / state.SNAPSHOTS)
    return outbox, folder


class _Running:
    """One run of an agent, with all its parts."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        stopping: threading.Event,
        outbox: Outbox,
        folder: Path,
        setup: WorkerSetup,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._stopping = stopping
        self._outbox = outbox
        self._folder = folder
        self._first = self._make_source()
        self._unused: Source | None = self._first
        self._mailbox = Mailbox(newest=self._first.live)
        self._capture = Capture(self._next_source, self._mailbox, came=self._count)
        room = ROOM_WITH_PICTURES if settings.snapshots == "send" else ROOM
        self._recorder = Recorder(
            outbox,
            ledger,
            stored=self._stored,
            given_back=self._capture.give_back,
            room=room,
            keep_all=not self._first.live,
        )
        self._deliveries = [Delivery(sink, outbox) for sink in settings.sinks]
        self._judge = Judge(self._first.name, settings.rules)
        self._snapshots: SnapshotFolder | None = None
        if settings.snapshots == "local":
            self._snapshots = SnapshotFolder(folder / state.SNAPSHOTS, settings.snapshot_limit_bytes)
        self._supervisor = Supervisor(lambda: Worker(setup), self._worker_trouble, stopping)
        self._faults: list[Entry] = []
        self._has_worked = False
        self._started_s = time.time()
        self._next_status_s = self._next_sample_s = 0.0

    def run(self, ready: threading.Event) -> Status:
        for notice in self._supervisor.notices:
            log.info(notice)
        with self._parts():
            self._now_and_then()
            sinks = ", ".join(sink.name for sink in self._settings.sinks)
            log.info("watching %s; events go to %s, their state is in %s", self._first.name, sinks, self._folder)
            ready.set()
            notify("READY=1")
            self._work()
        for error in (self._capture.error, self._recorder.error):
            if error is not None:
                raise error
        return self.status()

    def status(self) -> Status:
        """How things are now."""
        return status_of(
            settings=self._settings,
            source=self._first.name,
            started_s=self._started_s,
            counters=self._outbox.counters(),
            pending={one.sink.name: self._outbox.pending(one.sink.name) for one in self._deliveries},
            latency=self._ledger.latency_quantile,
            troubles=self._troubles(),
        )

    @contextlib.contextmanager
    def _parts(self) -> Iterator[None]:
        """Start what runs beside the work, and stop it in the order in which nothing is lost."""
        from edgewright.agent.health import serve_health

        with contextlib.ExitStack() as parts:
            parts.callback(self._supervisor.close)
            if self._settings.health_port is not None:
                parts.enter_context(serve_health(self._settings.health_port, self.status))
            self._recorder.start()
            for delivery in self._deliveries:
                delivery.start()
            parts.callback(self._end)
            self._capture.start()
            parts.callback(self._capture.stop)
            yield

    def _end(self) -> None:
        unsaved = self._recorder.stop(_RECORD_S, _RECORD_ALL_S)
        if unsaved:
            log.error("%d results could not be stored and are lost: %s", unsaved, self._recorder.failure)
        for delivery in self._deliveries:
            delivery.stop(_DELIVER_S)
        with contextlib.suppress(OutputError):  # a full disk: they are only counters
            self._outbox.count(self._ledger.drain())
        self._write_status()

    def _work(self) -> None:
        """Look at a frame whenever its result will have a place: until then a source waits, or a camera's frames go by.

        So a slow disk costs no event, and nothing is looked at for nothing.
        """
        while self._goes_on():
            if not self._recorder.wait_for_room(_LOOK_S):
                continue
            taken = self._mailbox.take(_LOOK_S)
            if taken is not None:
                self._look_at(*taken)
            elif self._mailbox.is_over:
                break
        self._keep_faults()
        while self._goes_on() and not self._recorder.wait_until_stored(_LOOK_S):
            pass

    def _goes_on(self) -> bool:
        """Whether to go on with the work; and what is to be done now and then meanwhile."""
        self._now_and_then()
        return not self._stopping.is_set() and self._recorder.error is None

    def _look_at(self, frame: Frame, passed_over: tuple[str, ...]) -> None:
        answer = Answer(error=frame.error) if frame.error else self._supervisor.answer(frame)
        if answer is None:
            return
        self._ledger.add(looked_at=1, worked_s=answer.took_s)
        events = self._judge.events(frame, answer)
        if answer.error is None:
            self._has_worked = True
            self._keep_faults()
            self._sample()
            if events and self._settings.snapshots != "off":
                events = self._with_snapshot(events)
        marks = (*passed_over, *([frame.mark] if frame.mark is not None else []))
        if events or marks:
            self._keep(Entry(self._first.name, events, marks, frame.started_s), fault=answer.fault)
        else:
            self._ledger.latency(time.monotonic() - frame.started_s)

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

    def _with_snapshot(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        jpeg = self._supervisor.snapshot()
        if not jpeg:
            return events
        if self._snapshots is not None:
            path = self._snapshots.save(events[0].id, jpeg)
            self._ledger.add(bytes_kept=len(jpeg) if path else 0)
            added = {"snapshot": str(path)} if path else {}
        else:
            added = {"snapshot_jpeg": base64.b64encode(jpeg).decode()}
        return tuple(dataclasses.replace(event, body={**event.body, **added}) for event in events)

    def _sample(self) -> None:
        """Now and then encode a frame, to learn what one costs as JPEG."""
        if time.monotonic() < self._next_sample_s:
            return
        self._next_sample_s = time.monotonic() + _SAMPLE_S
        if jpeg := self._supervisor.snapshot():
            self._ledger.add(jpeg_samples=1, jpeg_sample_bytes=len(jpeg))

    def _count(self, frame: Frame) -> None:
        self._ledger.add(captured=1, bytes_captured=frame.size)

    def _stored(self, entries: Sequence[Entry]) -> None:
        now = time.monotonic()
        for entry in entries:
            if entry.started_s is not None:
                self._ledger.latency(now - entry.started_s)
        for delivery in self._deliveries:
            delivery.wake()

    def _now_and_then(self) -> None:
        if time.monotonic() >= self._next_status_s:
            self._next_status_s = time.monotonic() + _STATUS_S
            notify("WATCHDOG=1")
            self._write_status()

    def _write_status(self) -> None:
        with contextlib.suppress(OutputError):  # a disk in trouble: the recorder tells
            state.write_status(self._folder, self.status().to_dict())

    def _worker_trouble(self, restarts: int) -> None:
        event = about_agent("worker restarts", time.time(), restarts=restarts)
        self._recorder.put(Entry("agent", (event,)))

    def _troubles(self) -> dict[str, str]:
        """What does not work now, by the part that it concerns."""
        found = {"source": self._capture.failure, "disk": self._recorder.trouble}
        found |= {one.sink.name: one.failure for one in self._deliveries}
        return {part: reason for part, reason in found.items() if reason}

    def _make_source(self) -> Source:
        spec = self._settings.source
        return open_source(spec.kind, spec.target, every_frame=spec.every_frame, memory=self._outbox, **spec.options)

    def _next_source(self) -> Source:
        """The source that was made to see whether it can be; then, each time, another one."""
        unused, self._unused = self._unused, None
        return unused or self._make_source()


def _sink(one: Any) -> Sink:
    if isinstance(one, str):
        return open_sink(one)
    if isinstance(one, Sink):
        return one
    if callable(one):
        return Call(one)
    raise UsageError(f"a sink is a target such as 'stdout', a function or a Sink, not {type(one).__name__}")
