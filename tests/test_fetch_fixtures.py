"""`make fixtures`: the list, the files from cache or server, verified before visible; and what a missing file does."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parent
LIST = HERE / "fixtures.toml"


class Server(ThreadingHTTPServer):
    """Answers with `files`, by path; everything else is not found. `asked` is what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, int] = {}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        data = self.server.files.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write((data or b"")[: self.server.cut.get(self.path)])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def fetch(server: Server, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the script on a list of entries, against the loopback server."""

    def fetch(*entries: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "list.toml").write_text("\n".join(entries))
        arguments = ["--list", tmp_path / "list.toml", "--base-url", server.url, "--into", tmp_path / "into"]
        environment = os.environ | {"no_proxy": "127.0.0.1"}
        return subprocess.run(
            [sys.executable, HERE / "fetch_fixtures.py", *arguments],
            capture_output=True, text=True, check=False, env=environment, timeout=120,
        )  # fmt: skip

    return fetch


def entry(name: str, data: bytes, **more: str) -> str:
    facts = {"repository": "someone/things", "commit": "c0ffee", "path": Path(name).name, **more}
    lines = [f'{key} = "{value}"' for key, value in facts.items()]
    return "\n".join([f'["{name}"]', *lines, f'sha256 = "{hashlib.sha256(data).hexdigest()}"', f"size = {len(data)}"])


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_arrive_in_their_folders_from_the_pinned_commit(fetch, server: Server, tmp_path: Path):
    server.files["/someone/things/raw/c0ffee/a.bin"] = b"first"
    server.files["/someone/things/raw/c0ffee/b%20c.bin"] = b"second"
    done = fetch(entry("models/a.bin", b"first"), entry("data/deep/b c.bin", b"second"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "into/models/a.bin").read_bytes() == b"first"
    assert (tmp_path / "into/data/deep/b c.bin").read_bytes() == b"second"
    assert "2 of 2 files" in done.stdout


def test_what_is_there_is_not_fetched_again(fetch, server: Server, tmp_path: Path):
    (tmp_path / "into").mkdir()
    (tmp_path / "into/a.bin").write_bytes(b"first")
    done = fetch(entry("a.bin", b"first"))
    assert (done.returncode, server.asked) == (0, [])


def test_a_damaged_file_is_replaced(fetch, server: Server, tmp_path: Path):
    (tmp_path / "into").mkdir()
    (tmp_path / "into/a.bin").write_bytes(b"fir")
    server.files["/someone/things/raw/c0ffee/a.bin"] = b"first"
    assert fetch(entry("a.bin", b"first")).returncode == 0
    assert (tmp_path / "into/a.bin").read_bytes() == b"first"


@pytest.mark.parametrize("answer", [b"fiRst", b"first and more", b"", b"<html>sign in</html>"])
def test_what_is_not_the_published_file_is_never_visible(fetch, server: Server, tmp_path: Path, answer: bytes):
    server.files["/someone/things/raw/c0ffee/a.bin"] = answer
    server.files["/someone/things/raw/c0ffee/b.bin"] = b"second"
    done = fetch(entry("a.bin", b"first"), entry("b.bin", b"second"))
    assert done.returncode == 1
    assert "not the published file" in done.stderr
    assert files_in(tmp_path / "into") == ["b.bin"]
    assert "1 of 2 files" in done.stdout


def test_a_broken_connection_leaves_nothing(fetch, server: Server, tmp_path: Path):
    server.files["/someone/things/raw/c0ffee/a.bin"] = bytes(1000)
    server.cut["/someone/things/raw/c0ffee/a.bin"] = 400
    done = fetch(entry("a.bin", bytes(1000)))
    assert done.returncode == 1
    assert not (tmp_path / "into").exists()
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_one_line_and_the_rest_goes_on(fetch, server: Server, tmp_path: Path):
    server.files["/someone/things/raw/c0ffee/b.bin"] = b"second"
    done = fetch(entry("a.bin", b"first"), entry("b.bin", b"second"))
    assert done.returncode == 1
    assert "404" in done.stderr
    assert files_in(tmp_path / "into") == ["b.bin"]


def sprite() -> Image.Image:
    """30 x 30 tiles; each is filled with its own number modulo 251, apart from one marked corner."""
    pixels = np.zeros((30 * 28, 30 * 28), np.uint8)
    for row in range(30):
        for column in range(30):
            pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28] = (row * 30 + column) % 251
            pixels[row * 28, column * 28 + 1] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_sprite_becomes_labeled_pictures(fetch, server: Server, tmp_path: Path, mode: str):
    stream = io.BytesIO()
    sprite().convert(mode).save(stream, "PNG")
    server.files["/someone/things/raw/c0ffee/sprite.png"] = stream.getvalue()
    x = np.empty((900, 28, 28), np.uint8)
    x[:] = (np.arange(900) % 251)[:, None, None]
    x[:, 0, 1] = 255
    y = (np.arange(900) // 90).astype(np.uint8)
    contents = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
    wanted = entry("data/x.npz", b"other zlib", path="sprite.png", made="classes_of_sprite", contents=contents)
    done = fetch(wanted)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "into/data/x.npz") as made:
        np.testing.assert_array_equal(made["x"], x)
        np.testing.assert_array_equal(made["y"], y)
    assert "there already" in fetch(wanted).stdout


def test_another_sprite_is_refused(fetch, server: Server, tmp_path: Path):
    for size in ((840, 840), (84, 84)):
        stream = io.BytesIO()
        Image.new("L", size).save(stream, "PNG")
        server.files["/someone/things/raw/c0ffee/sprite.png"] = stream.getvalue()
        done = fetch(entry("x.npz", b"", path="sprite.png", made="classes_of_sprite", contents="0" * 64))
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "into").exists()


def test_the_list_is_that_of_the_files_in_use(shared_file):
    for name, facts in tomllib.loads(LIST.read_text()).items():
        data = shared_file(name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (facts["size"], facts["sha256"]), name
        assert re.fullmatch("[0-9a-f]{40}", facts["commit"]) or facts["contents"]


PROBE = """
def test_needs(shared_file):
    assert shared_file("models/x.tflite").exists()

def test_needs_more(shared_file):
    assert shared_file("models/y.tflite").exists()

def test_needs_nothing():
    pass
"""


@pytest.fixture
def probe(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run pytest with our conftest on three tests, two of which need files that are not there."""
    folder = tmp_path / "tests"
    folder.mkdir()
    for name in ("conftest.py", "exploring.py", "scheduling.py", "sharing.py"):
        shutil.copy(HERE / name, folder)
    (folder / "test_probe.py").write_text(PROBE)

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        environment |= {"EDGEWRIGHT_SHARED": str(tmp_path / "nowhere"), **variables}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
        command += ["--import-mode=importlib", f"--rootdir={tmp_path}", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)

    return run


def test_tests_without_their_file_are_skipped_and_counted(probe):
    done = probe()
    assert done.returncode == 0
    assert "1 passed, 2 skipped" in done.stdout
    assert "2 tests were skipped because a published file is missing: make fixtures" in done.stdout


def test_in_ci_a_missing_file_is_a_failure(probe):
    done = probe(CI="true")
    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert "2 failed" in done.stdout
    assert "models/y.tflite is missing" in done.stdout
