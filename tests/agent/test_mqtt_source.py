"""Readings from a real Mosquitto: through its restarts, wrong passwords, and messages that are none."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Agent, SourceError, SourceSpec
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.errors import UsageError
from waiting import wait_for

from .sensors import measuring, pump, shaking
from .servers import Broker, certificate, free_port

pytestmark = pytest.mark.extras

TOPIC = "pump/vibration"


class Sensor:
    """Publishes to a broker, which may come and go."""

    def __init__(self, port: int, **login: str) -> None:
        import paho.mqtt.client as paho

        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        if login:
            self._client.username_pw_set(login["user"], login["password"])
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, text: str | bytes, *, retain: bool = False) -> None:
        self._client.publish(TOPIC, text, qos=1, retain=retain).wait_for_publish(5)

    def say_until(self, text: str, holds: Callable[[], object], timeout_s: float = 60) -> None:
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end
            self._client.publish(TOPIC, text, qos=0)
            time.sleep(0.05)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def sensor(broker: Broker) -> Iterator[Sensor]:
    one = Sensor(broker.port)
    yield one
    one.close()


def opened(port: int, **options: Any) -> Any:
    target = f"mqtt://127.0.0.1:{port}/{TOPIC}"
    return open_source("mqtt", target, every_frame=False, memory=NoMemory(), takes=measuring(), **options)


class Listening:
    """Reads in a thread, again each time that it breaks off."""

    def __init__(self, source: Any) -> None:
        self.rows: list[list[float]] = []
        self.problems: list[str] = []
        self.failures: list[str] = []
        self._source = source
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._closed:
            try:
                for frame in self._source.frames():
                    if frame.damaged:
                        self.problems.append(frame.error)
                    else:
                        self.rows += frame.content.values.tolist()
            except SourceError as error:
                self.failures.append(str(error))
                time.sleep(0.05)

    def wait_for(self, rows: list[list[float]]) -> None:
        wait_for(lambda: self.rows == rows, told=lambda: (self.rows, self.problems, self.failures))

    def close(self) -> None:
        self._closed = True
        self._source.close()
        self._thread.join(15)
        assert not self._thread.is_alive()


@pytest.fixture
def listening(broker: Broker, sensor: Sensor) -> Iterator[Listening]:
    one = Listening(opened(broker.port))
    sensor.say_until("0,0", lambda: one.rows)
    sensor.say("9,9")
    while one.rows[-1] != [9, 9]:
        time.sleep(0.01)
    one.rows.clear()
    yield one
    one.close()


def test_messages_of_each_form(sensor: Sensor, listening: Listening) -> None:
    for text in (
        '{"x": 1, "y": 2, "battery": 3.1}',
        "[3, 4]",
        "[[5, 6], [7, 8]]",
        "9,10",
        "y,x\n12,11\n14,13\n",
        '{"x": [15, 17], "y": [16, 18]}',
    ):
        sensor.say(text)
    listening.wait_for([[n, n + 1] for n in range(1, 18, 2)])
    assert not listening.problems


def test_what_is_no_reading_is_counted(sensor: Sensor, listening: Listening) -> None:
    for text in (b"\xff\xfe", "on", '{"x": 1}', "x" * 100_000, "", "1,2"):
        sensor.say(text)
    listening.wait_for([[1, 2]])
    assert len(listening.problems) == 4
    assert listening.problems[2] == "an object: there is no column y; it has x"


def test_what_the_broker_kept_is_of_before(broker: Broker, sensor: Sensor) -> None:
    sensor.say("7,7", retain=True)
    listening = Listening(opened(broker.port))
    sensor.say_until("1,2", lambda: listening.rows)
    assert [7, 7] not in listening.rows
    listening.close()


def test_a_broker_that_goes_and_comes_back(broker: Broker, sensor: Sensor, listening: Listening) -> None:
    for number in range(5):
        broker.stop()
        while not listening.failures:
            time.sleep(0.01)
        broker.start()
        listening.rows.clear()
        sensor.say_until(f"{number},0", lambda: listening.rows)
        assert (
            {"the broker closed the connection"}
            <= set(listening.failures)
            <= {
                "the broker closed the connection",
                "the broker cannot be reached: Connection refused",
            }
        )
        listening.failures.clear()


def test_what_is_lost_for_want_of_room_is_said_and_what_comes_then_begins_anew(broker, sensor, monkeypatch, caplog):
    monkeypatch.setattr("edgewright.agent.capture.sources.signals.mqtt_topic._WAITING", 3)
    source = opened(broker.port)
    frames = source.frames()
    first: list[Any] = []
    reading = threading.Thread(target=lambda: first.append(next(frames)))
    reading.start()
    sensor.say_until("0,0", lambda: first)
    reading.join()
    for number in range(1, 21):
        sensor.say(f"{number},0")
    time.sleep(0.5)  # nobody takes them
    last = [next(frames).content for _ in range(3)]
    source.close()
    assert not first[0].content.begins_anew
    assert [rows.values.tolist() for rows in last] == [[[number, 0.0]] for number in (18, 19, 20)]
    assert [rows.begins_anew for rows in last] == [True, False, False]
    assert len([message for message in caplog.messages if "so far are lost" in message]) == 1


def test_no_broker_a_wrong_password_and_a_right_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="the broker cannot be reached: Connection refused"):
        next(opened(free_port()).frames())
    words = tmp_path / "words"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(words), "pump", "right"], check=True)
    words.chmod(0o644)
    broker = Broker(tmp_path, "allow_anonymous false", f"password_file {words}", "user root")
    broker.start()
    try:
        monkeypatch.setenv("EDGEWRIGHT_USER", "pump")
        monkeypatch.setenv("EDGEWRIGHT_PASSWORD", "wrong")
        with pytest.raises(SourceError, match=r"the broker says: .*\(are user and password right\?\)"):
            next(opened(broker.port).frames())
        private = tmp_path / "private.toml"
        private.write_text('user = "pump"\npassword = "right"\n')
        private.chmod(0o600)
        listening = Listening(opened(broker.port, credentials=private))
        sensor = Sensor(broker.port, user="pump", password="right")
        sensor.say_until("1,2", lambda: listening.rows)
        listening.close()
        sensor.close()
    finally:
        broker.stop()


def test_encrypted(tmp_path: Path) -> None:
    with certificate(tmp_path) as (public, key):
        port = free_port()
        broker = Broker(tmp_path, f"certfile {public}", f"keyfile {key}", "user root", port=port)
        broker.start()
        private = tmp_path / "private.toml"
        private.write_text(f'ca = "{public}"\n')
        private.chmod(0o600)
        make = {"every_frame": False, "memory": NoMemory(), "takes": measuring()}
        trusting = open_source("mqtt", f"mqtts://localhost:{port}/{TOPIC}", credentials=private, **make)  # type: ignore[arg-type]
        strict = open_source("mqtt", f"mqtts://localhost:{port}/{TOPIC}", **make)  # type: ignore[arg-type]
        try:
            with pytest.raises(SourceError, match="the certificate was not accepted: self-signed certificate"):
                next(strict.frames())
            listening = Listening(trusting)
            while not listening.rows:
                subprocess.run(
                    ["mosquitto_pub", "-h", "localhost", "-p", str(port), "--cafile", str(public), "-t", TOPIC,
                     "-m", "1,2"],
                    check=True,
                )  # fmt: skip
                assert not listening.failures
            listening.close()
        finally:
            broker.stop()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("mqtt://broker", "name one topic"),
        ("mqtt://broker/pump/#", "name one topic"),
        ("mqtt://u:secret@broker/pump", "every user of the machine can see a password in a URL"),
        ("http://broker/pump", "expected the address of a broker and a topic"),
    ],
)
def test_what_is_no_topic(target: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        open_source("mqtt", target, every_frame=False, memory=NoMemory(), takes=measuring())
    assert "secret" not in str(raised.value)


def test_a_whole_agent(broker: Broker, sensor: Sensor, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    source = SourceSpec("mqtt", f"mqtt://127.0.0.1:{broker.port}/{TOPIC}", name="pump")
    agent = Agent(pump(), source, sinks=[events.append], state=tmp_path / "s")
    thread = threading.Thread(target=agent.run)
    thread.start()
    assert agent.wait_until_ready(60)
    sensor.say_until("1,1", lambda: agent.ledger.total("captured"))
    for _ in range(2):
        rows = [[float(cell) for cell in line.split(",")] for line in shaking(100, (40, 60))]
        sensor.say(json.dumps(rows))
    end = time.monotonic() + 60
    while sum(event["visit"]["phase"] == "end" for event in events) < 2 and time.monotonic() < end:
        sensor.say("1,1")
    agent.stop()
    thread.join(30)
    assert [event["visit"]["phase"] for event in events] == ["new", "end"] * 2
    assert {(event["source"], event["label"]) for event in events} == {("pump", "anomaly")}
