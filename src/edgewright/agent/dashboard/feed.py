"""What the page is fed with: the newest picture that somebody wants, and the last events; nobody waits for it."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from edgewright.agent.dashboard.view import View
from edgewright.agent.events.event import Event

# At most so many pictures a second are shown of a source; and encoding them takes at most this share of the time, on
# whatever machine: what looking costs is bounded.
MOST_PER_S, SHARE = 10.0, 0.02

# So many events are kept for those who come later, or come back.
EVENTS = 200

# What of an event the page does not show, and what may be large.
_LEFT_OUT = ("result", "snapshot_jpeg")


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: pictures that are new, events with their numbers, and whether the status is wanted."""

    views: tuple[tuple[View, bytes], ...] = ()
    events: tuple[tuple[int, dict[str, Any]], ...] = ()
    status: bool = False


class Feed:
    """Between the agent, which shows and tells, and the thread that passes it on; safe to use from several threads.

    What nobody fetches in time is replaced by what is newer. `run` names this run of the agent: numbers of events are
    of one run.
    """

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)
        self._changed = threading.Condition()
        self._wanted: dict[str, bool] = {}
        self._due_s: dict[str, float] = {}
        self._views: dict[str, tuple[View, bytes]] = {}
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=EVENTS)
        self._count = self._told = 0
        self._is_status_wanted = self._is_watched = self._is_over = False

    def wants(self, source: str) -> bool:
        """Whether somebody waits for another picture of a source, and it is time for one; costs next to nothing."""
        return source in self._wanted and time.monotonic() >= self._due_s.get(source, 0.0)

    def show(self, view: View, snapshot: Callable[[], bytes]) -> None:
        """Show a picture, after `wants`; `snapshot` is asked for it as JPEG only if it is wanted itself.

        The longer that took, the later the next one is due.
        """
        start = time.monotonic()
        jpeg = snapshot() if self._wanted.get(view.source) else b""
        now = time.monotonic()
        with self._changed:
            self._wanted.pop(view.source, None)
            pause = max(1 / MOST_PER_S, (now - start) / SHARE * max(1, len(self._due_s)))
            self._due_s = {source: due for source, due in self._due_s.items() if due > now}
            self._due_s[view.source] = start + pause
            self._views[view.source] = (view, jpeg)
            self._changed.notify_all()

    def tell(self, events: Iterable[Event]) -> None:
        """Keep events for those who look, now or later."""
        with self._changed:
            for event in events:
                self._count += 1
                self._events.append((self._count, _told(event)))
            if self._is_watched:
                self._changed.notify_all()

    def ask(self, message: dict[str, Any]) -> None:
        """Take what the other process wants: a source's next picture, a status; and whether anybody watches."""
        with self._changed:
            if isinstance(source := message.get("want"), str):
                self._wanted[source] = self._wanted.get(source, False) or bool(message.get("picture"))
            self._is_status_wanted = self._is_status_wanted or bool(message.get("status"))
            if "watchers" in message:
                self._is_watched = bool(message["watchers"])
            self._changed.notify_all()

    def news(self) -> News | None:
        """What is to be passed on, as soon as there is something; None once it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._has_news())
            if self._is_over:
                return None
            events = tuple(one for one in self._events if one[0] > self._told) if self._is_watched else ()
            self._told = events[-1][0] if events else self._told
            views, self._views = tuple(self._views.values()), {}
            status, self._is_status_wanted = self._is_status_wanted, False
            return News(views, events, status)

    def begin_again(self) -> None:
        """Forget what the other process knew and wanted: it is another one now."""
        with self._changed:
            self._told = 0
            self._wanted.clear()
            self._views.clear()
            self._is_status_wanted = self._is_watched = False

    def close(self) -> None:
        """Let `news` come to its end."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _has_news(self) -> bool:
        return bool(self._views) or self._is_status_wanted or (self._is_watched and self._count > self._told)


def _told(event: Event) -> dict[str, Any]:
    """What the page shows of an event: nothing else of it is kept here."""
    return {key: value for key, value in event.to_dict().items() if key not in _LEFT_OUT}
