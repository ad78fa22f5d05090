"""Two streams without an end, of pictures and of events: a client that reads slowly gets less, and nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from edgewright.agent.dashboard.serving.hub import BOUNDARY, Client, Hub

# So many clients of each of the two.
MOST = 20


class _Stream:
    """What both have: who is let in, when to send, and when it is over."""

    kind = ""
    first = b""

    def __init__(self, hub: Hub, sources: Sequence[str]) -> None:
        self._hub = hub
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is new, whenever the client has read what was sent before, until it is gone."""
        request = Request(scope)
        source = request.query_params.get("source", self._sources[0] if self._sources else "")
        if source not in self._sources:
            await PlainTextResponse("there is no such source\n", 404)(scope, receive, send)
        elif len(self._clients) >= MOST:
            full = PlainTextResponse("too many look already\n", 503, {"Retry-After": "10"})
            await full(scope, receive, send)
        else:
            await self._send_all(self._client(request, source), scope, receive, send)

    @property
    def _clients(self) -> set[Client]:
        raise NotImplementedError

    def _client(self, request: Request, source: str) -> Client:
        return Client(source)

    def _next(self, client: Client) -> bytes:
        raise NotImplementedError

    async def _send_all(self, client: Client, scope: Scope, receive: Receive, send: Send) -> None:
        self._hub.join(client, self._clients)
        waiting = asyncio.create_task(_until_gone(client, receive))
        try:
            headers = [(b"content-type", self.kind.encode()), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _send(send, self.first, more=scope["method"] != "HEAD")
            while scope["method"] != "HEAD" and not client.is_gone:
                await _send(send, b"")  # returns once all before it is on its way: what is sent then is the newest
                client.bell.clear()
                if part := self._next(client):
                    await _send(send, part)
                else:
                    await client.bell.wait()
        finally:
            waiting.cancel()
            self._hub.part(client, self._clients)


class PictureStream(_Stream):
    """Pictures in parts, which browsers and many programs show: "MJPEG"."""

    kind = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    first = b"--" + BOUNDARY + b"\r\n"

    @property
    def _clients(self) -> set[Client]:
        return self._hub.lookers

    def _next(self, client: Client) -> bytes:
        return self._hub.picture(client)


class EventStream(_Stream):
    """Events, what was seen, and the status; a client that comes back says which event it had last."""

    kind = "text/event-stream; charset=utf-8"
    first = b"retry: 2000\n\n"

    @property
    def _clients(self) -> set[Client]:
        return self._hub.readers

    def _client(self, request: Request, source: str) -> Client:
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return Client(source, self._hub.event_of(last))

    def _next(self, client: Client) -> bytes:
        return self._hub.news(client)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(client: Client, receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        message: Any = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await receive()
        client.leave()
