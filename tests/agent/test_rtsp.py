"""Cameras on the network: RTSP with a password, and JPEGs one behind the other over TCP, as rpicam-vid sends them."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.agent import SourceError
from edgewright.agent.capture.sources import NoMemory, open_source

pytest.importorskip("av")

from .rtsp_camera import Camera, encoded, serve_camera

RATE, LOGIN = 20, "viewer:s3cret"


@pytest.fixture
def camera(shared_file) -> Iterator[tuple[Camera, int]]:
    """Two seconds of a photograph with a bird."""
    with Image.open(shared_file("images/parrot.jpg")) as photo:
        picture = np.asarray(photo.convert("RGB").resize((640, 480)))
    camera = Camera(encoded([picture] * (2 * RATE), RATE), RATE, LOGIN)
    server, port = serve_camera(camera)
    yield camera, port
    server.shutdown()
    server.server_close()


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STREAM_USER", "viewer")
    monkeypatch.setenv("EDGEWRIGHT_STREAM_PASSWORD", "s3cret")


def opened(port: int):
    return open_source("stream", f"rtsp://127.0.0.1:{port}/stream1", every_frame=False, memory=NoMemory())


def test_frames_come_and_the_end_is_a_failure_after_which_it_is_opened_again(camera, password: None):
    source = opened(camera[1])
    for _ in range(2):
        seen = []
        with pytest.raises(SourceError):
            seen.extend(source.frames())
        assert len(seen) == 2 * RATE  # also what came while the stream was being recognized
        assert seen[0].content.shape == (480, 640, 3)


def test_a_password_is_given_where_it_is_asked_for(camera, password: None):
    what, port = camera
    list(islice(opened(port).frames(), 1))
    assert ("DESCRIBE", True) in what.asked
    assert ("PLAY", True) in what.asked


def test_key_frames_whose_slices_each_have_the_parameters_before_them(camera, password: None):
    """So GStreamer's payloader writes them, and FFmpeg takes each slice for a frame."""
    what, port = camera
    for units in what.frames:
        parameters = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
        slices = [unit for unit in units if unit[0] & 0x1F in (1, 5)]
        assert len(slices) == 2
        units[:] = [unit for one in slices for unit in (*parameters, one)]
    seen = []
    with pytest.raises(SourceError):
        seen.extend(opened(port).frames())
    assert [frame.damaged for frame in seen] == [False] * (2 * RATE)


def test_without_the_password_it_is_one_line_that_says_so(camera):
    with pytest.raises(SourceError, match="nauthorized"):
        list(opened(camera[1]).frames())


def test_jpegs_one_behind_the_other_over_tcp(shared_file):
    """docs/how-to/cameras.md: rpicam-vid --codec mjpeg --listen -o tcp://…."""
    written = io.BytesIO()
    with Image.open(shared_file("images/parrot.jpg")) as photo:
        photo.convert("RGB").resize((640, 480)).save(written, "JPEG")
    listening = socket.create_server(("127.0.0.1", 0))

    def send() -> None:
        with listening.accept()[0] as connection, contextlib.suppress(OSError):
            for _ in range(100):
                connection.sendall(written.getvalue())
                time.sleep(0.01)

    threading.Thread(target=send, daemon=True).start()
    address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    source = open_source("stream", address, every_frame=False, memory=NoMemory())
    with contextlib.closing(source), listening:
        (frame,) = islice(source.frames(), 1)
    assert frame.content.shape == (480, 640, 3)


def test_an_agent_sees_what_the_camera_shows(camera, password: None, shared_file, tmp_path):
    seen = []

    def tell(event):
        seen.append(event["result"]["top"][0]["label"])
        agent.stop()

    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    agent = ew.Agent(model, f"rtsp://127.0.0.1:{camera[1]}/stream1", sinks=[tell], state=tmp_path / "state")
    agent.run()
    assert seen[0] in ("macaw", "lorikeet")
