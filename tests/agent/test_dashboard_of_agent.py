"""An agent with a dashboard: what it sees is what the page gets, and a real picture comes out of the worker only."""

from __future__ import annotations

import io
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.agent import Address, Agent, Rule, SettingError, Zone, read_settings
from edgewright.agent.state_names import DASHBOARD
from edgewright.errors import MissingExtraError, UsageError

from .made_feed import Reader
from .servers import free_port


class Running:
    """An agent over pictures without an end, in a thread; for a `Reader` it stands where a made dashboard does."""

    def __init__(self, model, pictures, state, address, **settings) -> None:
        self._ended = threading.Event()
        self.port = address.port
        source = itertools.takewhile(lambda _: not self._ended.wait(0.02), itertools.cycle(pictures))
        self.agent = Agent(model, source, sinks=[lambda event: None], state=state, dashboard=address, **settings)
        self._thread = threading.Thread(target=self.agent.run)

    def __enter__(self) -> Running:
        self._thread.start()
        assert self.agent.wait_until_ready(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)


@pytest.fixture
def address() -> Address:
    return Address(port=free_port())


@pytest.fixture
def detector(shared_file):
    return shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")


def views(reader: Reader) -> Iterator[dict]:
    return (data for kind, _, data in reader.messages() if kind == "view")


def test_what_the_page_gets_is_what_was_seen(detector, shared_file, tmp_path, address):
    photo = np.asarray(Image.open(shared_file("images/cats_and_dogs.jpg")).convert("RGB").resize((640, 320)))
    with (
        Running(detector, [photo], tmp_path / "state", address) as agent,
        Reader(agent, "/live.mjpeg") as looker,
        Reader(agent, "/stream") as reader,
    ):
        _, jpeg = next(looker.pictures())
        told = next(views(reader))
        (_, event), *_ = reader.events(1)
    assert told["size"] == [320, 640]
    best = told["observations"][0]
    x0, y0, x1, y1 = event["observation"]["box"]
    assert (best["label"], best["score"]) == (event["label"], event["score"])
    assert best["corners"][0] == [round(x0 / 640, 5), round(y0 / 320, 5)]
    assert best["corners"][2] == [round(x1 / 640, 5), round(y1 / 320, 5)]
    shown = np.asarray(Image.open(io.BytesIO(jpeg)), np.int16)
    assert shown.shape == photo.shape
    assert np.abs(shown - photo).mean() < 4


def test_a_large_picture_is_made_smaller(small_model, tmp_path, address):
    large = np.full((1080, 1920, 3), 99, np.uint8)
    with Running(small_model, [large], tmp_path / "state", address) as agent, Reader(agent, "/live.mjpeg") as looker:
        assert Image.open(io.BytesIO(next(looker.pictures())[1])).size == (800, 450)


def test_with_rules_that_nothing_meets_what_is_seen_is_shown_all_the_same(detector, parrot, tmp_path, address):
    rule = Rule("cars", ("car",), score=0.9)
    photo = np.asarray(Image.open(parrot).convert("RGB"))
    with (
        Running(detector, [photo], tmp_path / "s", address, rules=(rule,)) as agent,
        Reader(agent, "/stream") as reader,
    ):
        assert "bird" in {seen["label"] for seen in next(views(reader))["observations"]}


def test_zones_and_tracks_are_shown(detector, shared_file, tmp_path, address):
    photo = np.asarray(Image.open(shared_file("images/cats_and_dogs.jpg")).convert("RGB").resize((640, 320)))
    yard = Zone("yard", ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)))
    running = Running(detector, [photo], tmp_path / "state", address, zones=(yard,), tracking=True)
    with running as agent, Reader(agent, "/stream") as reader, Reader(agent, "/api/setup") as setup:
        (shape,) = json.loads(setup.text())["shapes"]
        tracked = next(told for told in views(reader) if told["observations"])
    assert (shape["kind"], shape["name"], shape["points"][0]) == ("zone", "yard", [0.1, 0.1])
    assert all(seen["track"] > 0 for seen in tracked["observations"])


def test_the_status_is_written_for_people_and_programs(small_model, tmp_path, address):
    running = Running(small_model, [np.zeros((8, 8, 3), np.uint8)], tmp_path / "state", address)
    with running as agent, Reader(agent, "/stream") as reader:
        told = next(data for kind, _, data in reader.messages() if kind == "status" and data["looked_at"])
    figures = {label: value for label, value, _ in told["figures"]}
    assert {"frames/s", "model", "latency", "events", "waiting"} <= figures.keys()
    assert "waiting" in json.dumps(told["tables"])


def test_a_clock_that_is_put_back_changes_no_duration(small_model, tmp_path, address, monkeypatch):
    with Running(small_model, [np.zeros((8, 8, 3), np.uint8)], tmp_path, address):
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        status = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{address.port}/api/status", timeout=30).read())
        assert status["troubles"] == {}
        assert 0 < status["uptime_s"] < 3600


def test_for_others_there_is_a_token_in_the_state_folder_told_once(small_model, tmp_path, caplog):
    caplog.set_level("INFO", "edgewright")
    for _ in range(2):
        address = Address("0.0.0.0", free_port())
        with Running(small_model, [np.zeros((8, 8, 3), np.uint8)], tmp_path / "state", address) as agent:
            token = (tmp_path / "state" / DASHBOARD).read_text().strip()
            with Reader(agent, "/stream") as reader:
                assert reader.code == 401
            with Reader(agent, "/stream", Authorization=f"Bearer {token}") as reader:
                assert next(views(reader))
    said = [record.getMessage() for record in caplog.records if "dashboard is at" in record.getMessage()]
    assert [token in line for line in said] == [True, False]
    assert "its token is in" in said[1]


def test_a_place_that_is_taken_is_one_line_and_leaves_no_token(small_model, tmp_path, address):
    with Running(small_model, [np.zeros((8, 8, 3), np.uint8)], tmp_path / "one", address):
        two = Agent(
            small_model, [], sinks=["stdout"], state=tmp_path / "two", dashboard=Address("0.0.0.0", address.port)
        )
        with pytest.raises(UsageError, match=r"in use\. Choose another address with dashboard"):
            two.run()
    assert not (tmp_path / "two" / DASHBOARD).exists()


def test_without_the_extra_the_line_that_installs_it(small_model, tmp_path, address, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    agent = Agent(small_model, [], sinks=["stdout"], state=tmp_path / "state", dashboard=address)
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[dashboard\]'"):
        agent.run()


def connect_for_a_while(address: Address) -> None:
    for _ in range(600):
        socket.create_connection((address.host, address.port), timeout=30).close()
        time.sleep(0.05)


def test_an_agent_that_is_killed_leaves_no_page_behind(small_model, tmp_path, address):
    (tmp_path / "in").mkdir()
    command = [Path(sys.executable).with_name("edgewright"), "watch", small_model, "--folder", tmp_path / "in",
               "--state", tmp_path / "state", "--dashboard", str(address)]  # fmt: skip
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as agent:
        next(line for line in agent.stderr if "the dashboard is at" in line)
        socket.create_connection((address.host, address.port), timeout=30).close()
        agent.kill()
    with pytest.raises(ConnectionRefusedError):
        connect_for_a_while(address)


@pytest.mark.parametrize(("written", "means"), [('"0.0.0.0:80"', "0.0.0.0:80"), ("8080", "127.0.0.1:8080")])
def test_the_address_in_a_toml_file(small_model, tmp_path, written, means):
    path = tmp_path / "agent.toml"
    path.write_text(f'model = "{small_model}"\ndashboard = {written}\n[source]\ncamera = 0\n')
    assert str(read_settings(path).dashboard) == means


@pytest.mark.parametrize("written", ['"door:80"', '"1.2.3.4"', "70000", "true"])
def test_what_is_no_address_in_a_toml_file_is_told_with_its_line(small_model, tmp_path, written):
    path = tmp_path / "agent.toml"
    path.write_text(f'model = "{small_model}"\ndashboard = {written}\n[source]\ncamera = 0\n')
    with pytest.raises(UsageError, match=r"agent\.toml, line 2: dashboard: .*expected"):
        read_settings(path)


def test_what_is_no_address_in_python():
    with pytest.raises(SettingError, match="dashboard: '8080', expected an Address"):
        Agent("m.tflite", [], dashboard="8080")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--dashboard", "mobilenet.tflite"), "A model stands before it"),
        (("m.tflite", "--camera", "0", "--dashboard", "door:80"), "'door' is no IP address; expected one like"),
        (("agent.toml", "--dashboard"), "agent.toml describes the whole agent"),
    ],
)
def test_wrong_use_of_the_option_is_one_line(edgewright, given, said):
    done = edgewright("watch", *given)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
