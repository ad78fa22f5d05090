"""Two streams without an end, of pictures and of events: a client that reads slowly gets less, and nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from edgewright.agent.dashboard.serving.hub import BOUNDARY, Client, Hub

# So many clients of each of the two.
MOST = 20


@dataclass(frozen=True)
class Stream:
    """A stream that the clients of a hub read: `clients` are those who do now, `news` is what one of them gets next.

    `kind` is its media type, `first` what each begins with. A client may say which event it had last.
    """

    hub: Hub
    sources: Sequence[str]
    kind: str
    first: bytes
    clients: set[Client]
    news: Callable[[Client], bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is new, whenever the client has read what was sent before, until it is gone."""
        request = Request(scope)
        source = request.query_params.get("source", self.sources[0] if self.sources else "")
        if source not in self.sources:
            await PlainTextResponse("there is no such source\n", 404)(scope, receive, send)
        elif len(self.clients) >= MOST:
            full = PlainTextResponse("too many look already\n", 503, {"Retry-After": "10"})
            await full(scope, receive, send)
        else:
            last = request.headers.get("last-event-id") or request.query_params.get("last", "")
            await self._send_all(Client(source, self.hub.event_of(last)), scope, receive, send)

    async def _send_all(self, client: Client, scope: Scope, receive: Receive, send: Send) -> None:
        self.hub.join(client, self.clients)
        waiting = asyncio.create_task(_until_gone(client, receive))
        try:
            headers = [(b"content-type", self.kind.encode()), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _send(send, self.first, more=scope["method"] != "HEAD")
            while scope["method"] != "HEAD" and not client.is_gone:
                await _send(send, b"")  # returns once all before it is on its way: what is sent then is the newest
                client.bell.clear()
                if part := self.news(client):
                    await _send(send, part)
                else:
                    await client.bell.wait()
        finally:
            waiting.cancel()
            self.hub.part(client, self.clients)


def picture_stream(hub: Hub, sources: Sequence[str]) -> Stream:
    """Pictures in parts, which browsers and many programs show: "MJPEG"."""
    kind = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    return Stream(hub, sources, kind, b"--" + BOUNDARY + b"\r\n", hub.lookers, hub.picture)


def event_stream(hub: Hub, sources: Sequence[str]) -> Stream:
    """Events, what was seen, and the status; a browser that lost it comes back after two seconds."""
    return Stream(hub, sources, "text/event-stream; charset=utf-8", b"retry: 2000\n\n", hub.readers, hub.news)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(client: Client, receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        message: Any = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await receive()
        client.leave()
