"""A dashboard that stands alone, fed with pictures that show their own number, and what a client sees of it."""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from edgewright.agent.config.address import Address
from edgewright.agent.dashboard.access import Token
from edgewright.agent.dashboard.process import Dashboard, Shown
from edgewright.agent.dashboard.view import Shape, View
from edgewright.agent.events.event import Event
from edgewright.media import Box
from edgewright.task import Observation

SIZE = (240, 320)
SHAPES = (
    Shape("zone", "yard", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.5), (0.1, 0.5)), "door"),
    Shape("line", "gate", ((0.25, 0.9), (0.75, 0.95))),
)
STATUS = {
    "source": "door", "ran": "3 s", "captured": 10, "troubles": {},
    "figures": [["frames/s", "25.0", "of 25.0 captured"]],
    "tables": [{"title": "ledger", "columns": [{"heading": "", "is_number": False}], "rows": [["here"]], "note": ""}],
}  # fmt: skip


def gray(number: int) -> int:
    """How bright the picture of that number is."""
    return 16 + number * 8 % 224


def picture(number: int, size: tuple[int, int] = SIZE) -> bytes:
    """One brightness all over."""
    stream = io.BytesIO()
    Image.fromarray(np.full((*size, 3), gray(number), np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def noise(size: tuple[int, int] = (300, 400)) -> bytes:
    """A picture of some 100 kB."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG", quality=70)
    return stream.getvalue()


def view(number: int, source: str = "door", *, sees: bool = True) -> View:
    """What is seen in it: boxes whose places tell the number as well."""
    step = number % 50
    seen = (
        Observation("dog", 0.9, 1, Box(10 + step, 20, 110 + step, 140), track=number // 50 + 1),
        Observation("cat <b>", 0.5, 2, Box(200, 60.5, 300, 200)),
    )
    return View(source, number, time.time(), SIZE, seen if sees else (), 0.02, "dog 0.90, cat 0.50")


def event(number: int, **facts: Any) -> Event:
    seen = {"label": "dog", "score": 0.5, "index": 1}
    return Event("door", "rule", 1_700_000_000.0 + number, facts=facts, rule="visitor", observation=seen)


class Made:
    """The dashboard, and a thread that shows a picture whenever one is wanted."""

    def __init__(self, *, token: Token | None = None, jpeg: bytes | None = None, pictures: bool = True) -> None:
        self.status: Callable[[], Mapping[str, Any]] = lambda: STATUS
        shown = Shown("dogs.tflite", ("door", "yard"), SHAPES)
        self.dashboard = Dashboard(Address("127.0.0.1", 0), shown, lambda: self.status(), token)
        self.feed = self.dashboard.feed
        self.shown: dict[int, View] = {}
        self.encoded = 0
        self._jpeg, self._pictures = jpeg, pictures
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show_all)

    def __enter__(self) -> Made:
        self.dashboard.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.dashboard.__exit__()

    @property
    def port(self) -> int:
        return self.dashboard.address.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _show_all(self) -> None:
        number = 0
        while not self._ended.wait(0.01):
            for source in ("door", "yard"):
                if self.feed.wants(source):
                    number += 1
                    self.shown[number] = view(number, source)
                    self.feed.show(self.shown[number], lambda at=number: self._encoded(at))

    def _encoded(self, number: int) -> bytes:
        self.encoded += 1
        if not self._pictures:
            return b""
        return self._jpeg or picture(number)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers with small letters, and body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
        finally:
            connection.close()


class Reader:
    """One open stream."""

    def __init__(self, made: Made, path: str, *, receive_bytes: int | None = None, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=30)
        self._connection.connect()
        if receive_bytes:
            import socket

            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self._connection.request("GET", path, headers=named)
        self._answer = self._connection.getresponse()
        self.code = self._answer.status

    def messages(self) -> Iterator[tuple[str, str, Any]]:
        """(event, id, data) of a stream of events, one after the other."""
        found: dict[str, str] = {}
        while line := self._answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                found[name] = value
            elif "data" in found:
                yield found["event"], found.get("id", ""), json.loads(found["data"])
                found = {}
            else:
                found = {}

    def events(self, count: int) -> list[tuple[str, Any]]:
        """The next events with their ids."""
        found: list[tuple[str, Any]] = []
        messages = self.messages()
        while len(found) < count:
            kind, name, data = next(messages)
            if kind == "event":
                found.append((name, data))
        return found

    def pictures(self) -> Iterator[tuple[int, bytes]]:
        """(number, JPEG) of a stream of pictures."""
        while True:
            head = {}
            while (line := self._answer.readline().strip()) or not head:
                if b":" in line:
                    name, _, value = line.decode().partition(": ")
                    head[name] = value
                elif not line and not head:
                    continue
            yield int(head["X-Picture"]), self._answer.read(int(head["Content-Length"]))

    def text(self) -> str:
        """All of an answer that has an end."""
        return self._answer.read().decode()

    def close(self) -> None:
        self._answer.close()
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
