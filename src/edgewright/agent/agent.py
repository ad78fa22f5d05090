"""The agent: from a source through the model and the rules to the outbox, and from there to the sinks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from edgewright.agent import state
from edgewright.agent.capture.taking import Takes, taken_by
from edgewright.agent.config.introduction import introduce
from edgewright.agent.config.models import hidden_of, second_of
from edgewright.agent.config.settings import Settings, SourceSpec, model_name
from edgewright.agent.config.signals import suited
from edgewright.agent.config.targets import source_of
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.outbox import Outbox
from edgewright.agent.delivery.sinks import Sink
from edgewright.agent.delivery.sinks.call import Call
from edgewright.agent.delivery.sinks.protocol import open_sink
from edgewright.agent.events.observing import Wanted
from edgewright.agent.glance import Glance
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.agent.ledger import Ledger
from edgewright.agent.running import Running
from edgewright.agent.state_names import IDENTITY, OUTBOX, SNAPSHOTS
from edgewright.agent.status import Status, status_before_start
from edgewright.brief import count, line_of, name
from edgewright.errors import OutputError, UsageError
from edgewright.hub import read


class _Stopping(threading.Event):
    """Can be set in a signal handler too, which may have interrupted a `wait` of its own thread in its midst."""

    def __init__(self) -> None:
        super().__init__()
        self._cond = threading.Condition(threading.RLock())  # that of an event lets the same thread in only once


SinkLike = str | Sink | Callable[[dict[str, Any]], object]


class Agent:
    """Watches a source with a model and reports events; nothing that it reports is lost.

    `source`: a camera's number, the address of a stream, a video file, a folder, or an iterable of pictures; or several
    `SourceSpec`s, as `source_of` makes them. `sinks`: targets such as "mqtts://broker/site/door", "file:events.jsonl"
    and "stdout", functions that take an event as a dictionary, or `Sink`s; one, or a list of them. All other arguments
    are those of `Settings`.

    Raises `UsageError` for settings that make no sense.

    >>> def tell(event):
    ...     print(event["picture"], event["label"])
    >>> agent = ew.Agent("mobilenet.tflite", ["photo.jpg", "cat.bmp"], sinks=[tell], state="kept")
    >>> status = agent.run()
    photo.jpg macaw
    cat.bmp Egyptian cat
    >>> status.events, status.sent
    (2, 2)
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
        self.settings = Settings(model=model, sources=_sources(source, every_frame), sinks=opened, **others)
        self.ledger = Ledger()
        self._running: Running | None = None
        self._stopping = _Stopping()
        self._ready = threading.Event()

    def __repr__(self) -> str:
        settings = self.settings
        sinks = ", ".join(sink.name for sink in settings.sinks)
        rules = count(len(settings.rules), "rule") if settings.rules else "each result"
        return line_of(
            self,
            name(model_name(settings.model)),
            f"{', '.join(source.kind for source in settings.sources)} -> {sinks}",
            rules,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The agent of settings that are complete, as `read_settings` gives them."""
        given = dict(vars(settings))
        return cls(source=given.pop("sources"), **given)

    def stop(self) -> None:
        """Make `run` come to its end; what is stored stays. Safe in a signal handler."""
        self._stopping.set()

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Wait, in another thread than that of `run`, until the model is open and the source is being read."""
        return self._ready.wait(timeout_s)

    def glance(self) -> Glance | None:
        """What it is doing now, for another thread than that of `run`; None before it works, after, and in trouble."""
        running = self._running
        if running is None:
            return None
        with contextlib.suppress(OutputError):  # the outbox does not answer, or was closed just now
            return running.glance()
        return None

    def run(self) -> Status:
        """Work until the source ends or `stop` is called, and say what came of it.

        Raises `UsageError` and `ModelError` for a model, a label or a source that is wrong, and `OutputError` where the
        state cannot be kept. What can heal is tried again and logged: a camera, a broker, a disk.
        """
        model = read(self.settings.model)
        takes = taken_by(model, self.settings.task, self.settings.options)
        settings = suited(self.settings, takes)
        then, hidden = second_of(settings), hidden_of(settings)
        with contextlib.ExitStack() as open_parts:
            opened = state.wait_for_room(lambda parts: _open_state(settings, takes, parts), open_parts, self._stopping)
            if opened is None:
                return status_before_start(settings)
            followed = settings.followed
            unsure = None if followed is None else followed.least(settings.least_score)
            wanted = Wanted.by(settings.rules, settings.top, unsure=unsure)
            if settings.dashboard is not None:
                wanted = wanted.for_looking()
            setup = WorkerSetup(model, settings.task, settings.options, wanted, then, hidden)
            self._running = Running(settings, self.ledger, self._stopping, *opened, setup, takes)
            open_parts.callback(self._end)
            return self._running.run(self._ready)

    def _end(self) -> None:
        self._running = None


def _open_state(settings: Settings, takes: Takes, opened: contextlib.ExitStack) -> tuple[Outbox, Path]:
    folder = opened.enter_context(state.locked(Path(settings.state)))
    outbox = Outbox(folder / OUTBOX, limits=settings.limits)
    opened.callback(outbox.close)
    outbox.attach([sink.name for sink in settings.sinks])
    has_lives = takes.is_signal or settings.followed is not None
    introduce(settings, Identity(folder / IDENTITY), outbox, has_lives=has_lives)
    if settings.snapshots == "local":
        state.make_folder(folder / SNAPSHOTS)
    return outbox, folder


def _sources(source: Any, every_frame: bool | None) -> tuple[SourceSpec, ...]:
    if isinstance(source, list | tuple) and source and all(isinstance(one, SourceSpec) for one in source):
        return tuple(source_of(one, every_frame) for one in source)
    return (source_of(source, every_frame),)


def _sink(one: Any) -> Sink:
    if isinstance(one, str):
        return open_sink(one)
    if isinstance(one, Sink):
        return one
    if callable(one):
        return Call(one)
    raise UsageError(f"a sink is a target such as 'stdout', a function or a Sink, not {type(one).__name__}")
