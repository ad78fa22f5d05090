"""Reports of whole agents at a real Mosquitto, which comes and goes; and wishes that lie there."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Agent, read_settings
from waiting import wait_for

from ..servers import Broker, Subscriber, free_port
from .serving import FileServer
from .test_updating import DATA, INSTALLER

pytestmark = pytest.mark.extras

STATUS = "site/devices/door/status"


class Reports:
    """What a subscriber knows of one device."""

    def __init__(self, broker: Broker) -> None:
        self.subscriber = Subscriber(broker.port, STATUS)

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for _, payload in self.subscriber.messages]

    def wait_for(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        return dict(wait_for(lambda: next(filter(holds, self.all[-1:]), None), told=lambda: self.all[-1:]))


@pytest.fixture
def reports(broker: Broker) -> Iterator[Reports]:
    one = Reports(broker)
    yield one
    one.subscriber.close()


@pytest.fixture
def describe(tmp_path: Path, small_model: Path, parrot: Path) -> Callable[..., Path]:
    (tmp_path / "in").mkdir()
    shutil.copy(parrot, tmp_path / "in" / "parrot.jpg")

    def write(port: int, more: str = "", every: str = "60s") -> Path:
        (tmp_path / "agent.toml").write_text(f"""
model = "{small_model}"
[source]
folder = "in"
[fleet]
broker = "mqtt://127.0.0.1:{port}/site"
name = "door"
every = "{every}"
[[sinks]]
send = "file:events.jsonl"
{more}
""")
        return tmp_path / "agent.toml"

    return write


class Working:
    def __init__(self, path: Path) -> None:
        self.agent = Agent.from_settings(read_settings(path))
        self._thread = threading.Thread(target=self.agent.run)
        self._thread.start()
        assert self.agent.wait_until_ready(60)

    def stop(self) -> float:
        begin = time.monotonic()
        self.agent.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()
        return time.monotonic() - begin


@pytest.fixture
def work() -> Iterator[Callable[[Path], Working]]:
    opened: list[Working] = []

    def start(path: Path) -> Working:
        opened.append(Working(path))
        return opened[-1]

    yield start
    for one in opened:
        one.stop()


def test_a_life(broker, reports, describe, work, tmp_path):
    working = work(describe(broker.port, every="1s"))
    said = reports.wait_for(lambda said: said["state"] == "online" and said["counters"]["sent"] == 1)
    assert (said["name"], said["healthy"], said["troubles"], said["waiting"]) == ("door", True, {}, 0)
    assert said["version"] is None
    assert said["started"] <= said["time"]
    working.stop()
    said = reports.wait_for(lambda said: said["state"] == "offline")
    assert said["counters"]["events"] == 1
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 1


def test_who_comes_later_reads_the_last_one(broker, reports, describe, work):
    work(describe(broker.port))
    reports.wait_for(lambda said: said["state"] == "online")
    late = Reports(broker)
    assert late.wait_for(lambda said: True)["state"] == "online"
    late.subscriber.close()


def test_one_that_dies_is_offline_by_its_last_will(broker, reports, describe):
    process = subprocess.Popen([sys.executable, "-m", "edgewright", "watch", str(describe(broker.port)), "--json"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        reports.wait_for(lambda said: said["state"] == "online")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert reports.wait_for(lambda said: said["state"] == "offline")["name"] == "door"


def test_a_trouble_is_told_at_once(broker, reports, describe, work):
    more = f'[[sinks]]\nsend = "http://127.0.0.1:{free_port()}/events"\n'
    work(describe(broker.port, more))
    said = reports.wait_for(lambda said: said["troubles"])
    assert not said["healthy"]
    assert said["waiting"] == 1


def test_no_broker_is_no_trouble_and_one_that_comes_back_is_told(tmp_path, describe, work):
    broker = Broker(tmp_path)
    working = work(describe(broker.port))
    path = tmp_path / "events.jsonl"
    while not (path.exists() and path.read_text()):
        time.sleep(0.02)
    assert not working.agent.glance().troubles
    broker.start()
    try:
        reports = Reports(broker)
        reports.wait_for(lambda said: said["state"] == "online")
        reports.subscriber.close()
        broker.stop()
        time.sleep(0.2)
        broker.start()
        reports = Reports(broker)
        reports.wait_for(lambda said: said["state"] == "online")
        reports.subscriber.close()
    finally:
        broker.stop()
    assert working.stop() < 20  # nobody waits for a broker that is away


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "device.json").write_text(json.dumps({"names": ["door", "yard"]}))
    (root / "device.pyz").write_text(INSTALLER)
    (root / "behavior").write_text('print(\'{"error": "it is signed by nobody"}\'); sys.exit(1)')
    monkeypatch.setenv("EDGEWRIGHT_ROOT", str(root))
    monkeypatch.setenv("EDGEWRIGHT_VERSION", "6-0123456789ab")
    return root


def lay_down(broker: Broker, topic: str, data: bytes) -> None:
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic, "-r", "-q", "1", "-s"],
                   input=data, check=True)  # fmt: skip


def test_wishes_that_lie_at_the_broker(broker, reports, describe, work, deployed, server: FileServer, tmp_path):
    private = tmp_path / "fetch.toml"
    private.write_text(f'ca = "{server.certificate}"\n')
    private.chmod(0o600)
    server.files["/door.bundle"] = DATA
    wish = {"url": server.url("/door.bundle"), "sha256": hashlib.sha256(DATA).hexdigest(), "size": len(DATA)}
    lay_down(broker, "site/devices/door/desired", b"garbage")
    work(describe(broker.port, '[updates]\ncredentials = "fetch.toml"\n'))
    said = reports.wait_for(lambda said: said["update"]["state"] == "unreadable")
    assert (said["version"], said["label"], said["groups"]) == (6, "6-0123456789ab", ["yard"])
    lay_down(broker, "site/devices/door/desired", json.dumps({"version": 6, **wish}).encode())
    reports.wait_for(lambda said: said["update"] == {"wanted": 6, "state": "current", "why": ""})
    lay_down(broker, "site/devices/door/desired", b" " * 100_000)
    said = reports.wait_for(lambda said: said["update"]["state"] == "unreadable")
    assert "at most 65,536 are read" in said["update"]["why"]
    lay_down(broker, "site/devices/door/desired", b" " * 2_000_000)  # too large to be taken off the line
    lay_down(broker, "site/groups/yard/desired", json.dumps({"version": 7, **wish}).encode())
    said = reports.wait_for(lambda said: said["update"]["state"] == "failed")
    assert said["update"] == {"wanted": 7, "state": "failed", "why": "it is signed by nobody"}
    assert said["healthy"]
    assert said["state"] == "online"


def test_a_wish_that_was_taken_back_while_nobody_was_connected(
    broker, reports, describe, work, deployed, server: FileServer, tmp_path
):
    """A broker says nothing of it to who comes back."""
    private = tmp_path / "fetch.toml"
    private.write_text(f'ca = "{server.certificate}"\n')
    private.chmod(0o600)
    wish = {"version": 7, "url": server.url("/later.bundle"), "sha256": hashlib.sha256(DATA).hexdigest(), "size": 8000}
    lay_down(broker, "site/devices/door/desired", json.dumps(wish).encode())
    work(describe(broker.port, '[updates]\ncredentials = "fetch.toml"\n'))
    reports.wait_for(lambda said: said["update"]["state"] == "waiting")
    broker.stop()
    broker.start()  # it has forgotten what lay there
    later = Reports(broker)
    later.wait_for(lambda said: said["update"] == {"wanted": None, "state": "none", "why": ""})
    later.subscriber.close()
