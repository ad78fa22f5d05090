"""A real agent under the launcher, and a later program that changes its file of events: back, and no event is lost."""

from __future__ import annotations

import http.server
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy
import pytest
from PIL import Image

import edgewright
from edgewright.agent.delivery import migrations

from ..agent.test_returning import later_program
from .devices import Device, label, small_bundle

pytestmark = pytest.mark.extras

SETTINGS = """
model = "model.tflite"
state = "../../state"
[source]
folder = "{pictures}"
[[sinks]]
send = "http://127.0.0.1:{port}/"
"""


class Receiver:
    """A web server that takes events, once it is there."""

    def __init__(self) -> None:
        self.pictures: list[str] = []
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as taken:
            self.port = taken.server_port
        self._server: http.server.HTTPServer | None = None

    def start(self) -> None:
        pictures = self.pictures

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for one in event if isinstance(event, list) else [event]:
                    if one["kind"] == "result":
                        pictures.append(one["picture"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


Agent = Callable[..., Path]


@pytest.fixture
def agent(tmp_path: Path, shared_file, receiver: Receiver) -> Agent:
    """Make a bundle with a whole program and a model; its packages are those of this environment."""
    pictures = tmp_path / "in"
    pictures.mkdir()
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite").read_bytes()

    def make(version: int, source: Path, edited: dict[str, tuple[str, str]] | None = None) -> Path:
        files = {
            f"edgewright/{path.relative_to(source).as_posix()}": path.read_bytes()
            for path in sorted(source.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        for path, (before, after) in (edited or {}).items():
            assert before.encode() in files[path]
            files[path] = files[path].replace(before.encode(), after.encode())
        files["model.tflite"] = model
        files["agent.toml"] = SETTINGS.format(pictures=pictures, port=receiver.port).encode()
        return small_bundle(tmp_path, version, files=files, checked=False)

    return make


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    packages = Path(numpy.__file__).parents[1]
    made = Device(tmp_path / "device", {"PYTHONPATH": f"{Path(edgewright.__file__).parents[1]}:{packages}"})
    made.root.mkdir()
    yield made
    made.end()


def look(device: Device, pictures: Path, *names: str) -> None:
    """Lay pictures down, and wait until what they show is in the outbox."""
    from edgewright.agent.state import read_status

    before = read_status(device.root / "state")["events"]
    for number, name in enumerate(names):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(pictures / f".{name}")
        (pictures / f".{name}").rename(pictures / name)
        os.utime(pictures / name, (time.time() - 100, time.time() - 100))
    device.wait(lambda: read_status(device.root / "state")["events"] >= before + len(names))


def test_no_event_is_lost_on_the_way_back(device: Device, agent: Agent, receiver: Receiver, tmp_path: Path):
    source, later = Path(edgewright.__file__).parent, later_program(tmp_path / "later") / "edgewright"
    first, second = agent(1, source), agent(2, later)
    fails = agent(3, later, {"edgewright/agent/running.py": ('notify("READY=1")', 'raise SystemExit("out of order")')})
    pictures = tmp_path / "in"
    device.boot("--within", "60", "--steady", "1")
    assert device.install(first)[0] == 0
    look(device, pictures, "1.png", "2.png")

    # It changes the file, and then fails its trial.
    code, said = device.install(fails)
    assert (code, said["state"]) == (1, "rolled back")
    assert said["why"].endswith("out of order"), said
    assert (device.root / "state" / f"version-{migrations.VERSION}").is_dir()
    look(device, pictures, "3.png")

    # It is at work with it for a while, and is gone back from.
    assert device.install(second)[0] == 0
    look(device, pictures, "4.png", "5.png")
    code, said = device.run("rollback")
    assert (code, said[-1]["version"], said[-1]["why"]) == (0, label(first), "")
    look(device, pictures, "6.png")
    receiver.start()
    device.wait(lambda: len(receiver.pictures) >= 6)
    assert receiver.pictures == [f"{number}.png" for number in range(1, 7)]

    # It is at work again, and then cannot even run: what it stored is kept, and that is said.
    last = agent(4, later)
    assert device.install(last)[0] == 0
    receiver.stop()
    look(device, pictures, "7.png")
    (device.root / "versions" / label(last) / "venv" / "bin" / "python").unlink()
    code, said = device.run("rollback")
    kept = device.root / "state" / "not-taken-back-1"
    assert (code, said[-1]["version"], said[-1]["state"]) == (0, label(first), "healthy")
    assert f"those it stored lie in {kept}" in said[-1]["why"]
    assert "7.png" in pictures_in(kept / "outbox.db")


def pictures_in(outbox: Path) -> list[str]:
    with closing(sqlite3.connect(outbox)) as database:
        events = [json.loads(text) for (text,) in database.execute("SELECT text FROM events")]
    return [event["picture"] for event in events if event["kind"] == "result"]
