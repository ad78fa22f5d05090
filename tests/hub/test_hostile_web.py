"""Hosts of models that drip, never come to the point, or send somewhere that is no place: one line, and an end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import HubError
from edgewright.hub.model_entry import Entry
from edgewright.media import fetch_web
from edgewright.report import printable
from hub import web_server as manners
from hub.web_server import Web

from .test_web import PATH, data, fails, little, unpublished, web

__all__ = ["data", "little", "unpublished", "web"]

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewright.media.web.client.PROGRESS_S", 0.5)
    monkeypatch.setattr("edgewright.hub.downloading._ATTEMPTS", 2)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
        (CHUNKED, b"0"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: LENGTH\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 404 Not Found\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 302 Found\r\n", b"X: y\r\n"),
    ],
    ids=["status", "headers", "one header", "continue", "in continue", "length of a chunk", "chunks", "trailers",
         "body", "body without a length", "refusal", "redirect"],
)  # fmt: skip
def test_a_server_that_gets_nowhere_is_given_up(web: Web, little: Entry, head: bytes, piece: bytes):
    web.manners = [manners.dripping(head, piece)] * 9
    fails(HubError, "broke off 2 times, at last so: the server sends next to nothing for 0.5 seconds")
    assert web.finished == 0
    assert len(web.asked) == 2


def test_the_end_of_a_connection_that_was_cut_is_not_the_end_of_a_file(web: Web, unpublished: Entry, data: bytes):
    """Where nobody publishes a digest, that of half a file would be recorded."""
    web.manners = [manners.dripping(CHUNKED + b"8\r\n01234567\r\n", b"1\r\nx\r\n")]
    hub.get("little")
    assert len(web.asked) == 2


def test_a_slow_line_gets_its_time(web: Web, little: Entry, data: bytes):
    """Slower than the limit allows altogether, but it gets further all the time."""

    def slowly(handler: manners.Handler, content: bytes) -> None:
        handler.head(200, len(content), **handler.tag(content))
        step = len(content) // 12 + 1
        for begin in range(0, len(content), step):
            handler.body(content[begin : begin + step])
            time.sleep(0.15)

    web.manners = [slowly]
    hub.get("little")
    assert len(web.asked) == 1


def test_our_own_disk_may_be_slow(web: Web, little: Entry, data: bytes):
    """What we take for a chunk is not the server's time."""
    slept = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "downloading" and not slept:
            slept.append(time.sleep(1.5))

    hub.get("little", progress=progress)
    assert len(web.asked) == 1


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: LENGTH\r\n\r\n"], ids=["head", "body"])
def test_encryption_makes_no_difference(web: Web, little: Entry, tmp_path: Path, monkeypatch, head: bytes):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server, secure = manners.serve_web()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    secure.files, secure.manners = web.files, [manners.dripping(head, b"H")] * 9
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", f"https://localhost:{secure.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    try:
        fails(HubError, "next to nothing for 0.5 seconds")
        assert (len(secure.asked), secure.finished) == (2, 0)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def dripping_proxy() -> Iterator[tuple[str, list[int]]]:
    """A proxy that never gets the tunnel done."""
    listening, finished = socket.create_server(("127.0.0.1", 0)), list[int]()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                drip(listening.accept()[0])

    def drip(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(60):
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)
            finished.append(1)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", finished
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_a_proxy_that_gets_nowhere_is_given_up(little: Entry, dripping_proxy, monkeypatch: pytest.MonkeyPatch):
    proxy, finished = dripping_proxy
    monkeypatch.delenv("EDGEWRIGHT_MIRROR")
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    fails(HubError, "next to nothing for 0.5 seconds")
    assert finished == []


@pytest.mark.parametrize(
    "location",
    [
        "http://[", "http://[::1", "http://[x]/", "http://a:b:c/", "http://host:99999999/", "http://host:x/", "//",
        "http://\xff\xfe/", "http://h\xf6st.invalid/", "http://xn--\x80/", "h\tttp://x", "javascript:x", "http:",
        "http://" + "a" * 300 + "/", "http://.../", "http:///", "http://a..b/", "http://\x1b[31m/", "http://a b/",
        "/\x1b]0;x\x07", "/a b", "/" + "a" * 60_000, "\x80\xff", "http://@/", "http://%00/", "http://a/\x00",
    ],
)  # fmt: skip
def test_a_redirect_to_what_is_no_address_is_one_line(web: Web, little: Entry, location: str):
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    web.manners = [manners.raw(head)] * 9
    message = fails(HubError, "little.tflite: ")
    assert message == printable(message)
    assert len(message) < 600


def test_numbers_longer_than_python_reads_are_none(web: Web, little: Entry, data: bytes):
    long = "9" * 5000
    head = f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/{long}\r\nContent-Length: 2\r\n\r\nxx"
    web.manners = [manners.cut_off(0.5), manners.raw(head.encode())]
    fails(HubError, "another part of the file than was asked for")
    web.manners = [manners.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {long}\r\n\r\nabc".encode())]
    assert fetch_web(web.url + PATH) == b"abc"


@pytest.mark.parametrize("header", ["Location: ", "X: y", "URI: http://127.0.0.1:1/"])
def test_a_redirect_to_nowhere_is_one_line_and_no_other_header_is_heeded(web: Web, little: Entry, header: str):
    web.manners = [manners.raw(f"HTTP/1.1 302 Found\r\n{header}\r\nContent-Length: 0\r\n\r\n".encode())] * 9
    fails(HubError, "redirects, and does not say where to")
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "answer", [b"\x1b[31mred\r\n\r\n", b"HTTP/1.1 \x9b31m OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\x1b]0;x\x07\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1b[31m\r\n", b"x" * 70_000]
)  # fmt: skip
def test_words_of_a_server_are_cleaned(web: Web, little: Entry, answer: bytes):
    web.manners = [manners.raw(answer)] * 9
    message = fails(HubError, "little.tflite: ")
    assert message == printable(message)
    assert len(message) < 600
