"""A web server on the loopback address that serves files as a test tells it to: well, or badly in one named way."""

from __future__ import annotations

import gzip
import hashlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Handler", bytes], None]


@dataclass
class Web:
    """A running server: path -> file; `manners` are how the next requests are answered, after that it behaves.

    asked: (path, Range) of each request. sent: bytes of bodies that went out for each. tags: whether files have an
    ETag. finished: dripping answers that were heard to their end. `gate` is what a stalling answer waits for, and
    `began` says that it does.
    """

    port: int
    files: dict[str, bytes] = field(default_factory=dict)
    manners: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    finished: int = 0
    tags: bool = True
    gate: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    @property
    def web(self) -> Web:
        return self.server.web  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self.close_connection = True
        path = self.path.split("://", 1)[-1].partition("/")[2] if "://" in self.path else self.path[1:]
        self.web.asked.append((f"/{path}", self.headers.get("Range", "")))
        self.web.hosts.append(self.headers.get("Host", ""))
        self.web.sent.append(0)
        self.request_number = len(self.web.sent) - 1
        data = self.web.files.get(f"/{path}")
        if data is None:
            status(404)(self, b"")
            return
        manner = self.web.manners.pop(0) if self.web.manners else well
        manner(self, data)

    def head(self, code: int, length: int | None, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def body(self, data: bytes) -> None:
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except OSError:
            return
        self.web.sent[self.request_number] += len(data)

    def hang_up(self) -> None:
        """Close so that nothing of what was written is lost."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)

    def tag(self, data: bytes) -> dict[str, str]:
        return {"ETag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'} if self.web.tags else {}

    def rest(self, data: bytes) -> int:
        """Where the wanted part begins; 0 where all of it is wanted, or the file is another one by now."""
        wanted = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") in (None, self.tag(data).get("ETag"))
        return int(wanted[1]) if wanted and same else 0

    def begin(self, data: bytes) -> int:
        """The head of a good answer; returns from where on the body is wanted."""
        start = self.rest(data)
        if start:
            said = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.head(206, len(data) - start, Content_Range=said, **self.tag(data))
        else:
            self.head(200, len(data), **self.tag(data))
        return start

    def log_message(self, *_: object) -> None:
        """Say nothing on the tests' output."""


def well(handler: Handler, data: bytes) -> None:
    """The file, or the part of it that is wanted."""
    closed = re.match(r"bytes=(\d+)-(\d+)$", handler.headers.get("Range", ""))
    if closed:
        part = data[int(closed[1]) : int(closed[2]) + 1]
        handler.head(206, len(part), Content_Range=f"bytes {closed[1]}-{int(closed[1]) + len(part) - 1}/{len(data)}")
        handler.body(part)
        return
    start = handler.begin(data)
    handler.body(data[start:])


def cut_off(share: float) -> Answer:
    """So much of what is announced, then the connection is closed."""

    def answer(handler: Handler, data: bytes) -> None:
        start = handler.begin(data)
        handler.body(data[start : max(start, int(len(data) * share))])

    return answer


def stall(share: float) -> Answer:
    """So much, then nothing until the test says so."""

    def answer(handler: Handler, data: bytes) -> None:
        start = handler.begin(data)
        handler.body(data[start : max(start, int(len(data) * share))])
        handler.web.began.set()
        handler.web.gate.wait(60)

    return answer


def silent(handler: Handler, data: bytes) -> None:
    """Not even a head."""
    handler.web.began.set()
    handler.web.gate.wait(60)


def wait_then_well(handler: Handler, data: bytes) -> None:
    """The file, when the test says so."""
    handler.web.began.set()
    handler.web.gate.wait(60)
    well(handler, data)


def announce(difference: int) -> Answer:
    """The whole file, announced as longer or shorter than it is."""

    def answer(handler: Handler, data: bytes) -> None:
        handler.head(200, len(data) + difference, **handler.tag(data))
        handler.body(data)

    return answer


def status(code: int) -> Answer:
    """Nothing but a status."""

    def answer(handler: Handler, data: bytes) -> None:
        handler.head(code, 0)

    return answer


def redirect(target: str, code: int = 302) -> Answer:
    """Go elsewhere."""

    def answer(handler: Handler, data: bytes) -> None:
        handler.head(code, 0, Location=target)

    return answer


def other(change: Callable[[bytes], bytes]) -> Answer:
    """Another file in its place, correctly."""
    return lambda handler, data: well(handler, change(data))


def packed(pack: Callable[[bytes], bytes]) -> Answer:
    """The file packed for the way, as a proxy does that was not asked to."""

    def answer(handler: Handler, data: bytes) -> None:
        sent = pack(data)
        handler.head(200, len(sent), Content_Encoding="gzip")
        handler.body(sent)

    return answer


def packed_in_chunks(handler: Handler, data: bytes) -> None:
    """The same, packed while it is sent, so that nobody knows its length before."""
    sent = gzip.compress(data)
    handler.head(200, None, Content_Encoding="gzip", Transfer_Encoding="chunked")
    handler.body(f"{len(sent):x}\r\n".encode() + sent + b"\r\n0\r\n\r\n")


def whole_only(handler: Handler, data: bytes) -> None:
    """A server that knows no ranges."""
    handler.head(200, len(data), **handler.tag(data))
    handler.body(data)


def chunked(share: float) -> Answer:
    """In chunks, without a length; with less than all of it, without the end too."""

    def answer(handler: Handler, data: bytes) -> None:
        handler.head(200, None, Transfer_Encoding="chunked")
        part = data[: int(len(data) * share)]
        handler.body(f"{len(part):x}\r\n".encode() + part + b"\r\n" + (b"0\r\n\r\n" if share == 1 else b""))

    return answer


def without_length(handler: Handler, data: bytes) -> None:
    """The end of the connection is the end of the file."""
    handler.head(200, None)
    handler.body(data)


def wrong_part(handler: Handler, data: bytes) -> None:
    """A part that nobody asked for."""
    handler.head(206, 10, Content_Range=f"bytes 0-9/{len(data)}", **handler.tag(data))
    handler.body(data[:10])


def part_of_another(handler: Handler, data: bytes) -> None:
    """The wanted part, of another version: If-Range is not heeded."""
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    handler.head(206, len(data) - start, Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
    handler.body(bytes(len(data) - start))


def endless(handler: Handler, data: bytes) -> None:
    """Zeros, in chunks, until nobody listens any more or four times the file is out."""
    handler.head(200, None, Transfer_Encoding="chunked")
    for _ in range(4):
        handler.body(f"{len(data):x}\r\n".encode() + bytes(len(data)) + b"\r\n")


def dripping(head: bytes, piece: bytes) -> Answer:
    """A head, then a piece every tenth of a second: for twelve seconds, or until nobody listens."""

    def answer(handler: Handler, data: bytes) -> None:
        handler.body(head.replace(b"LENGTH", str(len(data)).encode()))
        for _ in range(120):
            sent = handler.web.sent[handler.request_number]
            handler.body(piece)
            if handler.web.sent[handler.request_number] == sent or handler.web.gate.wait(0.1):
                return
        handler.web.finished += 1

    return answer


def raw(head: bytes) -> Answer:
    """Just these bytes."""
    return lambda handler, data: handler.body(head)


def serve_web() -> tuple[ThreadingHTTPServer, Web]:
    """Start a server; the caller shuts it down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web = Web(server.server_address[1])
    server.web = web  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, web
