"""What `run` takes beside files: standard input, addresses of the web, videos."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from ..task.test_no_numbers import quotients

MODEL, PHOTO = "models/mobilenet_v1_0.25_128_quant.tflite", "images/parrot.jpg"
SOUNDS, SPEECH = "models/yamnet.tflite", "images/speech.wav"


def piped(content: bytes, *arguments: object, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "edgewright", *map(str, arguments)]
    return subprocess.run(command, input=content, capture_output=True, check=False, **more)


# ----- standard input


def test_a_picture_is_piped_in(shared_file: Any) -> None:
    said = piped(shared_file(PHOTO).read_bytes(), "run", shared_file(MODEL), "-", "--json")
    (found,) = json.loads(said.stdout)
    assert (said.returncode, found["input"], found["top"][0]["label"]) == (0, "-", "macaw")


def test_it_is_one_of_several_inputs_and_can_be_saved(shared_file: Any, tmp_path: Path) -> None:
    said = piped(shared_file(PHOTO).read_bytes(), "run", shared_file(MODEL), shared_file(PHOTO), "-", "-o", tmp_path)
    first, second = said.stdout.splitlines()
    assert first.endswith(second.removeprefix(b"-"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input.jpg", "parrot.jpg"]


def test_a_sound_a_text_and_a_series_are_piped_in(shared_file: Any) -> None:
    said = piped(shared_file(SPEECH).read_bytes(), "run", shared_file(SOUNDS), "-")
    assert b"Speech" in said.stdout
    words = ("--vocabulary", shared_file("models/movie_review_vocab.txt"))
    said = piped(b"a great film\n", "run", shared_file("models/movie_review.tflite"), "-", "--json", *words)
    assert json.loads(said.stdout)[0]["kind"] == "text-classification", said.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "standard input: there is nothing in it"),
        (b"no picture", "standard input: not a picture"),
        (b"\xff\xd8\xff\xe0 cut", "standard input: the header of the JPEG picture is damaged"),
    ],
)
def test_what_is_no_picture_is_one_line(shared_file: Any, content: bytes, reason: str) -> None:
    said = piped(content, "run", shared_file(MODEL), "-")
    assert said.returncode == 1
    assert said.stderr.decode().startswith(f"edgewright: {reason}")
    assert said.stderr.count(b"\n") == 1


def test_it_is_read_once(shared_file: Any) -> None:
    said = piped(b"", "run", shared_file(MODEL), "-", "-")
    assert (said.returncode, b"can be read once" in said.stderr) == (2, True)


def test_a_keyboard_is_no_picture(shared_file: Any) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "edgewright", "run", str(shared_file(MODEL)), "-"]
    said = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=120, check=False)
    os.close(ours)
    os.close(theirs)
    assert (said.returncode, "nothing is piped in: edgewright run MODEL - < photo.jpg" in said.stderr) == (2, True)


def test_what_is_wrong_with_the_answer_names_it(tmp_path: Path) -> None:
    (tmp_path / "q.tflite").write_bytes(quotients().data)
    red = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(red, "PNG")
    said = piped(red.getvalue(), "run", tmp_path / "q.tflite", "-")
    assert said.stderr.startswith(b"edgewright: standard input: the model returned NaN")


# ----- addresses


@dataclass
class Web:
    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, dict(self.headers)))
            code, headers, body = state.pages.get(self.path.partition("?")[0], (404, {}, b""))
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_picture_is_fetched(edgewright: Any, shared_file: Any, web: Web, tmp_path: Path) -> None:
    web.pages["/a/parrot.jpg"] = 200, {"Content-Type": "image/jpeg"}, shared_file(PHOTO).read_bytes()
    web.pages["/moved"] = 302, {"Location": "/a/parrot.jpg"}, b""
    said = edgewright("run", shared_file(MODEL), f"{web.url}/a/parrot.jpg", f"{web.url}/moved", "-o", tmp_path)
    assert said.returncode == 0, said.stderr
    assert [": macaw" in line for line in said.stdout.splitlines()] == [True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moved.jpg", "parrot.jpg"]
    assert len([path for path, _ in web.asked if path == "/a/parrot.jpg"]) == 2  # not once more to be drawn on


def test_so_are_a_sound_and_a_table(edgewright: Any, shared_file: Any, web: Web) -> None:
    web.pages["/speech.wav"] = 200, {}, shared_file(SPEECH).read_bytes()
    said = edgewright("run", shared_file(SOUNDS), f"{web.url}/speech.wav")
    assert "Speech" in said.stdout


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ((200, {"Content-Type": "text/html; charset=utf-8"}, b"hello"), "this is a web page, not a file"),
        ((200, {}, b"\n<!DOCTYPE html><html>"), "this is a web page, not a file"),
        ((200, {}, b"no picture"), "not a picture"),
        ((200, {}, b""), "the server sent nothing"),
        ((200, {"Content-Length": "99999"}, b"\xff\xd8\xff"), "only 3 of its 99,999 bytes came"),
        ((200, {"Content-Length": str(1 << 40)}, b""), "over 256 MiB are no single input"),
        ((404, {}, b""), "the server says 404 Not Found"),
        ((403, {}, b""), "the server says 403 Forbidden"),
        ((503, {}, b""), "it cannot be fetched: the server says 503"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "which is not safe to follow"),
        ((302, {"Location": "/x.jpg"}, b""), "the server redirects in a circle, or too often"),
        ((302, {}, b""), "the server redirects, and does not say where to"),
    ],
)
def test_what_is_no_input_is_one_line_and_the_others_go_on(
    edgewright: Any, shared_file: Any, web: Web, page: tuple[int, dict[str, str], bytes], reason: str
) -> None:
    web.pages["/x.jpg"] = page
    said = edgewright("run", shared_file(MODEL), f"{web.url}/x.jpg", shared_file(PHOTO))
    assert (said.returncode, len(said.stdout.splitlines())) == (1, 1)
    first, summary = said.stderr.splitlines()
    assert first.startswith(f"edgewright: {web.url}/x.jpg: ")
    assert reason in first
    assert "1 of them without an answer" in summary


def test_what_is_secret_in_an_address_is_said_to_its_server_alone(edgewright: Any, shared_file: Any, web: Web) -> None:
    host = web.url.removeprefix("http://")
    away = f"http://localhost:{host.rpartition(':')[2]}/gone.jpg?token=hidden"
    web.pages["/here.jpg"] = 302, {"Location": away}, b""
    said = edgewright("run", shared_file(MODEL), f"http://user:pass%21@{host}/here.jpg?key=hidden", "--json")
    assert said.returncode == 1
    for secret in ("user", "pass", "hidden"):
        assert secret not in said.stderr
    assert "user" not in said.stdout
    (_, first), (_, second) = web.asked
    assert first["Authorization"] == f"Basic {base64.b64encode(b'user:pass!').decode()}"
    assert "Authorization" not in second


def test_nobody_there(edgewright: Any, shared_file: Any) -> None:
    said = edgewright("run", shared_file(MODEL), "http://127.0.0.1:1/a.jpg")
    assert said.returncode == 1
    assert "http://127.0.0.1:1/a.jpg: it cannot be fetched: connection refused" in said.stderr
    said = edgewright("run", shared_file(MODEL), "http://[::1/a.jpg")
    assert (said.returncode, "one of the addresses is none: Invalid IPv6 URL" in said.stderr) == (2, True)


# ----- videos


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four and a half seconds with ten frames in each: red, then blue from the third second on."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(45):
            pixels = np.full((64, 64, 3), (255, 0, 0) if number < 20 else (0, 0, 255), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def looked_at(edgewright: Any, shared_file: Any, *arguments: object) -> list[dict[str, Any]]:
    said = edgewright("run", shared_file(MODEL), *arguments, "--json")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


@pytest.mark.parametrize(
    ("every", "frames"),
    [
        ((), [0, 10, 20, 30, 40]), (("--every", "1s"), [0, 10, 20, 30, 40]), (("--every", "2s"), [0, 20, 40]),
        (("--every", "0.5s"), list(range(0, 45, 5))), (("--every", "20"), [0, 20, 40]), (("--every", "44"), [0, 44]),
        (("--every", "1000"), [0]), (("--every", "1"), list(range(45))), (("--every", "1.5s"), [0, 15, 30]),
        (("--every", "99s"), [0]),
    ],
)  # fmt: skip
def test_frames_are_looked_at_as_often_as_was_asked(
    edgewright: Any, shared_file: Any, clip: Path, every: tuple[str, ...], frames: list[int]
) -> None:
    found = looked_at(edgewright, shared_file, clip, *every)
    assert [one["position"] for one in found] == [{"frame": frame, "seconds": frame / 10} for frame in frames]
    assert found[0]["input"] == f"{clip} at 0.00 s"


def test_lines_name_the_second_and_pictures_can_stand_beside(
    edgewright: Any, shared_file: Any, clip: Path, tmp_path: Path
) -> None:
    said = edgewright("run", shared_file(MODEL), clip, shared_file(PHOTO), "--every", "2s", "-o", tmp_path)
    lines = [line.partition(": ")[0] for line in said.stdout.splitlines()]
    assert lines == [f"{clip} at {second}.00 s" for second in (0, 2, 4)] + [str(shared_file(PHOTO))]
    assert "4 pictures in" in said.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "clip-0.jpg",
        "clip-20.jpg",
        "clip-40.jpg",
        "parrot.jpg",
    ]


def test_each_row_of_csv_names_the_frame(edgewright: Any, shared_file: Any, clip: Path) -> None:
    rows = edgewright("run", shared_file(MODEL), clip, "--every", "20", "--csv").stdout.splitlines()
    assert [row.partition(",")[0] for row in rows[1:]] == [f"{clip} at {second}.00 s" for second in (0, 2, 4)]


def test_a_video_that_cannot_be_read_is_one_line_and_the_others_go_on(
    edgewright: Any, shared_file: Any, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    (tmp_path / "half.mp4").write_bytes(clip.read_bytes()[:2000])
    said = edgewright("run", shared_file(MODEL), "no.mp4", "half.mp4", clip, cwd=tmp_path)
    assert said.returncode == 1
    assert [
        line for line in said.stderr.splitlines() if line.startswith("edgewright: no.mp4: the video cannot be read")
    ]
    assert len(said.stdout.splitlines()) >= 5


@pytest.mark.parametrize("every", ["0", "-1", "x", "0s", "1.5", "2 min", "nan"])
def test_how_often_is_a_number_of_frames_or_seconds(edgewright: Any, shared_file: Any, clip: Path, every: str) -> None:
    said = edgewright("run", shared_file(MODEL), clip, f"--every={every}")
    assert said.returncode == 2
    assert "give a number of frames, as 10, or of seconds, as 0.5s" in said.stderr


def test_it_is_said_of_videos_only(edgewright: Any, shared_file: Any) -> None:
    said = edgewright("run", shared_file(MODEL), shared_file(PHOTO), "--every", "2")
    assert (said.returncode, "--every goes with a video file" in said.stderr) == (2, True)


def test_without_the_extra_the_line_to_install_it_is_said(shared_file: Any, clip: Path) -> None:
    program = "import sys; sys.modules['av'] = None; from edgewright.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "run", str(shared_file(MODEL)), str(clip)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "Run: pip install 'edgewright[video]'" in said.stderr
