"""A thousand hostile requests to the dashboard: each is refused, and nothing is any different afterwards."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from agent.made_feed import Made, Reader, event, noise
from edgewright.agent.dashboard.access import Token
from edgewright.agent.dashboard.serving.connection import MOST_CONNECTIONS

SECRET = "s" * 40
REFUSED = {"400", "401", "403", "404", "405", "413", "421", "431", "505"}

Attack = Callable[[Random, int], bytes]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with Made(token=Token(SECRET)) as one:
        one.feed.tell([event(0)])
        yield one


def request(line: str, *headers: str, host: str = "127.0.0.1", let_in: bool = True) -> bytes:
    """One request, by somebody who has the token or not."""
    given = [f"Host: {host}", *([f"Authorization: Bearer {SECRET}"] if let_in else []), *headers, "", ""]
    return "\r\n".join([line, *given]).encode("latin1")


def traversal(chance: Random, _: int) -> bytes:
    up = chance.choice(["../", "..%2f", "%2e%2e/", "..%5c", "....//", "%252e%252e/", "..\\"]) * chance.randrange(1, 12)
    end = chance.choice(
        ["etc/passwd", "proc/self/environ", "serving/guard.py", "index.html", "%00", "page/main.js%00.css"]
    )
    return request(f"GET /{up}{end} HTTP/1.1")


def long_header(chance: Random, _: int) -> bytes:
    return request(
        "GET / HTTP/1.1", f"X-{'a' * chance.randrange(1, 99)}: {'b' * chance.randrange(16 << 10, 200 << 10)}"
    )


def many_headers(chance: Random, _: int) -> bytes:
    return request("GET / HTTP/1.1", *(f"X-{number}: {chance.random()}" for number in range(2000)))


def long_path(chance: Random, _: int) -> bytes:
    return request(f"GET /{'a' * chance.randrange(16 << 10, 99 << 10)} HTTP/1.1")


def wrong_token(chance: Random, place: int) -> bytes:
    wrong = chance.choice([SECRET[:-1], SECRET.upper(), SECRET + "x", "", "é", "%00", "s" * 9000])
    ways = [
        request(f"GET /?token={wrong.replace('é', '%C3%A9')} HTTP/1.1", let_in=False),
        request("GET /live.mjpeg HTTP/1.1", f"Authorization: Bearer {wrong}", let_in=False),
        request("GET /stream HTTP/1.1", f"Cookie: edgewright={wrong}; edgewright-80={wrong}", let_in=False),
        request("GET /api/status HTTP/1.1", f"Authorization: Basic {SECRET}", let_in=False),
        request(f"GET /live.mjpeg?token={SECRET} HTTP/1.1", let_in=False),
    ]
    return ways[place % len(ways)]


def foreign_host(chance: Random, _: int) -> bytes:
    names = ["evil.example", "127.0.0.1.evil.example", "localhost.", "2130706433", "0x7f.1", "", "evil.example:80",
             "127.0.0.1@evil.example", "[::ffff:127.0.0.1]", "192.168.0.1", "localhost evil", "a" * 5000]  # fmt: skip
    return request(f"GET {chance.choice(['/', '/stream', '/live.mjpeg'])} HTTP/1.1", host=chance.choice(names))


def no_host(chance: Random, place: int) -> bytes:
    head = f"GET /{chance.choice(['', 'stream'])} HTTP/1.{place % 2}\r\nAuthorization: Bearer {SECRET}\r\n"
    return (head + ("Host: localhost\r\nHost: evil.example\r\n" if place % 3 else "") + "\r\n").encode()


def method(chance: Random, _: int) -> bytes:
    verb = chance.choice("POST PUT DELETE PATCH OPTIONS TRACE CONNECT get PROPFIND X".split())
    body = chance.randbytes(chance.randrange(0, 3000)).hex()
    return request(f"{verb} / HTTP/1.1", f"Content-Length: {len(body)}") + body.encode()


def body(chance: Random, place: int) -> bytes:
    size = chance.choice(["5", "99999999999999", "-1", "x", "5, 6"])
    how = [f"Content-Length: {size}", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked"]
    return request("GET /stream HTTP/1.1", how[place % 3]) + b"5\r\nhello\r\n0\r\n\r\n"


def garbage(chance: Random, _: int) -> bytes:
    return chance.randbytes(chance.randrange(1, 4000)) + b"\r\n\r\n"


def broken(chance: Random, place: int) -> bytes:
    whole = request("GET / HTTP/1.1", "Accept: */*")
    wrong = [
        whole.replace(b" ", b"\x00", 1), whole.replace(b"HTTP/1.1", b"HTTP/9.9"), whole.replace(b": ", b"\r\n", 1),
        whole.replace(b"GET", b"GE\xff"), b"\x16\x03\x01\x02\x00" + whole, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        whole.replace(b"/ ", b"http://evil.example/\x01 ", 1), whole.replace(b"Accept", b"Acc\tept"),
    ]  # fmt: skip
    return wrong[place % len(wrong)]


def other_site(chance: Random, _: int) -> bytes:
    path = chance.choice(["/live.mjpeg", "/stream", "/api/status", "/api/setup"])
    return request(f"GET {path} HTTP/1.1", "Sec-Fetch-Site: cross-site", "Origin: http://evil.example")


def other_source(chance: Random, _: int) -> bytes:
    source = chance.choice(["..", "%00", "door%0d%0aX: y", "yard%27", "a" * 4000, "door&source=x"])
    return request(f"GET /{chance.choice(['stream', 'live.mjpeg'])}?source={source} HTTP/1.1")


ATTACKS: list[Attack] = [
    traversal, long_header, many_headers, long_path, wrong_token, foreign_host, no_host, method, body, garbage, broken,
    other_site, other_source,
]  # fmt: skip
EACH = 80


def answered(port: int, sent: bytes) -> str:
    """The code of the answer, "" where the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with contextlib.suppress(OSError):  # refused before it was all read
            connection.sendall(sent)
        got = b""
        with contextlib.suppress(OSError):
            while b"\r\n\r\n" not in got and (piece := connection.recv(1000)):
                got += piece
    words = got.split(maxsplit=2)
    return words[1].decode() if len(words) > 1 else ""


def is_as_before(made: Made) -> bool:
    """Whether somebody with the token gets all that there is."""
    bearer = {"Authorization": f"Bearer {SECRET}"}
    with Reader(made, "/stream", **bearer) as reader, Reader(made, "/live.mjpeg", **bearer) as looker:
        return bool(reader.events(1) and next(looker.pictures())[1]) and made.ask("/api/status", **bearer)[0] == 200


def memory(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_each_is_refused_and_changes_nothing(made, attack):
    before, chance = made.dashboard.process_id, Random(attack.__name__)
    codes = {answered(made.port, attack(chance, place)) for place in range(EACH)}
    assert codes <= REFUSED | {""}, codes
    assert codes != {""}
    assert made.dashboard.process_id == before
    assert is_as_before(made)


def test_a_thousand_in_all():
    assert EACH * len(ATTACKS) >= 1000


def test_memory_does_not_grow(made):
    chance = Random(1)
    assert is_as_before(made)
    before = memory(made.dashboard.process_id)
    for place in range(300):
        answered(made.port, ATTACKS[place % len(ATTACKS)](chance, place))
    assert memory(made.dashboard.process_id) - before < 10_000_000


def test_many_who_connect_and_ask_nothing_keep_nobody_out(made):
    with contextlib.ExitStack() as held:
        for number in range(2 * MOST_CONNECTIONS):
            idle = held.enter_context(socket.create_connection(("127.0.0.1", made.port), timeout=30))
            if number % 2:
                idle.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert is_as_before(made)


@pytest.mark.extras
def test_one_who_asks_slowly_is_given_up(made):
    with socket.create_connection(("127.0.0.1", made.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises(ConnectionError):
            trickle(connection)


def trickle(connection: socket.socket) -> None:
    """A byte now and then, for most of a minute."""
    for _ in range(500):
        time.sleep(0.1)
        connection.sendall(b"a")


@pytest.mark.extras
def test_those_who_read_nothing_slow_nobody_and_are_given_up():
    with Made(jpeg=noise()) as made:
        slow = [Reader(made, "/live.mjpeg", receive_bytes=2048) for _ in range(19)]
        with Reader(made, "/live.mjpeg") as quick:
            stream = quick.pictures()
            for _ in range(2000):
                next(stream)
                if made.ask("/live.mjpeg", "HEAD")[0] == 200:
                    break
            else:
                pytest.fail("they hold their places for ever")
        for reader in slow:
            reader.close()
