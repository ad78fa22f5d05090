"""Video files, streams and stalls, with videos made here."""

from __future__ import annotations

import errno
import os
import random
import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Frame, SourceError
from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.errors import UsageError
from waiting import wait_for

av = pytest.importorskip("av")


def make_video(path: Path, frames: int, rate: int = 25, codec: str = "mpeg4") -> Path:
    """Gray frames whose brightness is their number."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            pixels = np.full((48, 64, 3), 16 + number * 200 // frames, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


class Memory:
    def __init__(self, *marks: str) -> None:
        self.marks = set(marks)

    def taken(self, source: str) -> set[str]:
        return set(self.marks)

    def forget(self, source: str, marks: Iterable[str]) -> None:
        self.marks -= set(marks)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4", 50)


class TestVideo:
    def test_every_frame_in_order(self, video):
        frames = list(open_source("video", str(video), every_frame=True, memory=NoMemory()).frames())
        assert len(frames) == 50
        brightness = [float(frame.content.mean()) for frame in frames]
        assert all(later > earlier + 20 for earlier, later in pairwise(brightness[::10]))
        assert frames[0].content.shape == (48, 64, 3)

    def test_it_goes_on_behind_the_last_frame_that_is_stored(self, video):
        first = list(open_source("video", str(video), every_frame=True, memory=NoMemory()).frames())
        memory = Memory(*[frame.mark for frame in first[:20]])
        rest = list(open_source("video", str(video), every_frame=True, memory=memory).frames())
        assert [frame.name for frame in rest] == [f"frame {n}" for n in range(20, 50)]

    def test_another_version_of_the_file_begins_anew(self, tmp_path):
        path = make_video(tmp_path / "clip.mp4", 5)
        marks = [frame.mark for frame in open_source("video", str(path), every_frame=True, memory=NoMemory()).frames()]
        os.utime(path, (1e9, 1e9))
        frames = list(open_source("video", str(path), every_frame=True, memory=Memory(*marks)).frames())
        assert len(frames) == 5

    def test_without_every_frame_it_plays_in_its_own_time(self, video):
        start = time.monotonic()
        frames = list(open_source("video", str(video), every_frame=False, memory=NoMemory()).frames())
        assert len(frames) == 50
        assert time.monotonic() - start >= 1.9

    def test_what_is_no_video_is_one_line(self, tmp_path):
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"no video at all" * 100)
        with pytest.raises(UsageError, match=r"clip.mp4: no video that can be played") as caught:
            open_source("video", str(path), every_frame=True, memory=NoMemory())
        assert "\n" not in str(caught.value)

    def test_damage_half_way_costs_the_frames_there_and_no_others(self, tmp_path):
        path = make_video(tmp_path / "clip.avi", 50, codec="mjpeg")
        data = bytearray(path.read_bytes())
        begin = len(data) // 2
        data[begin : begin + len(data) // 10] = random.Random(0).randbytes(len(data) // 10)
        path.write_bytes(data)
        frames = list(open_source("video", str(path), every_frame=True, memory=NoMemory()).frames())
        whole = [frame for frame in frames if not frame.damaged]
        assert 40 <= len(whole) < len(frames)
        assert whole[-1].content.mean() > 200

    def test_what_was_given_is_not_given_again_when_it_is_read_on(self, video):
        source = open_source("video", str(video), every_frame=True, memory=NoMemory())
        frames = source.frames()
        first = [next(frames).name for _ in range(10)]
        frames.close()
        rest = [frame.name for frame in source.frames()]
        assert first + rest == [f"frame {n}" for n in range(50)]

    def test_a_name_that_is_no_utf8_is_given_as_text(self, video, outbox):
        named = video.with_name("caf\udce9.mp4")
        named.write_bytes(video.read_bytes())
        source = open_source("video", str(named), every_frame=True, memory=outbox)
        assert source.name == f"video:{video.with_name('caf')}\\udce9.mp4"
        assert len(list(source.frames())) == 50

    def test_no_such_file(self):
        with pytest.raises(UsageError, match="no such video"):
            open_source("video", "nowhere.mp4", every_frame=True, memory=NoMemory())


@pytest.fixture
def web(video: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(video.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{video.name}"
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class TestStream:
    def test_frames_come_over_http_and_its_end_is_a_failure(self, web):
        source = open_source("stream", web, every_frame=False, memory=NoMemory())
        seen = []
        with pytest.raises(SourceError, match="ended"):
            seen.extend(source.frames())
        assert len(seen) > 20

    def test_nobody_there(self):
        source = open_source("stream", "http://127.0.0.1:1/x", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="refused"):
            next(source.frames())

    def test_a_password_is_in_no_name(self):
        source = open_source("stream", "rtsp://user:s3cret@host:554/1", every_frame=False, memory=NoMemory())
        assert source.name == "stream:rtsp://host:554/1"

    @pytest.mark.parametrize("url", ["ftp://host/x", "rtsp://", "file:///etc/passwd"])
    def test_addresses_that_make_no_sense(self, url):
        with pytest.raises(UsageError):
            open_source("stream", url, every_frame=False, memory=NoMemory())


class TestCamera:
    def test_no_camera_is_waited_for(self):
        source = open_source("camera", "63", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="plugged in"):
            next(source.frames())

    def test_a_device_that_is_no_camera(self, tmp_path):
        (tmp_path / "video9").write_bytes(b"")
        source = open_source("camera", str(tmp_path / "video9"), every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="video9: it is no camera"):
            next(source.frames())

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.EBUSY, "another program is using it"),
            (errno.EACCES, "group video"),
            (errno.ENODEV, "plugged in"),
            (errno.EIO, "Input/output error"),
        ],
    )
    def test_what_ffmpeg_raises_is_said_in_words_and_names_the_device(self, tmp_path, monkeypatch, number, words):
        """The exceptions are those that PyAV makes of FFmpeg's numbers."""
        (tmp_path / "video9").write_bytes(b"")

        def refuse(address: str, **options: object) -> None:
            av.error.err_check(-number, address)

        monkeypatch.setattr(av, "open", refuse)
        source = open_source("camera", str(tmp_path / "video9"), every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError) as caught:
            next(source.frames())
        assert str(caught.value).startswith(f"{tmp_path}/video9: ")
        assert words in str(caught.value)

    def test_a_name_that_no_camera_has_is_waited_for(self):
        camera = open_source("camera", "front door", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="there is no camera 'front door'"):
            next(iter(camera.frames()))


class Breaking:
    """Gives one frame, then breaks off or falls silent."""

    name, live, can_stall = "breaking", True, True

    def __init__(self, hang: bool) -> None:
        self._hang = hang
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        yield Frame(np.zeros((2, 2, 3), np.uint8))
        if self._hang:
            self._closed.wait(60)
            return
        raise SourceError("gone")

    def give_back(self, marks: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        self._closed.set()


class TestCapture:
    def test_a_source_that_goes_a_hundred_times_is_back_each_time(self):
        frames: list[float] = []
        mailbox = Mailbox(newest=True)
        capture = Capture(lambda: Breaking(hang=False), mailbox, came=lambda _: frames.append(time.monotonic()))
        capture.start()
        wait_for(lambda: len(frames) >= 100)
        capture.stop()
        assert max(later - earlier for earlier, later in pairwise(frames)) < 5

    def test_a_silent_source_is_left_and_another_one_opened_and_no_thread_stays(self):
        made: list[Breaking] = []
        mailbox = Mailbox(newest=True)

        def make() -> Breaking:
            made.append(Breaking(hang=True))
            return made[-1]

        before = threading.active_count()
        capture = Capture(make, mailbox, came=lambda _: None, stall_s=0.3)
        capture.start()
        wait_for(lambda: len(made) >= 4)
        capture.stop()
        wait_for(lambda: threading.active_count() == before)


class TestMailbox:
    def test_the_newest_wins_and_the_others_are_named(self):
        mailbox = Mailbox(newest=True)
        for number in range(5):
            mailbox.put(Frame(b"", mark=str(number)))
        frame, passed_over = mailbox.take(1)
        assert (frame.mark, passed_over) == ("4", ("0", "1", "2", "3"))

    def test_every_frame_makes_the_writer_wait(self):
        mailbox = Mailbox(newest=False, room=2)
        put: list[int] = []
        writer = threading.Thread(target=lambda: [mailbox.put(Frame(b"")) and put.append(i) for i in range(5)])
        writer.start()
        time.sleep(0.2)
        assert len(put) == 2
        for _ in range(5):
            assert mailbox.take(1) is not None
        writer.join()

    def test_what_lies_ready_can_be_taken_after_the_end(self):
        mailbox = Mailbox(newest=False)
        mailbox.put(Frame(b"x"))
        mailbox.close()
        assert not mailbox.put(Frame(b"y"))
        assert mailbox.take(1) is not None
        assert mailbox.is_over
