"""A network camera on the loopback address: RTSP (RFC 2326) with H.264 in RTP (RFC 6184) inside the TCP connection.

It asks for user and password (Basic, RFC 7617), plays its frames once at their rate, and hangs up.
"""

from __future__ import annotations

import base64
import re
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np

_PAYLOAD, _CLOCK, _LARGEST = 96, 90_000, 1_200
_SINGLE, _FRAGMENT, _START, _END, _MARKER = 0x1F, 28, 0x80, 0x40, 0x80

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
    f"m=video 0 RTP/AVP {_PAYLOAD}\r\na=rtpmap:{_PAYLOAD} H264/{_CLOCK}\r\n"
    f"a=fmtp:{_PAYLOAD} packetization-mode=1\r\na=control:track1\r\n"
)


@dataclass
class Camera:
    """What it shows: units of H.264 for each frame; what was asked of it is in `asked`, as (method, authorized)."""

    frames: list[list[bytes]]
    rate: int
    login: str
    asked: list[tuple[str, bool]] = field(default_factory=list)


def encoded(pictures: list[np.ndarray], rate: int) -> list[list[bytes]]:
    """The units of H.264 of each picture (height, width, 3) uint8; each can be decoded from where it is."""
    encoder = av.CodecContext.create("libx264", "w")
    height, width = pictures[0].shape[:2]
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = width, height, "yuv420p", rate
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5", "threads": "2"}
    packets = [packet for picture in pictures for packet in encoder.encode(av.VideoFrame.from_ndarray(picture))]
    return [_units(bytes(packet)) for packet in [*packets, *encoder.encode(None)]]


def _units(stream: bytes) -> list[bytes]:
    return [unit for unit in re.split(b"\x00\x00\x00?\x01", stream) if unit]


def _payloads(unit: bytes) -> Iterator[bytes]:
    """One unit as payloads of RTP: whole, or in fragments (FU-A)."""
    if len(unit) <= _LARGEST:
        yield unit
        return
    head, rest = unit[0], unit[1:]
    parts = [rest[start : start + _LARGEST] for start in range(0, len(rest), _LARGEST)]
    for place, part in enumerate(parts):
        edge = (_START if place == 0 else 0) | (_END if place == len(parts) - 1 else 0)
        yield bytes([head & ~_SINGLE | _FRAGMENT, edge | head & _SINGLE]) + part


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        camera: Camera = self.server.camera  # type: ignore[attr-defined]
        while request := self._request():
            method, headers = request
            wanted = f"Basic {base64.b64encode(camera.login.encode()).decode()}"
            allowed = method == "OPTIONS" or headers.get("authorization") == wanted
            camera.asked.append((method, allowed))
            if not self._answer(method, headers, allowed):
                return

    def _request(self) -> tuple[str, dict[str, str]] | None:
        lines = []
        while (line := self.rfile.readline().decode().strip()) or not lines:
            if not line:
                return None
            lines.append(line)
        headers = (line.partition(":") for line in lines[1:])
        return lines[0].split()[0], {name.lower(): value.strip() for name, _, value in headers}

    def _answer(self, method: str, headers: dict[str, str], allowed: bool) -> bool:
        more = {"DESCRIBE": "Content-Type: application/sdp\r\n", "SETUP": f"Transport: {headers.get('transport')}\r\n"}
        body = SDP.encode() if method == "DESCRIBE" and allowed else b""
        status = "200 OK" if allowed else "401 Unauthorized"
        said = more.get(method, "") if allowed else 'WWW-Authenticate: Basic realm="camera"\r\n'
        self.wfile.write(
            f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\nSession: 1\r\nPublic: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            f"{said}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        if method == "PLAY":
            self._play()
        return method not in ("PLAY", "TEARDOWN")

    def _play(self) -> None:
        camera: Camera = self.server.camera  # type: ignore[attr-defined]
        sequence = 0
        for number, units in enumerate(camera.frames):
            payloads = [payload for unit in units for payload in _payloads(unit)]
            for place, payload in enumerate(payloads):
                last = _MARKER if place == len(payloads) - 1 else 0
                stamp = number * _CLOCK // camera.rate
                packet = struct.pack(">BBHII", 0x80, last | _PAYLOAD, sequence & 0xFFFF, stamp, 1) + payload
                self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                sequence += 1
            time.sleep(1 / camera.rate)


def serve_camera(camera: Camera) -> tuple[socketserver.ThreadingTCPServer, int]:
    """Start it; the caller shuts it down. The number is its port."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Connection)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.camera = camera  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, server.server_address[1]
