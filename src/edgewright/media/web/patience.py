"""An end to waiting for a server that sends something now and then and gets nowhere: its connection is cut."""

from __future__ import annotations

import contextlib
import http.client
import math
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

_LOOK_S = 1.0


class Patience:
    """Cuts the connections that it was given once nothing has `moved` for so many seconds.

    A socket's own time limit is for the next bytes only: headers that drip, and answers which say again and again that
    the answer comes later, never reach it. `is_over` says that it did cut.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._end = time.monotonic() + seconds
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        threading.Thread(target=self._watch, name="patience", daemon=True).start()

    def moved(self) -> None:
        """Begin to count anew."""
        self._end = time.monotonic() + self.seconds

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Do not count the time of the block: it is ours."""
        left, self._end = self._end - time.monotonic(), math.inf
        yield
        self._end = time.monotonic() + left

    def close(self) -> None:
        """Have no more to do with any connection."""
        self._done.set()
        with self._lock:
            self._connection = None
            self._let_go()

    def watch(self, connection: http.client.HTTPConnection) -> None:
        """Look after a connection that is still to be made, in place of the one before."""
        connect = connection.connect

        def watched() -> None:
            connect()
            with self._lock:
                self._let_go()
                # A duplicate stays when the library hands the socket on to the answer.
                self._socket = socket.fromfd(connection.sock.fileno(), connection.sock.family, connection.sock.type)

        connection.connect = watched  # type: ignore[method-assign]
        with self._lock:
            self._connection = connection
        self.moved()

    def _watch(self) -> None:
        while not self._done.wait(min(_LOOK_S, max(0.0, self._end - time.monotonic()))):
            if time.monotonic() >= self._end:
                self.is_over = True
                self._cut()
                return

    def _cut(self) -> None:
        with self._lock:
            # Before it is connected, a proxy that is asked to connect may be what drips.
            for one in (self._socket, getattr(self._connection, "sock", None)):
                if one is not None:
                    with contextlib.suppress(OSError):  # it is gone already
                        socket.socket.shutdown(one, socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Watching:
    """Makes a handler of `urllib` show its connections to a `Patience`."""

    patience: Patience

    def do_open(self, http_class: Any, req: urllib.request.Request, **arguments: Any) -> http.client.HTTPResponse:
        def made(host: str, **others: Any) -> http.client.HTTPConnection:
            connection: http.client.HTTPConnection = http_class(host, **others)
            self.patience.watch(connection)
            return connection

        answer: http.client.HTTPResponse = super().do_open(made, req, **arguments)  # type: ignore[misc]
        return answer


class WatchedHTTP(_Watching, urllib.request.HTTPHandler):
    """Opens http addresses."""


class WatchedHTTPS(_Watching, urllib.request.HTTPSHandler):
    """Opens https addresses."""


def watched_handlers(patience: Patience) -> tuple[urllib.request.BaseHandler, urllib.request.BaseHandler]:
    """The handlers of http and https whose connections end with `patience`."""
    plain, secure = WatchedHTTP(), WatchedHTTPS()
    plain.patience = secure.patience = patience
    return plain, secure
