"""An end to what the other side of a connection may draw out: the connection is cut when its time is over."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

# A deadline is kept to this exactness. Looking costs less than waking a thread for each request.
_LOOK_S = 0.25


class Deadline:
    """Holds on to the connection that httpx opened last, by its trace of what it does.

    The limits of httpx are for one step each, such as the next byte; a server that sends one now and then is within
    those for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._end: float | None = None
        self._is_over = False
        self._needed = threading.Event()
        self._closed: threading.Event | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpx takes as the extension "trace"."""
        if not event.endswith("connect_tcp.complete"):
            return
        # A duplicate is of the same connection, whatever encryption wraps around the other one.
        connection = info["return_value"].get_extra_info("socket").dup()
        with self._lock:
            self._let_go()
            self._connection = connection
            if self._is_over:
                _cut(connection)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connection where the block takes longer, so that whoever waits for it gets an error."""
        with self._lock:
            self._end, self._is_over = time.monotonic() + seconds, False
            if self._closed is None:
                self._closed = threading.Event()
                threading.Thread(target=self._watch, args=(self._closed,), name="deadline", daemon=True).start()
        self._needed.set()
        try:
            yield
        finally:
            with self._lock:
                self._end, self._is_over = None, False

    def close(self) -> None:
        """Let go of the connection, and end the thread that watches."""
        with self._lock:
            self._let_go()
            if self._closed is not None:
                self._closed.set()
                self._closed = None
        self._needed.set()

    @property
    def is_over(self) -> bool:
        """Whether the time of the block that runs is over."""
        return self._is_over

    def _watch(self, closed: threading.Event) -> None:
        while not closed.wait(_LOOK_S):
            with self._lock:
                if self._end is None and not closed.is_set():
                    self._needed.clear()
                elif self._end is not None and time.monotonic() >= self._end:
                    self._is_over, self._end = True, None
                    if self._connection is not None:
                        _cut(self._connection)
            self._needed.wait()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is gone already
        connection.shutdown(socket.SHUT_RDWR)
