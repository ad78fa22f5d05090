"""One source at work: what captures it, and what is kept of it from frame to frame."""

from __future__ import annotations

import threading
from collections.abc import Callable

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
from edgewright.agent.inference.following import Follower


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
        self._event_maker = EventMaker(self.name, settings.rules, places, kept)
        self._follower: Follower | None = None
        if settings.followed is not None:
            self._follower = Follower(settings.followed, self.name, score=settings.least_score, kept=kept)

    def follow(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with the tracks of its things, where they are followed."""
        return sighting if self._follower is None else self._follower.follow(sighting, frame.time_s)

    def events(self, frame: Frame, sighting: Sighting) -> tuple[Event, ...]:
        """What is to be reported of a frame."""
        return self._event_maker.events(frame, sighting)

    def entry(self, frame: Frame, events: tuple[Event, ...], passed_over: tuple[str, ...]) -> Entry:
        """What is to be stored of a frame, and of those that were passed over for it."""
        marks = (*passed_over, *([frame.mark] if frame.mark is not None else []))
        kept = self._event_maker.kept() | ({} if self._follower is None else self._follower.kept())
        return Entry(self.memory_name, events, marks, frame.started_s, kept)

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
