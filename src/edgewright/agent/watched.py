"""One source at work: what captures it, and what is kept of it from frame to frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.opening import open_for
from edgewright.agent.capture.pace import Pace
from edgewright.agent.capture.sources import FrameSource
from edgewright.agent.capture.taking import Takes
from edgewright.agent.config.settings import Settings, SourceSpec
from edgewright.agent.delivery.outbox import Entry, Outbox
from edgewright.agent.events.event import Event
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.following import Follower
from edgewright.agent.ledger import Ledger, by_source

if TYPE_CHECKING:
    from edgewright.agent.capture.motion import MotionGate

# How often it is written down where things were seen last, as long as nothing is to be reported.
_LAGGING_S = 2.0

# For so long behind the last motion rules that want to see a thing in several pictures have them looked at.
_HOLD_S = 2.0


class Watched:
    """A source with its mailbox, and what makes events of its frames.

    `name` is what its events call it; `memory_name` what its marks are kept under. What it gives is counted in the
    `ledger`. Raises `UsageError` where the source makes no sense.
    """

    def __init__(
        self,
        spec: SourceSpec,
        settings: Settings,
        memory: Outbox,
        takes: Takes,
        *,
        ledger: Ledger,
        changed: threading.Condition,
    ) -> None:
        self._spec = spec
        self._ledger = ledger
        self._memory = memory
        self._takes = takes
        first = self._make_source()
        self._unused: FrameSource | None = first
        self.live = first.live
        self.memory_name = first.name
        self.name = spec.name or first.name
        # Of a picture that is missed the next one tells, of a sound none does: its source keeps what has to wait.
        self.mailbox = Mailbox(newest=first.live and not takes.is_signal, changed=changed)
        self.capture = Capture(self._next_source, self.mailbox, came=self._came)
        kept = memory.kept("")
        places = [place for place in settings.places if place.source in (None, self.name)]
        followed = settings.followed
        self._event_maker = EventMaker(
            self.name,
            settings.rules,
            places,
            kept,
            has_lives=takes.is_signal or followed is not None,
            lost_s=0.0 if takes.is_signal else settings.lost_s,
        )
        self._follower: Follower | None = None
        if followed is not None:
            self._follower = Follower(followed, self.name, score=settings.least_score, kept=kept)
            for thing, time_s in self._event_maker.lives.things:
                self._follower.resume([thing], time_s)
        self._next_lagging_s = 0.0
        self._is_over = False
        self._pace = Pace(spec.rate)
        self._motion_gate = None if spec.motion is None else _gate(spec.motion, spec, settings)

    def follow(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with the tracks of its things, where they are followed."""
        return sighting if self._follower is None else self._follower.follow(sighting, frame.time_s)

    def passes_over(self, frame: Frame) -> bool:
        """Whether the model is not to be asked of a frame: it comes too soon behind the one before, or is still.

        If it is, the next one is given out no sooner behind it than the rate allows.
        """
        if frame.error is None and self._pace.passes_over(frame):
            return True
        if frame.error is None and self._is_still(frame):
            self.count("still")
            return True
        if (next_s := self._pace.next_s(frame, time.monotonic())) is not None:
            self.mailbox.rests_until_s = next_s
        return False

    def count(self, what: str) -> None:
        """Count a frame, of this source and altogether."""
        self._ledger.add(**{what: 1, by_source(self.name, what): 1})

    def _is_still(self, frame: Frame) -> bool:
        if self._motion_gate is None:
            return False
        has_tracks = self._follower is not None and self._follower.has_tracks
        return self._motion_gate.is_still(frame, is_busy=has_tracks or self._event_maker.lives.has_visits)

    def _came(self, frame: Frame) -> None:
        self.count("captured")
        self._ledger.add(bytes_captured=frame.size, damaged=int(frame.damaged))

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

    def passed(self, frame: Frame, passed_over: tuple[str, ...]) -> Entry | None:
        """What is to be stored of a frame that the model was not asked of."""
        entry = replace(self.entry(frame, (), passed_over), started_s=None)
        return entry if entry.marks or entry.kept else None

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


def _gate(share: float, spec: SourceSpec, settings: Settings) -> MotionGate:
    from edgewright.agent.capture.motion import MotionGate

    lost = [rule.lost_s for rule in settings.rules if rule.lost_s is not None]
    if settings.followed is not None or any(rule.life for rule in settings.rules):
        lost.append(settings.lost_s)
    hold_s = _HOLD_S if any(rule.seen > 1 for rule in settings.rules) else 0.0
    return MotionGate(share, min(lost, default=hold_s), (*settings.privacy.mask, *spec.mask))
