"""What cheap network cameras answer to a request: pictures in parts that are wrong in one way each, or no pictures."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

from PIL import Image

from .servers import RawServer, read_request

Answer = Callable[[RawServer, socket.socket], None]

RATE = 20
SIZE = (160, 120)
PARTS = "Content-Type: multipart/x-mixed-replace;boundary=frame"


@cache
def picture(form: str = "JPEG", size: tuple[int, int] = SIZE, mode: str = "RGB") -> bytes:
    """Noise, so that no piece of it is like another."""
    stream = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(stream, form)
    return stream.getvalue()


def cut(share: float) -> bytes:
    """The first part of a JPEG."""
    whole = picture()
    return whole[: int(share * len(whole))]


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "Connection: close", "", ""]).encode()


def part(content: bytes, *lines: str, length: int | None = -1, boundary: str = "--frame", end: str = "\r\n") -> bytes:
    """One part of a stream; its length as it is, another one, or none."""
    size = [] if length is None else [f"Content-Length: {len(content) if length < 0 else length}"]
    said = [boundary, *(lines or ("Content-Type: image/jpeg",)), *size, "", ""]
    return end.join(said).encode() + content + end.encode()


def playing(parts: Callable[[], Iterator[bytes]], *lines: str, rate: float = RATE) -> Answer:
    """A camera that sends these parts at its rate."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        server.send(connection, head(*(lines or (PARTS,))))
        for piece in parts():
            server.send(connection, piece)
            time.sleep(1 / rate)

    return answer


def saying(content: bytes, *lines: str, status: str = "200 OK", length: bool = True) -> Answer:
    """One answer with a body, and the connection ends."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        read_request(connection)
        said = [*lines, f"Content-Length: {len(content)}"] if length else lines
        server.send(connection, head(*said, status=status) + content)

    return answer


def always(piece: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (piece for _ in count())


def in_turn(*pieces: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (pieces[number % len(pieces)] for number in count())
