"""Video in which bits are wrong: no frame is given that does not look as it was sent, or builds on one such."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.agent import Frame, SourceError
from edgewright.agent.capture.sources import NoMemory, open_source

from .rtsp_camera import Camera, encoded, serve_camera

av = pytest.importorskip("av")

RATE, SECONDS, GROUP = 20, 3, 10
SIZE = (320, 240)
SENT = RATE * SECONDS

CODECS = {
    "H.264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "g": str(GROUP)}),
    "H.264, main profile": ("libx264", {"preset": "veryfast", "bf": "0", "g": str(GROUP)}),
    "MPEG-4": ("mpeg4", {"g": str(GROUP)}),
    "MPEG-2": ("mpeg2video", {"g": str(GROUP)}),
}


@pytest.fixture(scope="module")
def pictures(shared_file) -> list[np.ndarray]:
    """A photograph that moves."""
    from PIL import Image

    with Image.open(shared_file("images/parrot.jpg")) as photo:
        still = np.asarray(photo.convert("RGB").resize(SIZE))
    return [np.roll(still, 3 * number, axis=1) for number in range(SENT)]


def write(path: Path, pictures: list[np.ndarray], codec: str, options: dict[str, str]) -> Path:
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", 2_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def damage(path: Path, seed: int, places: int = 3) -> Path:
    """Wrong bytes in the second half, in what the packets of MPEG-TS (188 bytes) carry."""
    data, chance = bytearray(path.read_bytes()), random.Random(seed)
    for packet in chance.sample(range(len(data) // 188 // 2, len(data) // 188), places):
        at = 188 * packet + 60
        data[at : at + 8] = chance.randbytes(8)
    damaged = path.with_name(f"damaged-{seed}.ts")
    damaged.write_bytes(data)
    return damaged


def frames(path: Path) -> list[Frame]:
    return list(open_source("video", str(path), every_frame=True, memory=NoMemory()).frames())


def whole(given: list[Frame]) -> dict[float, np.ndarray]:
    return {round(frame.position.seconds, 3): frame.content for frame in given if frame.position is not None}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("codec", CODECS)
def test_what_is_given_looks_as_it_was_sent(tmp_path, pictures, codec, seed):
    path = write(tmp_path / "clip.ts", pictures, *CODECS[codec])
    sent, given = whole(frames(path)), frames(damage(path, seed))
    kept = whole(given)
    assert len(sent) == SENT
    assert sum(frame.damaged for frame in given) > 0
    assert len(kept) >= SENT // 3, "what stands before the damage is whole, and so is what does not build on it"
    worst = max(np.abs(picture.astype(int) - sent[at_s].astype(int)).mean() for at_s, picture in kept.items())
    assert worst < 2.0


def test_frames_have_their_place_in_the_video(tmp_path, pictures):
    """A stream that was recorded begins at any time: MPEG-TS of FFmpeg's at 1.4 s."""
    given = frames(write(tmp_path / "clip.ts", pictures, *CODECS["H.264"]))
    assert [frame.position.frame for frame in given] == list(range(SENT))
    assert given[0].position.to_dict() == {"frame": 0, "seconds": 0.0}
    steps = [later.position.seconds - earlier.position.seconds for earlier, later in pairwise(given)]
    assert steps == pytest.approx([1 / RATE] * (SENT - 1), abs=1e-3)


def test_a_damaged_frame_has_a_place_too(tmp_path, pictures):
    given = frames(damage(write(tmp_path / "clip.ts", pictures, *CODECS["H.264"]), 0))
    numbers = [frame.position.frame for frame in given if frame.position is not None]
    assert numbers == [number for number, frame in enumerate(given) if not frame.damaged]


def test_the_events_of_a_video_say_where_in_it(tmp_path, pictures, small_model):
    path = write(tmp_path / "clip.ts", pictures[:10], *CODECS["H.264"])
    events: list[dict[str, Any]] = []
    ew.Agent(small_model, path, sinks=[events.append], state=tmp_path / "state").run()
    assert [event["position"]["frame"] for event in events] == list(range(10))
    assert events[4]["position"] == {"frame": 4, "seconds": 0.2}
    assert [event["picture"] for event in events[:2]] == ["frame 0", "frame 1"]


def test_a_network_camera_whose_frames_are_damaged_on_the_way(pictures):
    units = encoded(pictures, RATE)
    unit = bytearray(units[46][-1])  # the second of a group of five
    unit[len(unit) // 2 : len(unit) // 2 + 40] = random.Random(0).randbytes(40)
    units[46][-1] = bytes(unit)
    camera = Camera(units, RATE, "viewer:s3cret")
    server, port = serve_camera(camera)
    address = f"rtsp://viewer:s3cret@127.0.0.1:{port}/stream1"
    given: list[Frame] = []
    with pytest.raises(SourceError):
        given.extend(open_source("stream", address, every_frame=False, memory=NoMemory()).frames())
    server.shutdown()
    server.server_close()
    assert [frame.damaged for frame in given[-14:]] == [True] * 4 + [False] * 10
    assert not any(frame.damaged for frame in given[:-14])
