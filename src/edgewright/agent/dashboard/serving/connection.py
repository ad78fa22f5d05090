"""A client's connection that is given up where the client takes too long, to ask or to read."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# Bytes of a request with its headers; connections at a time, over which the oldest that asks nothing has to go.
MOST_HEADERS = 16 << 10
MOST_CONNECTIONS = 100

# Seconds that a request may take to arrive, and that a client may read nothing of what it asked for.
ASK_S, READ_S = 5.0, 20.0


class Connection(H11Protocol):
    """uvicorn's, which waits for ever for a request, and for whoever does not read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._asking: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client some time to ask."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # what is not read yet is all that waits
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()
        self._hurry()

    def data_received(self, data: bytes) -> None:
        """Wait no more once the request is there."""
        super().data_received(data)
        if self._is_answering:
            self._calm()
        elif self._asking is None:
            self._hurry()

    def on_response_complete(self) -> None:
        """What comes next is another request."""
        super().on_response_complete()
        if not self._is_answering and self._asking is None:
            self._hurry()

    def pause_writing(self) -> None:
        """Give the client some time to read."""
        super().pause_writing()
        if self._reading is None:
            self._reading = self.loop.call_later(READ_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        super().connection_lost(exc)
        self._calm()
        if self._reading is not None:
            self._reading.cancel()

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _hurry(self) -> None:
        self._asking = self.loop.call_later(ASK_S, self.transport.abort)

    def _calm(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _make_room(self) -> None:
        """Give up whoever has been asking the longest, or else the newcomer."""
        waiting = [one for one in self.connections if isinstance(one, Connection) and one._asking is not None]
        oldest = min(waiting, key=lambda one: one._asking.when() if one._asking else 0.0, default=self)
        oldest.transport.abort()
