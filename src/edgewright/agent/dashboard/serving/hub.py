"""What the clients are shown, each thing written once for all: the newest of everything, and the last events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from edgewright.agent.dashboard.feed import EVENTS
from edgewright.documents import json_text

BOUNDARY = b"picture"

_BEAT_S = 2.0

Ask = Callable[[dict[str, Any]], None]


class Client:
    """Somebody who is shown something: what of it they had, and a bell for what is new.

    `event`, `view`, `status`: the number of the last one that they were sent.
    """

    def __init__(self, source: str, event: int = 0) -> None:
        self.source = source
        self.event = event
        self.view = self.status = 0
        self.is_gone = False
        self.bell = asyncio.Event()

    def leave(self) -> None:
        """Be gone."""
        self.is_gone = True
        self.bell.set()


class Hub:
    """Takes what the agent tells, and gives clients what they have not had; asks for what somebody waits for.

    All of it in the thread of the event loop. `run` names the run of the agent, in which events are numbered.
    """

    def __init__(self, run: str, ask: Ask) -> None:
        self.lookers: set[Client] = set()
        self.readers: set[Client] = set()
        self.status: dict[str, Any] | None = None
        self._run = run
        self._ask = ask
        self._wanted: dict[str, bool] = {}
        self._count = self._said = 0
        self._status = (0, b"")
        self._views: dict[str, tuple[int, bytes]] = {}
        self._pictures: dict[str, tuple[int, bytes]] = {}
        self._events: deque[tuple[int, bytes]] = deque(maxlen=EVENTS)

    def take(self, message: dict[str, Any], data: bytes) -> None:
        """Take one message of the agent, with the picture that came along."""
        self._count += 1
        if (view := message.get("view")) is not None:
            self._take_view(view, data)
        for number, event in message.get("events", ()):
            self._events.append((number, _written("event", event, f"{self._run}-{number}")))
        if (status := message.get("status")) is not None:
            self.status = status
            self._status = (self._count, _written("status", status))
        for client in (*self.lookers, *self.readers):
            client.bell.set()

    def join(self, client: Client, among: set[Client]) -> None:
        """Take somebody in."""
        among.add(client)
        self._tell_watchers()

    def part(self, client: Client, among: set[Client]) -> None:
        """Forget somebody."""
        among.discard(client)
        self._tell_watchers()

    def picture(self, client: Client) -> bytes:
        """The newest picture, if the client has not had it; else it is asked for, and there is nothing now."""
        number, part = self._pictures.get(client.source, (0, b""))
        if number > client.view:
            client.view = number
            return part
        self._want(client.source, picture=True)
        return b""

    def news(self, client: Client) -> bytes:
        """All that is new to a reader of the stream of events."""
        parts = [text for number, text in self._events if number > client.event]
        if self._events:
            client.event = max(client.event, self._events[-1][0])
        number, view = self._views.get(client.source, (0, b""))
        if number > client.view:
            client.view = number
            parts.append(view)
        elif not any(looker.source == client.source for looker in self.lookers):
            self._want(client.source, picture=False)
        number, status = self._status
        if number > client.status:
            client.status = number
            parts.append(status)
        return b"".join(parts)

    def event_of(self, last: str) -> int:
        """The number in a Last-Event-ID; 0, and so all that is remembered, for one of another run, or nonsense."""
        run, _, number = last.partition("-")
        return int(number) if run == self._run and number.isascii() and number.isdigit() and len(number) < 16 else 0

    async def beat(self) -> None:
        """Ask for the status, now and then while somebody reads."""
        while True:
            await asyncio.sleep(_BEAT_S)
            if self.readers:
                self.want_status()

    def want_status(self) -> None:
        """Have the agent say how it is."""
        self._ask({"status": True})

    def _take_view(self, view: dict[str, Any], jpeg: bytes) -> None:
        source = view["source"]
        self._wanted.pop(source, None)
        self._views[source] = (self._count, _written("view", {**view, "picture": bool(jpeg)}))
        if jpeg:
            self._pictures[source] = (self._count, _part(view["number"], jpeg))

    def _want(self, source: str, *, picture: bool) -> None:
        if self._wanted.get(source, False) >= picture and source in self._wanted:
            return
        self._wanted[source] = picture
        self._ask({"want": source, "picture": picture})

    def _tell_watchers(self) -> None:
        if (count := len(self.readers)) != self._said:
            self._said = count
            self._ask({"watchers": count, "status": bool(count)})


def _written(kind: str, value: dict[str, Any], number: str = "") -> bytes:
    """A message of a stream of events. Source: HTML Living Standard, 9.2.5 (server-sent events)."""
    numbered = f"id: {number}\n" if number else ""
    text = json_text(value, separators=(",", ":"))  # JSON has no line breaks outside of its texts, and none in them
    return f"event: {kind}\n{numbered}data: {text}\n\n".encode("utf-8", "backslashreplace")


def _part(number: int, jpeg: bytes) -> bytes:
    """One picture of a stream of them; the boundary behind it lets a browser show it at once."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\nX-Picture: {number}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n--" + BOUNDARY + b"\r\n"
