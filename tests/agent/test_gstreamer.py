"""RTSP of a real server, Debian's GStreamer: codecs, passwords, several clients, drop-outs, a network that hangs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.agent import Frame, SourceError
from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.sources import FrameSource, NoMemory, open_source
from waiting import wait_for

pytest.importorskip("av")

from .gstreamer_camera import RATE, encoded, is_installed, serving, write_units

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(not is_installed(), reason="gir1.2-gst-rtsp-server-1.0 and python3-gi are not installed"),
]

USER, PASSWORD = "viewer", "s3cret word"


@pytest.fixture(scope="module")
def streams(parrot, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("streams")
    paths = {codec: folder / codec for codec in ("h264", "h265")}
    for codec, path in paths.items():
        write_units(path, encoded(codec, parrot))
    return paths


@pytest.fixture(params=["basic", "digest"])
def locked_camera(request, streams):
    with serving(streams, login=f"{USER}:{PASSWORD}", auth=request.param) as camera:
        yield camera


@pytest.fixture
def login(monkeypatch):
    def give(password: str) -> None:
        monkeypatch.setenv("EDGEWRIGHT_STREAM_USER", USER)
        monkeypatch.setenv("EDGEWRIGHT_STREAM_PASSWORD", password)

    return give


def source_of(address: str) -> FrameSource:
    return open_source("stream", address, every_frame=False, memory=NoMemory())


def some_frames(address: str, count: int) -> list[Frame]:
    with contextlib.closing(source_of(address)) as source:
        return list(islice(source.frames(), count))


@contextlib.contextmanager
def capturing(address: str, stall_s: float) -> Iterator[tuple[Capture, threading.Event]]:
    """A capture of it, and what is set whenever a frame comes."""
    came = threading.Event()
    capture = Capture(lambda: source_of(address), Mailbox(newest=True), came=lambda _: came.set(), stall_s=stall_s)
    capture.start()
    yield capture, came
    capture.stop()


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_each_frame_comes_whole_over_tcp(streams, codec):
    """The server offers nothing but TCP. Its payloader cuts key frames of H.264 in two."""
    with serving(streams) as camera:
        frames = some_frames(camera.address(codec), 3 * RATE)
    assert [frame.damaged for frame in frames] == [False] * len(frames)
    assert {frame.content.shape for frame in frames} == {(480, 640, 3)}


def test_an_agent_sees_what_is_there(streams, small_model, tmp_path):
    seen = []

    def tell(event):
        seen.append(event["result"]["top"][0]["label"])
        agent.stop()

    with serving(streams) as camera:
        agent = ew.Agent(small_model, camera.address("h265"), sinks=[tell], state=tmp_path / "state")
        agent.run()
    assert seen[0] in ("macaw", "lorikeet")


def test_the_right_password_opens(locked_camera, login):
    login(PASSWORD)
    assert len(some_frames(locked_camera.address("h264"), 3)) == 3


def test_a_wrong_password_says_so(locked_camera, login):
    login("wrong")
    with pytest.raises(SourceError, match=r"^401 Unauthorized: user or password are not accepted$"):
        some_frames(locked_camera.address("h264"), 1)


def test_no_password_says_where_it_is_wanted(locked_camera):
    with pytest.raises(SourceError, match=r"^401 Unauthorized: it wants user and password, in EDGEWRIGHT_STREAM_USER"):
        some_frames(locked_camera.address("h264"), 1)


def test_a_wrong_password_is_one_line_of_the_log(streams, small_model, login, tmp_path):
    """However often it is tried; and the password is in none."""
    login("wr0ng")
    with serving(streams, login=f"{USER}:{PASSWORD}") as camera:
        command = ["watch", str(small_model), "--stream", camera.address("h264"), "--state", str(tmp_path / "state")]
        watching = subprocess.Popen([sys.executable, "-m", "edgewright", *command], stderr=subprocess.PIPE, text=True)
        assert watching.stderr is not None
        lines = iter(watching.stderr.readline, "")
        said = [next(line for line in lines if "401 Unauthorized" in line)]
        with pytest.raises(subprocess.TimeoutExpired):
            watching.wait(4)
        watching.terminate()
        said += lines
        watching.wait()
    assert [line for line in said if "opening it again" in line] == said[:1]
    assert f"stream:{camera.address('h264')}: 401 Unauthorized: user or password are not accepted" in said[0]
    assert not any("wr0ng" in line for line in said)


def test_several_clients_are_served_at_once(streams):
    found: dict[str, int] = {}
    with serving(streams) as camera:

        def look(client: str, codec: str) -> None:
            found[client] = sum(not frame.damaged for frame in some_frames(camera.address(codec), 3 * RATE))

        codecs = {"first": "h264", "second": "h264", "third": "h265"}
        threads = [threading.Thread(target=look, args=client) for client in codecs.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == len(codecs)
    assert min(found.values()) >= 2 * RATE  # who comes into the midst of a key frame waits for the next


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_server_that_dies_is_watched_again_each_time(streams, codec):
    with serving(streams) as camera, capturing(camera.address(codec), stall_s=20) as (capture, came):
        for _ in range(3):
            assert came.wait(30)
            camera.off()
            wait_for(lambda: capture.failure is not None)
            came.clear()
            camera.on()
            assert came.wait(30)
            assert capture.failure is None


def test_a_network_that_hangs_is_told_and_ends_with_it(streams):
    with serving(streams) as camera, capturing(camera.address("h264"), stall_s=2) as (capture, came):
        assert came.wait(30)
        camera.hang()
        wait_for(lambda: capture.failure == "silent for 2 s")
        came.clear()
        camera.go_on()
        assert came.wait(30)
        wait_for(lambda: capture.failure is None)
