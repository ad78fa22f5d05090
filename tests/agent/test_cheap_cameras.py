"""Cameras that write their streams wrongly, send half pictures or something else: what is whole is seen."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, islice

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.agent import Frame, SourceError
from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.capture.sources.stream import StreamSource

pytest.importorskip("av")

from .cheap_cameras import (
    PARTS,
    Answer,
    always,
    cut,
    head,
    in_turn,
    part,
    picture,
    playing,
    saying,
)
from .servers import RawServer, read_request

WHOLE, HALF = part(picture()), part(cut(0.5))
OTHER_SIZE = picture(size=(320, 200))
LENGTH = f"Content-Length: {len(picture())}"

Serve = Callable[[Answer], RawServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RawServer] = []

    def start(answer: Answer) -> RawServer:
        servers.append(RawServer(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def stream(server: RawServer, login: str = "") -> StreamSource:
    address = f"http://{login}127.0.0.1:{server.port}/stream"
    source = open_source("stream", address, every_frame=False, memory=NoMemory())
    assert isinstance(source, StreamSource)
    return source


def taken(source: StreamSource, frames: int) -> list[Frame]:
    """So many of its frames, whole or not."""
    with contextlib.closing(source.frames()) as coming:
        return list(islice(coming, frames))


def redirecting(server: RawServer, connection: socket.socket) -> None:
    if b"/real" in read_request(connection):
        server.send(connection, head(PARTS))
        for _ in range(100):
            server.send(connection, WHOLE)
            time.sleep(0.05)
    else:
        server.send(connection, head("Location: /real", "Content-Length: 0", status="302 Found"))


def in_chunks(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    server.send(connection, head(PARTS, "Transfer-Encoding: chunked"))
    for _ in range(100):
        server.send(connection, b"%x\r\n%s\r\n" % (len(WHOLE), WHOLE))
        time.sleep(0.05)


def without_first_boundary() -> Iterator[bytes]:
    """Each part ends with the boundary of the next, and the first has none."""
    begin = len(b"--frame\r\n")
    return (WHOLE[begin:] + WHOLE[:begin] for _ in count())


ODD_STREAMS: dict[str, Answer] = {
    "the first part has no boundary": playing(without_first_boundary),
    "boundary without dashes": playing(always(part(picture(), boundary="frame"))),
    "another boundary than said": playing(always(part(picture(), boundary="--other"))),
    "dashes in the name of the boundary": playing(always(WHOLE), PARTS.replace("=", "=--")),
    "boundary in quotation marks": playing(always(WHOLE), PARTS.replace("=frame", '="frame"')),
    "no boundary is named": playing(always(WHOLE), PARTS.partition(";")[0]),
    "no boundaries at all": playing(always(picture())),
    "type text/plain": playing(always(WHOLE), "Content-Type: text/plain"),
    "type application/octet-stream": playing(always(WHOLE), "Content-Type: application/octet-stream"),
    "type image/jpeg": playing(always(WHOLE), "Content-Type: image/jpeg"),
    "no type": playing(always(WHOLE), "Server: camera"),
    "parts without a type": playing(always(part(picture(), "X-Time: 1"))),
    "parts of type image/jpg": playing(always(part(picture(), "Content-Type: image/jpg"))),
    "no length": playing(always(part(picture(), length=None))),
    "length 0": playing(always(part(picture(), length=0))),
    "a length below 0": playing(always(WHOLE.replace(LENGTH.encode(), b"Content-Length: -5"))),
    "a length that is no number": playing(always(WHOLE.replace(LENGTH.encode(), b"Content-Length: many"))),
    "a length of 10 GB": playing(always(part(picture(), length=10_000_000_000))),
    "half the length": playing(always(part(picture(), length=len(picture()) // 2))),
    "too great a length": playing(always(part(picture(), length=len(picture()) + 300))),
    "lines end with LF": playing(always(part(picture(), end="\n"))),
    "in chunks": in_chunks,
    "behind a redirect": redirecting,
    "gray": playing(always(part(picture(mode="L")))),
    "never an end of a JPEG": playing(always(part(picture()[:-2]))),
    "a JPEG filled up with zeros": playing(always(part(picture() + bytes(1000)))),
}


@pytest.mark.parametrize("answer", ODD_STREAMS.values(), ids=ODD_STREAMS.keys())
def test_a_stream_that_is_written_wrongly_is_read(serve, answer):
    frames = taken(stream(serve(answer)), 14)
    whole = [frame for frame in frames if not frame.damaged]
    assert len(whole) >= 4, f"{len(frames) - len(whole)} of {len(frames)} were damaged"
    assert {frame.content.shape for frame in whole} == {(120, 160, 3)}


def test_the_way_to_read_it_is_found_once(serve):
    server = serve(playing(without_first_boundary))
    source = stream(server)
    taken(source, 2)
    before = server.connections
    taken(source, 2)
    assert (before, server.connections) == (2, 3)


def test_a_camera_that_changes_its_resolution(serve):
    frames = taken(stream(serve(playing(in_turn(WHOLE, part(OTHER_SIZE))))), 8)
    assert {frame.content.shape for frame in frames} == {(120, 160, 3), (200, 320, 3)}


def hole(begin: float, end: float) -> bytes:
    whole = picture()
    return whole[: int(begin * len(whole))] + whole[int(end * len(whole)) :]


DAMAGED = {
    "cut in the middle": cut(0.5),
    "cut at the start of the scan": cut(0.2),
    "cut near the end": cut(0.99),
    "cut, and filled up with zeros": cut(0.5) + bytes(len(picture()) // 2),
    "cut, with an end written behind it": cut(0.5) + b"\xff\xd9",
    "the head alone": picture()[:300],
    "the middle is missing": hole(0.4, 0.6),
    "the begin of the next one inside": cut(0.5) + picture()[:200],
    "only the last byte is missing": picture()[:-1],
    "a wrong table": picture().replace(b"\xff\xc4", b"\xff\xc4\xff\xff", 1),
}


@pytest.mark.parametrize("parts", [{}, {"length": None}], ids=["with lengths", "without"])
@pytest.mark.parametrize("broken", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_picture_is_counted_and_the_whole_ones_are_seen(serve, broken, parts):
    frames = taken(stream(serve(playing(in_turn(WHOLE, part(broken, **parts))))), 12)
    good = taken(stream(serve(playing(always(WHOLE)))), 1)[0].content
    assert 4 <= sum(frame.damaged for frame in frames) <= 8
    for frame in frames:
        assert frame.damaged or np.array_equal(frame.content, good)


SNAPSHOTS = {
    "JPEG": saying(picture(), "Content-Type: image/jpeg"),
    "without a length": saying(picture(), "Content-Type: image/jpeg", length=False),
    "without a type": saying(picture()),
    "type text/plain": saying(picture(), "Content-Type: text/plain"),
    "a stream of one part": saying(WHOLE, PARTS),
    "a stream of one part, without a length": saying(WHOLE, PARTS, length=False),
    **{form: saying(picture(form), f"Content-Type: image/{form.lower()}") for form in ("PNG", "BMP", "WEBP", "GIF")},
}


@pytest.mark.parametrize("answer", SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
def test_an_address_that_is_one_picture_is_asked_again_and_again(serve, answer, monkeypatch, caplog):
    monkeypatch.setattr("edgewright.agent.capture.sources.stream._PICTURE_S", 0.05)
    caplog.set_level(logging.INFO, "edgewright")
    frames = taken(stream(serve(answer)), 5)
    assert {(frame.damaged, frame.content.shape) for frame in frames} == {(False, (120, 160, 3))}
    assert [record.message.count("one picture and no stream") for record in caplog.records] == [1]


def test_it_is_asked_at_a_rate_that_a_camera_bears(serve):
    server = serve(SNAPSHOTS["JPEG"])
    source = stream(server)
    threading.Timer(2.5, source.close).start()
    assert len(list(source.frames())) == 3
    assert server.connections == 3


def test_one_picture_that_is_damaged_now_and_then(serve, monkeypatch):
    monkeypatch.setattr("edgewright.agent.capture.sources.stream._PICTURE_S", 0.05)
    asked = count()

    def answer(server: RawServer, connection: socket.socket) -> None:
        content = cut(0.5) if next(asked) % 2 else picture()
        saying(content, "Content-Type: image/jpeg")(server, connection)

    assert [frame.damaged for frame in taken(stream(serve(answer)), 4)] == [False, True, False, True]


def hanging_up(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)


def giant(server: RawServer, connection: socket.socket) -> None:
    """A picture too large to be a camera's, made only when it is asked for, and without noise: both take seconds."""
    stream = io.BytesIO()
    Image.new("L", (12_000, 9_000)).save(stream, "JPEG")
    saying(stream.getvalue())(server, connection)


PAGE = b"<html><body>Please log in</body></html>" * 20
NO_STREAMS: dict[str, tuple[Answer, str]] = {
    "401": (saying(PAGE, 'WWW-Authenticate: Basic realm="camera"', status="401 Unauthorized"),
            "401 Unauthorized: user or password are not accepted"),
    "403": (saying(b"", status="403 Forbidden"), "403 Forbidden: this user may not see it"),
    "404": (saying(PAGE, status="404 Not Found"), "404 Not Found: what stands behind the host is the maker's"),
    "503": (saying(b"", status="503 Busy"), "5XX Server Error: the camera itself has failed"),
    "a web page": (saying(PAGE, "Content-Type: text/html"), "it answers with a web page (text/html)"),
    "JSON": (saying(b'{"error":1}', "Content-Type: application/json"), "it answers with application/json"),
    "nothing": (saying(b"", "Content-Type: image/jpeg"), "it answers with nothing"),
    "no parts": (saying(b"", PARTS), "it answers with nothing"),
    "no picture": (saying(b"\xff" * 9000, "Content-Type: image/jpeg"), "image/jpeg that cannot be read"),
    "hangs up": (hanging_up, "it hung up without an answer"),
    "no HTTP": (lambda _, connection: connection.sendall(b"SSH-2.0-camera\r\n"), ""),
    "sends in a circle": (saying(b"", "Location: /again", status="302 Found"), "it sends on to /again"),
    "sends to a file": (saying(b"", "Location: file:///etc/passwd", status="302 Found"), "on to file:///etc/passwd"),
    "sends nowhere": (saying(b"", "Location: http://", status="302 Found"), ""),
    "a giant": (giant, "12,000 x 9,000 pixels, expected at most 7,680"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "words"), NO_STREAMS.values(), ids=NO_STREAMS.keys())
def test_what_is_no_stream_is_one_line_that_says_what_it_is(serve, answer, words):
    with pytest.raises(SourceError) as caught:
        taken(stream(serve(answer), "viewer:s3cret@"), 1)
    said = str(caught.value)
    assert words in said
    assert "\n" not in said
    assert "s3cret" not in said


def test_a_password_is_shown_in_the_open_only_to_who_asks_for_it(serve):
    asked = []

    def no_stream(server: RawServer, connection: socket.socket) -> None:
        request = read_request(connection)
        asked.append(request)
        server.send(connection, head("Content-Type: application/json", "Content-Length: 2") + b"{}")

    with pytest.raises(SourceError, match="it answers with application/json"):
        taken(stream(serve(no_stream), "viewer:s3cret@"), 1)
    assert asked
    assert not [request for request in asked if b"authorization" in request.lower()]


def test_without_a_user_it_says_where_user_and_password_belong(serve):
    with pytest.raises(
        SourceError, match=r"401 Unauthorized: .* EDGEWRIGHT_STREAM_USER and EDGEWRIGHT_STREAM_PASSWORD"
    ):
        taken(stream(serve(NO_STREAMS["401"][0])), 1)


def hanging(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    time.sleep(30)


def hanging_behind_its_head(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    server.send(connection, head(PARTS))
    time.sleep(30)


def hanging_behind_pictures(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    server.send(connection, head(PARTS) + 3 * WHOLE)
    time.sleep(30)


def endless_picture(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    server.send(connection, head(PARTS) + part(picture()[:-2], length=None))
    while True:
        server.send(connection, b"\x55" * 1000)
        time.sleep(0.01)


def endless_head(server: RawServer, connection: socket.socket) -> None:
    read_request(connection)
    server.send(connection, b"HTTP/1.1 200 OK\r\n")
    while True:
        server.send(connection, b"X: " + b"y" * 1000 + b"\r\n")
        time.sleep(0.01)


STALLS = [hanging, hanging_behind_its_head, hanging_behind_pictures, endless_picture, endless_head]


@pytest.mark.parametrize("answer", STALLS, ids=lambda answer: answer.__name__)
def test_a_camera_that_stalls_is_given_up_in_time(serve, answer, monkeypatch):
    monkeypatch.setattr("edgewright.media.videos.decoding.OPEN_S", 1.0)
    monkeypatch.setattr("edgewright.media.videos.decoding.READ_S", 1.0)
    monkeypatch.setattr("edgewright.agent.capture.sources.answers._PATIENCE_S", 1.0)
    source = stream(serve(answer))
    ended = threading.Event()

    def read() -> None:
        with contextlib.suppress(SourceError):
            list(source.frames())
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    assert ended.wait(20)


def captured(source: StreamSource, seconds: float, stall_s: float) -> tuple[Capture, list[Frame]]:
    frames: list[Frame] = []
    capture = Capture(lambda: source, Mailbox(newest=True), came=frames.append, stall_s=stall_s)
    capture.start()
    time.sleep(seconds)
    capture.stop()
    return capture, frames


def test_nothing_but_damaged_frames_is_said_as_such(serve, caplog):
    capture, frames = captured(stream(serve(playing(always(HALF)))), 2.0, stall_s=1.0)
    assert all(frame.damaged for frame in frames)
    assert capture.failure == "only damaged frames for 1 s"
    assert "damaged frames; 1 so far are passed over" in caplog.text


def test_damaged_frames_are_in_the_status_and_no_event_is_made_of_them(serve, small_model, tmp_path):
    seen = []

    def tell(event):
        seen.append(event["kind"])
        if len(seen) == 5:
            agent.stop()

    server = serve(playing(in_turn(WHOLE, HALF)))
    agent = ew.Agent(small_model, f"http://127.0.0.1:{server.port}/", sinks=[tell], state=tmp_path / "state")
    status = agent.run()
    assert set(seen) == {"result"}
    assert status.damaged > 0
    assert status.looked_at + status.damaged <= status.captured
