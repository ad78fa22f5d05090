"""Debian's GStreamer RTSP server as a network camera that can be killed, started again, and made to hang."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

SYSTEM_PYTHON = Path("/usr/bin/python3")
PROGRAM = Path(__file__).with_name("gstreamer_server.py")
RATE = 20

# As cameras have them, a second from one key frame to the next. Encoders that want no delay cut each picture of H.264
# into slices.
_ENCODERS = {
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "g": "20", "threads": "2"}),
    "h265": ("libx265", {"preset": "ultrafast", "tune": "zerolatency", "g": "20", "x265-params": "log-level=none"}),
}


def is_installed() -> bool:
    """Whether the system's Python sees the server."""
    ask = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    return SYSTEM_PYTHON.exists() and not subprocess.run([SYSTEM_PYTHON, "-c", ask], capture_output=True).returncode


def encoded(codec: str, photo: Path) -> list[bytes]:
    """Two seconds of a photo that moves sideways, 640 x 480, each picture encoded."""
    name, options = _ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 640, 480, "yuv420p", RATE
    encoder.options = options
    with Image.open(photo) as opened:
        pixels = np.asarray(opened.convert("RGB").resize((640, 480)))
    moved = (av.VideoFrame.from_ndarray(np.roll(pixels, 4 * number, axis=1)) for number in range(2 * RATE))
    packets = [packet for picture in moved for packet in encoder.encode(picture)]
    return [bytes(packet) for packet in [*packets, *encoder.encode(None)]]


def write_units(path: Path, pictures: Sequence[bytes]) -> None:
    """Write encoded pictures as the server reads them, each behind its length (4 bytes, the largest first)."""
    path.write_bytes(b"".join(struct.pack(">I", len(picture)) + picture for picture in pictures))


class GStreamerCamera:
    """The server with one stream for each file of `streams`, by its codec; it keeps its port when started again."""

    def __init__(self, streams: dict[str, Path], *, login: str = "", auth: str = "basic") -> None:
        played = [f"{codec}={path}" for codec, path in streams.items()]
        self._command = [str(SYSTEM_PYTHON), str(PROGRAM), *played, "--rate", str(RATE), "--auth", auth]
        if login:
            self._command += ["--login", login]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def address(self, codec: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{codec}"

    def on(self) -> None:
        """Serve; back once somebody can connect."""
        command = [*self._command, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def off(self) -> None:
        """Die in the midst of it."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def hang(self) -> None:
        """Answer nothing; connections stay open."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)


@contextlib.contextmanager
def serving(streams: dict[str, Path], **options: str) -> Iterator[GStreamerCamera]:
    """A camera that is on, and off at the end."""
    camera = GStreamerCamera(streams, **options)
    camera.on()
    try:
        yield camera
    finally:
        camera.off()
