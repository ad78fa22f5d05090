"""One source at work: what captures it, and what is kept of it from frame to frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.opening import open_for
from edgewright.agent.capture.sources import FrameSource
from edgewright.agent.capture.taking import Takes
from edgewright.agent.config.settings import Settings, SourceSpec
from edgewright.agent.delivery.outbox import Entry, Outbox
from edgewright.agent.events.event import Event
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.following import Follower, Tracking

# How often it is written down where things were seen last, as long as nothing is to be reported.
_LAGGING_S = 2.0


class Watched:
    """A source with its mailbox, and what makes events of its frames.

    `name` is what its events call it; `memory_name` what its marks are kept under. `came` is called with each frame.
    Raises `UsageError` where the source makes no sense.
    """

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        memory: Outbox,
        takes: Takes,
        *,
        came: Callable[[Frame], None],
        changed: threading.Condition,
    ) -> None:
        self._spec = spec
        self._memory = memory
        self._takes = takes
        first = self._make_source()
        self._unused: FrameSource | None = first
        self.live = first.live
        self.memory_name = first.name
        self.name = spec.name or first.name
        # Of a picture that is missed the next one tells, of a sound none does: its source keeps what has to wait.
        self.mailbox = Mailbox(newest=first.live and not takes.is_signal, changed=changed)
        self.capture = Capture(self._next_source, self.mailbox, came=came)
        kept = memory.kept("")
        places = [place for place in settings.places if place.source in (None, self.name)]
        followed = settings.followed
        self._event_maker = EventMaker(
            self.name,
            settings.rules,
            places,
            kept,
            has_lives=takes.is_signal or followed is not None,
            lost_s=0.0 if takes.is_signal else (followed or Tracking()).lost_s,
        )
        self._follower: Follower | None = None
        if followed is not None:
            self._follower = Follower(followed, self.name, score=settings.least_score, kept=kept)
            for thing, time_s in self._event_maker.lives.things:
                self._follower.resume([thing], time_s)
        self._next_lagging_s = 0.0
        self._is_over = False

    def follow(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with the tracks of its things, where they are followed."""
        return sighting if self._follower is None else self._follower.follow(sighting, frame.time_s)

    def events(self, frame: Frame, sighting: Sighting) -> tuple[Event, ...]:
        """What is to be reported of a frame."""
        return self._event_maker.events(frame, sighting)

    def entry(self, frame: Frame, events: tuple[Event, ...], passed_over: tuple[str, ...]) -> Entry:
        """What is to be stored of a frame, and of those that were passed over for it."""
        marks = (*passed_over, *([frame.mark] if frame.mark is not None else []))
        kept = self._kept()
        may_lag = not (events or marks or kept)
        if not may_lag or time.monotonic() >= self._next_lagging_s:
            kept |= self._event_maker.lives.lagging()
            self._next_lagging_s = time.monotonic() + _LAGGING_S
        return Entry(self.memory_name, events, marks, frame.started_s, kept, may_lag)

    def begin(self) -> Entry:
        """What is to be stored before the first frame: the ends of visits that cannot go on."""
        return self._without_frame(self._event_maker.lives.begin())

    def finish(self, *, is_stopped: bool) -> Entry | None:
        """What is to be stored behind the last frame, once: nothing while there may be more.

        Visits end with a source that has an end. Those of a camera are only interrupted, and go on with the next run.
        """
        if self._is_over or not (is_stopped or (self.mailbox.is_over and not self.live)):
            return None
        self._is_over = True
        entry = self._without_frame([] if self.live else self._event_maker.lives.close())
        return replace(entry, kept={**entry.kept, **self._event_maker.lives.lagging()})

    def _without_frame(self, events: Sequence[Event]) -> Entry:
        return Entry(self.memory_name, tuple(events), kept=self._kept())

    def _kept(self) -> dict[str, str | None]:
        return self._event_maker.kept() | ({} if self._follower is None else self._follower.kept())

    def _make_source(self) -> FrameSource:
        spec = self._spec
        return open_for(
            self._takes,
            spec.kind,
            spec.target,
            every_frame=spec.every_frame,
            memory=self._memory,
            **spec.options,
        )

    def _next_source(self) -> FrameSource:
        """The source that was made to see whether it can be; then, each time, another one."""
        unused, self._unused = self._unused, None
        return unused or self._make_source()
