"""What an agent does with the pictures behind its events: kept here, sent along, or encoded to learn their size."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from edgewright.agent.config.settings import Settings
from edgewright.agent.events.event import Event
from edgewright.agent.ledger import Ledger
from edgewright.agent.snapshots import SnapshotFolder
from edgewright.agent.state_names import SNAPSHOTS

# How often a frame is encoded to learn what sending all of them as JPEG would have cost.
_SAMPLE_S = 10.0


class Pictures:
    """Asks for the last picture where an event is to have it; `snapshot` gives it as JPEG, empty where there is none.

    What comes of it is counted in the `ledger`.
    """

    def __init__(self, settings: Settings, folder: Path, snapshot: Callable[[], bytes], ledger: Ledger) -> None:
        self._wanted = settings.snapshots
        self._snapshot = snapshot
        self._ledger = ledger
        self._kept: SnapshotFolder | None = None
        if self._wanted == "local":
            self._kept = SnapshotFolder(folder / SNAPSHOTS, settings.snapshot_limit_bytes)
        self._next_sample_s = 0.0

    def added(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """The events of the last picture, with it where it is wanted."""
        shown = _showing(events) if self._wanted != "off" else []
        jpeg = self._snapshot() if shown else b""
        if not jpeg:
            return events
        if self._kept is None:
            return _with_facts(events, shown, snapshot_jpeg=base64.b64encode(jpeg).decode())
        path = self._kept.save(shown[0], jpeg)
        self._ledger.add(bytes_kept=len(jpeg) if path else 0)
        return _with_facts(events, shown, snapshot=str(path)) if path else events

    def sample(self) -> None:
        """Now and then encode a frame, to learn what one costs as JPEG."""
        if time.monotonic() < self._next_sample_s:
            return
        self._next_sample_s = time.monotonic() + _SAMPLE_S
        if jpeg := self._snapshot():
            self._ledger.add(jpeg_samples=1, jpeg_sample_bytes=len(jpeg))


def _showing(events: Sequence[Event]) -> list[str]:
    """The ids of the events that have a picture: not those of visits that go on or have ended, which began with one."""
    return [event.id for event in events if event.visit is None or event.visit["phase"] == "new"]


def _with_facts(events: Sequence[Event], ids: Collection[str], **facts: str) -> tuple[Event, ...]:
    """The events, those with one of the ids with more facts."""
    return tuple(replace(event, facts={**event.facts, **facts}) if event.id in ids else event for event in events)
