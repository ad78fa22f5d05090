"""An end to what the other side of a connection may draw out: the connection is cut when its time is over."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any


class Deadline:
    """Holds on to the connection that httpx opened last, by its trace of what it does.

    The limits of httpx are for one step each, such as the next byte; a server that sends one now and then is within
    those for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._is_over = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpx takes as the extension "trace"."""
        if not event.endswith("connect_tcp.complete"):
            return
        # A duplicate is of the same connection, whatever encryption wraps around the other one.
        connection = info["return_value"].get_extra_info("socket").dup()
        self.close()
        with self._lock:
            self._connection = connection
            if self._is_over:
                _cut(connection)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connection where the block takes longer, so that whoever waits for it gets an error."""
        timer = threading.Timer(seconds, self._over)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._is_over = False

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def is_over(self) -> bool:
        """Whether the time of the block that runs is over."""
        return self._is_over

    def _over(self) -> None:
        with self._lock:
            self._is_over = True
            if self._connection is not None:
                _cut(self._connection)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        connection.shutdown(socket.SHUT_RDWR)
