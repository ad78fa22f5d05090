"""Web servers that answer without end, drip, lie or write nonsense: a sink of events neither hangs nor swells."""

from __future__ import annotations

import gzip
import logging
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest

from edgewright.agent import Credentials, Outbox, SinkError, Stored, open_sink
from edgewright.agent.delivery.delivery import Delivery
from edgewright.agent.delivery.outbox import Entry
from edgewright.report import printable
from waiting import wait_for

from .servers import RawServer, read_request

pytestmark = pytest.mark.extras

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Answer = Callable[[RawServer, socket.socket], None]


def stored(*numbers: int) -> list[Stored]:
    return [Stored(n, f"id{n}", "{}") for n in numbers]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], RawServer]]:
    monkeypatch.setattr("edgewright.agent.delivery.sinks.webhook._ATTEMPT_S", 1.0)
    servers: list[RawServer] = []

    def make(answer: Answer) -> RawServer:
        servers.append(RawServer(answer))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def each(*answers: bytes) -> Answer:
    """One answer after the other on the same connection, the last one again and again."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        number = 0
        while read_request(connection):
            server.send(connection, answers[min(number, len(answers) - 1)])
            number += 1

    return answer


def reply(code: int, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {code} Said", "Content-Length: 0", *lines, "", ""]).encode("latin-1")


class TestEndlessAnswers:
    LIMIT = 400_000_000

    def test_a_body_without_end_is_not_read(self, serve):
        def endless(server: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            server.send(connection, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while server.sent < self.LIMIT:
                server.send(connection, b"100000\r\n" + bytes(0x100000) + b"\r\n")

        server = serve(endless)
        assert open_sink(server.url).send(stored(1, 2)) == 2
        assert server.sent < 40_000_000
        assert server.connections == 2

    def test_a_packed_body_is_not_unpacked(self, serve):
        bomb = gzip.compress(bytes(200_000_000), 1)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
        sink = open_sink(serve(each(head.encode() + bomb)).url)
        tracemalloc.start()
        try:
            assert sink.send(stored(1, 2)) == 2
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()

    def test_cookies_do_not_pile_up(self, serve):
        cookies = [f"Set-Cookie: c{n}=x" for n in range(200)]
        sink = open_sink(serve(each(reply(200, *cookies))).url)
        assert sink.send(stored(1, 2)) == 2
        assert len(sink._client.cookies.jar) == 0

    def test_short_bodies_keep_the_connection(self, serve):
        server = serve(each(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nthank you :)"))
        assert open_sink(server.url).send(stored(*range(20))) == 20
        assert server.connections == 1


def dripping(head: bytes, piece: bytes) -> Answer:
    def answer(server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        server.send(connection, head)
        server.drip(connection, piece)

    return answer


class TestDrippingAnswers:
    @pytest.mark.parametrize(
        ("head", "piece"),
        [
            (b"", b"H"),
            (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
            (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        ],
        ids=["status", "headers", "one header", "100", "103"],
    )
    def test_a_head_that_drips_is_not_waited_for(self, serve, head, piece):
        server = serve(dripping(head, piece))
        with pytest.raises(SinkError, match="no answer"):
            open_sink(server.url).send(stored(1))
        assert server.finished == 0

    def test_a_body_that_drips_is_left_and_the_event_has_arrived(self, serve):
        server = serve(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n", b"x"))
        assert open_sink(server.url).send(stored(1)) == 1
        assert server.finished == 0

    def test_also_on_a_connection_that_served_before(self, serve):
        def answer(server: RawServer, connection: socket.socket) -> None:
            read_request(connection)
            server.send(connection, OK)
            read_request(connection)
            server.drip(connection, b"H")

        server = serve(answer)
        assert open_sink(server.url).send(stored(1, 2)) == 1
        assert (server.connections, server.finished) == (1, 0)

    def test_also_while_encryption_is_agreed_on(self, serve):
        # A record of TLS (a handshake message of 16 kB) that never gets whole.
        server = serve(dripping_from_the_start(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"))
        url = server.url.replace("http:", "https:")
        with pytest.raises(SinkError, match="no answer"):
            open_sink(url, Credentials()).send(stored(1))
        assert server.finished == 0

    def test_a_server_that_takes_the_event_drop_by_drop_is_not_waited_for(self, serve, monkeypatch):
        monkeypatch.setattr("edgewright.agent.delivery.sinks.webhook.SLOWEST_BYTES_S", 1e9)

        def sip(server: RawServer, connection: socket.socket) -> None:
            for _ in range(60):
                assert connection.recv(65_536)
                time.sleep(0.2)

        server = serve(sip)
        with pytest.raises(SinkError, match="no answer"):
            open_sink(server.url).send([Stored(1, "id1", "x" * 100_000_000)])
        assert server.finished == 0


def dripping_from_the_start(head: bytes) -> Answer:
    def answer(server: RawServer, connection: socket.socket) -> None:
        server.send(connection, head)
        server.drip(connection, b"\x00")

    return answer


class TestWaitingAsAsked:
    @pytest.mark.parametrize(
        ("lines", "seconds"),
        [
            (["Retry-After: 120"], 120),
            (["Retry-After: 0"], 0),
            (["Retry-After: 99999999999999999999"], 3600),
            ([f"Date: {formatdate(1e9, usegmt=True)}", f"Retry-After: {formatdate(1e9 + 90, usegmt=True)}"], 90),
            ([f"Date: {formatdate(1e9, usegmt=True)}", f"Retry-After: {formatdate(9e9, usegmt=True)}"], 3600),
            ([f"Retry-After: {formatdate(1e9, usegmt=True)}"], 0),
            (["Retry-After: soon"], 0),
            (["Retry-After: -5"], 0),
            (["Retry-After: ²"], 0),
            (["Date: x", "Retry-After: Mon, 99 Foo 2026 99:99:99 GMT"], 0),
            ([], 0),
        ],
    )
    @pytest.mark.parametrize("code", [429, 503])
    def test_the_time_that_the_server_asks_for_is_heeded_within_bounds(self, serve, code, lines, seconds):
        server = serve(each(reply(code, *lines)))
        sink = open_sink(server.url)
        with pytest.raises(SinkError, match=str(code)) as caught:
            sink.send(stored(1))
        assert caught.value.again_s == seconds

    def test_until_then_nothing_is_sent_also_where_some_were_taken_before(self, serve):
        requests: list[bytes] = []

        def answer(server: RawServer, connection: socket.socket) -> None:
            while request := read_request(connection):
                requests.append(request)
                server.send(connection, OK if len(requests) < 3 else reply(503, "Retry-After: 1000"))

        sink = open_sink(serve(answer).url)
        assert sink.send(stored(1, 2, 3)) == 2
        for _ in range(3):
            with pytest.raises(SinkError, match="503") as caught:
                sink.send(stored(3))
            assert caught.value.again_s > 900
        assert len(requests) == 3


class TestNonsense:
    @pytest.mark.parametrize(
        "location",
        [
            "http://[", "http://[::1", "http://a:b:c/", "http://host:99999999/", "//", "\x80\xff", "http://\xff\xfe/",
            "http://xn--\x80/", "h\tttp://x", "javascript:x", "", "?", "http://" + "a" * 70_000, "http://.../", "http:///",
        ],
    )  # fmt: skip
    def test_redirects_to_broken_addresses_are_one_line(self, serve, location):
        sink = open_sink(serve(each(reply(302, f"Location: {location}"))).url)
        with pytest.raises(SinkError):
            sink.send(stored(1))

    @pytest.mark.parametrize(
        "said", [b"\x1b[31mred\x1b]0;title\x07", b"a\x9b31mb", b"a\x00b", b"a\rb", b"a\x85b", b"x" * 60_000]
    )
    @pytest.mark.parametrize("code", [500, 200, 99])
    def test_reasons_in_the_log_are_clean_and_short(self, serve, outbox: Outbox, event, caplog, said, code):
        broken = b"HTTP/1.1 %d %s\r\n\r\n" % (code, said) if code != 200 else b"HTTP/1.1 " + said + b"\r\n\r\n"
        sink = open_sink(serve(each(broken)).url)
        outbox.attach([sink.name])
        outbox.append([Entry("test", (event(1),))])
        with caplog.at_level(logging.WARNING, "edgewright"):
            delivery = Delivery(sink, outbox)
            delivery.start()
            wait_for(lambda: delivery.failure)
            delivery.stop(5)
        for message in [delivery.failure, *caplog.messages]:
            assert message == printable(message)
            assert len(message) < 500
