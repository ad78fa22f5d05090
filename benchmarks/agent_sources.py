"""A stream that goes away again and again: how long after its return does the agent have frames?

    python benchmarks/agent_sources.py [--times 100] [--format mpegts --format mpjpeg] [--json result.json]
    python benchmarks/agent_sources.py --times 50 --format rtsp-h264 --format rtsp-h265 --photo parrot.jpg

A real stream over HTTP, made with PyAV on the spot: MPEG-TS with MPEG-4 as a camera's recorder sends it, and the
MJPEG of cheap cameras. Or RTSP of Debian's GStreamer server (its packages: tests/agent/gstreamer_server.py). The server
cuts all connections, or is killed, and is away for up to 6 seconds. Then two losses of a worker with a real model:
killed, and hanging. Targets: frames within 5 s of the return, each time; a lost worker replaced within 10 s of its loss
being noticed, which for a hanging one is 10 s after the picture.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

import edgewright as ew
from edgewright.agent import Frame
from edgewright.agent.capture.capture import Capture
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.agent.inference.supervisor import Supervisor
from edgewright.agent.inference.worker import Worker
from outcome import Figure, at_most, finish

BACK_S, REPLACED_S = 5.0, 10.0
FRAMES_PER_S = 25
RTSP = "rtsp-"
TYPES = {"mpegts": "video/mp2t", "mpjpeg": "multipart/x-mixed-replace;boundary=ffmpeg"}
CODECS = {"mpegts": ("mpeg4", "yuv420p"), "mpjpeg": ("mjpeg", "yuvj420p")}


def main() -> None:
    options = parse()
    chosen = options.format or list(TYPES)
    back = {name: come_back(name, options) for name in chosen}
    workers = lose_workers(options.model, options.workers) if options.model else {}
    found = [*figures("{}: pictures again", back, BACK_S), *figures("worker {}: answers again", workers, REPLACED_S)]
    finish("agent_sources", found, options.json, back_s=back, worker_s=workers)


def figures(words: str, took: dict[str, list[float]], limit: float) -> Iterator[Figure]:
    for name, seconds in took.items():
        yield Figure.of(words.format(name), seconds, "s")
        yield Figure(f"{words.format(name)}, longest", max(seconds), "s", at_most(limit))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--away", type=float, default=6, help="for how many seconds it is away at most")
    parser.add_argument("--format", action="append", choices=[*TYPES, "rtsp-h264", "rtsp-h265"])
    parser.add_argument("--photo", type=Path, help="what the RTSP camera shows")
    parser.add_argument("--model", type=Path, help="of the workers that are lost")
    parser.add_argument("--workers", type=int, default=4, help="how many are lost in each way")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


class Camera:
    """An HTTP server with an endless stream, which can be switched off and on again at the same port."""

    def __init__(self, container: str) -> None:
        self._format = container
        self._listening: socket.socket | None = None
        self._off = threading.Event()
        self._threads: list[threading.Thread] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where its stream is."""
        return f"http://127.0.0.1:{self.port}/live"

    def on(self) -> None:
        """Begin to serve."""
        self._off = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        self._start(self._accept, self._listening, self._off)

    def off(self) -> None:
        """Cut all connections, and take no more."""
        self._off.set()
        assert self._listening is not None
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, function: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=function, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket, off: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self._start(self._serve, connection, off)

    def _serve(self, connection: socket.socket, off: threading.Event) -> None:
        with connection, connection.makefile("wb", buffering=0) as stream, contextlib.suppress(OSError, av.FFmpegError):
            connection.recv(4096)
            stream.write(f"HTTP/1.0 200 OK\r\nContent-Type: {TYPES[self._format]}\r\n\r\n".encode())
            self._stream(stream, off)

    def _stream(self, file: Any, off: threading.Event) -> None:
        with av.open(file, "w", format=self._format) as container:
            codec, pixels = CODECS[self._format]
            video = container.add_stream(codec, rate=FRAMES_PER_S)
            video.width, video.height, video.pix_fmt = 320, 240, pixels
            start = time.monotonic()
            for number in range(1_000_000):
                picture = np.full((240, 320, 3), number % 256, np.uint8)
                container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
                if off.wait(max(0.0, start + number / FRAMES_PER_S - time.monotonic())):
                    return


class RtspCamera:
    """GStreamer's server in a process of its own, which can be killed and started again at the same port."""

    def __init__(self, codec: str, photo: Path) -> None:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))
        from gstreamer_camera import GStreamerCamera, encoded, write_units

        self._codec = codec
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, codec)
        write_units(path, encoded(codec, photo))
        self._camera = GStreamerCamera({codec: path})
        self.on, self.off = self._camera.on, self._camera.off

    @property
    def url(self) -> str:
        """Where its stream is."""
        return str(self._camera.address(self._codec))


def camera_of(name: str, photo: Path) -> Camera | RtspCamera:
    return RtspCamera(name.removeprefix(RTSP), photo) if name.startswith(RTSP) else Camera(name)


def come_back(container: str, options: argparse.Namespace) -> list[float]:
    times, away_s = options.times, options.away
    camera, chance = camera_of(container, options.photo), random.Random(0)
    camera.on()
    came = threading.Event()
    mailbox = Mailbox(newest=True)
    capture = Capture(lambda: source(camera.url), mailbox, came=lambda frame: None if frame.damaged else came.set())
    capture.start()
    came.wait(30)
    took = []
    for _ in range(times):
        camera.off()
        time.sleep(0.2)
        came.clear()
        time.sleep(chance.uniform(0, away_s))
        camera.on()
        start = time.monotonic()
        if not came.wait(60):
            raise SystemExit(f"{container}: no frames within a minute of its return")
        took.append(time.monotonic() - start)
        time.sleep(0.2)
    capture.stop()
    camera.off()
    return took


def source(url: str) -> Any:
    return open_source("stream", url, every_frame=False, memory=NoMemory())


def lose_workers(model: Path, times: int) -> dict[str, list[float]]:
    """From the loss being noticed to an answer of the next worker, in seconds."""
    setup = WorkerSetup(ew.ModelFile.read(model))
    noticed: list[float] = []
    supervisor = Supervisor(lambda: Worker(setup), lambda _: None, threading.Event())
    lose = supervisor._lose

    def note(reason: str) -> None:
        noticed.append(time.monotonic())
        lose(reason)

    supervisor._lose = note  # type: ignore[method-assign]
    with contextlib.closing(supervisor):
        return {name: list(losses(supervisor, number, noticed, times)) for name, number in SIGNALS.items()}


SIGNALS = {"killed": signal.SIGKILL, "hanging": signal.SIGSTOP}


def losses(supervisor: Supervisor, number: int, noticed: list[float], times: int) -> Iterator[float]:
    frame = Frame(np.zeros((240, 320, 3), np.uint8))
    for _ in range(times):
        supervisor._recent.clear()  # these losses are meant: no pause between them
        os.kill(supervisor.process_id or 0, number)
        supervisor.answer(frame)
        yield time.monotonic() - noticed[-1]


if __name__ == "__main__":
    main()
