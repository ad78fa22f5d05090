"""An agent told to Home Assistant over a real Mosquitto: what is retained there, and that events never wait for it."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Event, HomeAssistant, Outbox, Sink, open_sink
from edgewright.agent.delivery.delivery import Delivery
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.delivery.sinks.home_assistant import talk
from edgewright.agent.delivery.sinks.home_assistant.naming import key
from edgewright.agent.delivery.sinks.home_assistant.watching import Known, WatchedRule, Watching
from waiting import wait_for

from .homes import (
    GATE,
    HOUSE,
    JPEG,
    YARD,
    Story,
    check_payload,
    components,
    device,
    retained,
    state,
    stored,
    with_picture,
)
from .servers import Broker, Subscriber

pytestmark = pytest.mark.extras


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant lets topics go at once: there is none."""
    monkeypatch.setattr(talk, "_LET_GO_S", 0.0)


@pytest.fixture
def opened(tmp_path: Path, outbox: Outbox) -> Iterator[Callable[..., Any]]:
    """Sinks of one agent after the other, as the agent makes them, with one state."""
    sinks: list[Sink] = []

    def make(port: int, watching: Watching = HOUSE, options: HomeAssistant | bool = True, *, state: str = "") -> Any:
        sink: Any = open_sink(f"mqtt://127.0.0.1:{port}/site/front_door", home_assistant=options)
        identity = Identity(tmp_path / f"identity{state}")
        sink.identify(identity)
        sink.introduce(identity, watching, outbox)
        sinks.append(sink)
        return sink

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture
def story() -> Story:
    return Story()


class TestAnnouncing:
    def test_a_device_appears_without_any_event(self, broker, opened):
        opened(broker.port).tend()
        kept = retained(broker.port)
        assert components(kept).keys() == {
            "rule_gate", key("rule", YARD.name), "picture_gate", key("picture", YARD.name), "line_in_gate",
            "line_out_gate", key("inside", YARD.name), "running", "notice",
        }  # fmt: skip
        assert state(kept, "rule_gate") == b"OFF"

    def test_states_follow_events_and_stay_for_who_comes_later(self, broker, opened, story):
        sink = opened(broker.port)
        assert sink.send(stored(story.visit("new", "a"), story.crossing(7, 9))) == 2
        assert sink.send(stored(with_picture(story.visit("update", "a")))) == 1
        kept = retained(broker.port)
        assert state(kept, key("rule", YARD.name)) == b"ON"
        assert state(kept, "line_in_gate") == b"7"
        assert state(kept, key("picture", YARD.name)) == JPEG
        assert sink.send(stored(story.visit("end", "a"))) == 1
        assert state(retained(broker.port), key("rule", YARD.name)) == b"OFF"

    def test_an_instant_is_not_retained_and_what_belongs_to_a_state_comes_before_it(self, broker, opened, story):
        sink = opened(broker.port)
        sink.tend()
        live = Subscriber(broker.port, "site/front_door/home_assistant/#")
        time.sleep(0.2)
        live.messages.clear()
        sink.send(stored(story.crossing(1, 0)))
        live.wait_for(3)
        said = [topic.rpartition("/home_assistant/")[2].partition("/")[2] for topic, _ in live.messages]
        assert said == ["rule_gate/attributes", "line_in_gate", "line_out_gate", "rule_gate"]
        live.close()
        assert state(retained(broker.port), "rule_gate") == b"OFF"

    def test_home_assistant_that_starts_hears_all_of_it_once_more(self, broker, opened):
        sink = opened(broker.port)
        sink.tend()
        live = Subscriber(broker.port, "homeassistant/device/#")
        live.wait_for(1)
        for birth in (b"offline", b"online"):
            live._client.publish("homeassistant/status", birth).wait_for_publish(5)
            time.sleep(0.2)
            sink.tend()
            live.wait_for(2, 1.0)
            assert len(live.messages) == (2 if birth == b"online" else 1)
        live.close()

    def test_a_broker_that_lost_all_of_it_is_told_again(self, tmp_path, broker, opened, story):
        sink = opened(broker.port)
        sink.send(stored(story.visit("new")))
        broker.stop()
        again = Broker(tmp_path, port=broker.port)
        again.start()
        while sink._connection.is_open:
            time.sleep(0.02)
        sink.tend()
        kept = retained(broker.port)
        assert state(kept, key("rule", YARD.name)) == b"ON"
        assert "rule_gate" in components(kept)
        again.stop()

    def test_another_prefix_and_name(self, broker, opened):
        opened(broker.port, options=HomeAssistant(prefix="home/main", name="Porch")).tend()
        kept = retained(broker.port)
        (topic,) = [topic for topic in kept if topic.startswith("home/main/device/")]
        assert json.loads(kept[topic])["device"]["name"] == "Porch"

    def test_two_agents_on_one_broker_with_one_topic(self, broker, opened, story):
        first, second = opened(broker.port, state="1"), opened(broker.port, state="2")
        first.send(stored(story.visit("new")))
        second.tend()
        devices = [topic for topic in retained(broker.port) if topic.startswith("homeassistant/device/")]
        states = [payload for topic, payload in retained(broker.port).items() if topic.endswith(key("rule", YARD.name))]
        assert len(devices) == 2
        assert sorted(states) == [b"OFF", b"ON"]

    def test_a_hundred_rules_of_any_name(self, broker, opened, story):
        names = [f"{sign} {number}" for number in range(25) for sign in ("+/#", "Süd/東", "{{ x }}", "..")]
        sink = opened(broker.port, Watching("m", tuple(WatchedRule(name, lasts=True) for name in names)))
        assert sink.send(stored(*(story.visit("new", rule=name) for name in names))) == 100
        kept = retained(broker.port)
        check_payload(device(kept))
        assert sum(payload == b"ON" for payload in kept.values()) == 100


class TestRestarts:
    def test_open_visits_are_on_again(self, broker, opened, story):
        opened(broker.port).send(stored(story.visit("new", "a")))
        known = Watching("m", (YARD,), known=lambda: Known({YARD.name: ["a"]}))
        after = opened(broker.port, known)
        after.tend()
        assert state(retained(broker.port), key("rule", YARD.name)) == b"ON"
        after.send(stored(story.visit("end", "a")))
        assert state(retained(broker.port), key("rule", YARD.name)) == b"OFF"

    def test_a_rule_that_was_renamed_leaves_nothing_behind(self, broker, opened, story):
        before = opened(broker.port, Watching("m", (GATE,), ("gate",), pictures=True))
        before.send(stored(with_picture(story.crossing(1, 2))))
        before.close()
        for gone in ({"platform": "binary_sensor"}, None):  # told once, then forgotten
            after = opened(broker.port, Watching("m", (WatchedRule("door"),)))
            after.tend()
            after.close()
            kept = retained(broker.port)
            assert components(kept).get("rule_gate") == gone
            assert not [topic for topic in kept if "gate" in topic or "picture" in topic]
            assert state(kept, "rule_door") == b"OFF"

    def test_switched_off_it_is_gone(self, broker, opened, story):
        opened(broker.port).send(stored(with_picture(story.visit("new"))))
        assert len(retained(broker.port)) > 5
        off = opened(broker.port, options=False)
        off.tend()
        assert retained(broker.port) == {}
        off.close()
        off = opened(broker.port, options=False)
        off.tend()
        assert retained(broker.port) == {}
        assert off._connection.is_open  # for whoever reads the status

    def test_another_prefix_takes_the_first_one_away(self, broker, opened):
        opened(broker.port).tend()
        opened(broker.port, options=HomeAssistant(prefix="home")).tend()
        (topic,) = [topic for topic in retained(broker.port) if "/device/" in topic]
        assert topic.startswith("home/device/")

    def test_a_memory_that_is_damaged_is_none(self, broker, opened, outbox, tmp_path):
        for damaged in ("{", "[]", '["x", 1, 2]', "null", "[" * 5000):
            outbox.append([Entry("agent", kept={f"home_assistant/mqtt://127.0.0.1:{broker.port}": damaged})])
            opened(broker.port).tend()
            assert "rule_gate" in components(retained(broker.port))


def watch(model: Path, folder: Path, state: Path, port: int, *options: str) -> subprocess.Popen[bytes]:
    command = [
        str(Path(sys.executable).with_name("edgewright")), "watch", str(model), "--folder", str(folder),
        "--state", str(state), "--send", f"mqtt://127.0.0.1:{port}/site/door", *options,
    ]  # fmt: skip
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class TestAgent:
    def test_killed_it_is_offline_and_started_again_it_is_there(self, tmp_path, folder, broker, small_model, parrot):
        live = Subscriber(broker.port, "#")

        def said(topic: str) -> list[bytes]:
            return [payload for name, payload in live.messages if name == topic]

        ids = []
        for number in range(2):
            agent = watch(small_model, folder, tmp_path / "state", broker.port, "--label", "macaw", "--score", "0.1",
                          "--snapshots", "send", "--home-assistant")  # fmt: skip
            wait_for(lambda: said("site/door/status")[-1:] == [b"online"])
            shutil.copy(parrot, folder / f"{number}.jpg")
            wait_for(lambda number=number: len(said("site/door")) > number)
            wait_for(lambda number=number: b"time" in (state(retained(broker.port), "rule_macaw/attributes") or b""))
            kept = retained(broker.port)
            assert state(kept, "picture_macaw").startswith(b"\xff\xd8")
            assert state(kept, "rule_macaw") == b"OFF"
            ids.append({one["unique_id"] for one in components(kept).values()})
            agent.send_signal(signal.SIGKILL)
            agent.wait()
            wait_for(lambda number=number: said("site/door/status").count(b"offline") == number + 1)
        assert ids[0] == ids[1]
        agent = watch(small_model, folder, tmp_path / "state", broker.port)
        wait_for(lambda: retained(broker.port).keys() <= {"site/door"})
        agent.terminate()
        assert agent.wait() == 0
        live.close()


class Delivering:
    """An agent's delivery at work on events."""

    def __init__(self, sink: Sink, outbox: Outbox) -> None:
        self.delivery = Delivery(sink, outbox)
        self._outbox = outbox
        outbox.attach([sink.name])

    def deliver(self, count: int) -> None:
        events = tuple(Event("test", "rule", time.time(), rule="gate") for _ in range(count))
        self._outbox.append([Entry("test", events)])
        self.delivery.wake()
        wait_for(lambda: self._outbox.pending(self.delivery.sink.name) == 0)


@pytest.fixture
def delivering(outbox: Outbox) -> Iterator[Callable[[Sink], Delivering]]:
    made: list[Delivering] = []

    def start(sink: Sink) -> Delivering:
        made.append(Delivering(sink, outbox))
        made[-1].delivery.start()
        return made[-1]

    yield start
    for one in made:
        one.delivery.stop(1.0)


class Strict:
    """A broker that closes the connection of whoever publishes where it may not, as some in the cloud do.

    MQTT 5.0, sections 3.1 to 3.4 and 3.8.
    """

    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self.taken: list[str] = []
        self.connections = 0
        self._allowed = allowed
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self._listening.accept()[0],), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as incoming:
            while head := incoming.read(1):
                length = shift = 0
                while True:
                    byte = incoming.read(1)[0]
                    length |= (byte & 0x7F) << shift
                    shift += 7
                    if byte < 0x80:
                        break
                if not self._answer(connection, head[0] >> 4, incoming.read(length)):
                    return

    def _answer(self, connection: socket.socket, kind: int, body: bytes) -> bool:
        if kind == 1:
            self.connections += 1
            connection.sendall(b"\x20\x03\x00\x00\x00")
        elif kind == 3:
            length = int.from_bytes(body[:2], "big")
            topic = body[2 : 2 + length].decode()
            if not self._allowed(topic):
                return False
            self.taken.append(topic)
            connection.sendall(b"\x40\x02" + body[2 + length : 4 + length])
        elif kind == 8:
            connection.sendall(b"\x90\x04" + body[:2] + b"\x00\x01")
        return True

    def close(self) -> None:
        self._listening.close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "Home Assistant" in record.getMessage()]


class TestNothingStandsInTheWayOfEvents:
    def test_a_broker_that_cuts_the_connection_over_it(self, opened, delivering, caplog):
        broker = Strict(lambda topic: not topic.startswith("homeassistant/"))
        agent = delivering(opened(broker.port))
        for _ in range(6):
            agent.deliver(10)
        assert broker.taken.count("site/front_door") == 60
        assert len(warnings(caplog)) == 1
        assert "left alone for five minutes" in warnings(caplog)[0]
        assert broker.connections == 3
        assert caplog.text.count("closes soon") == 0
        broker.close()

    def test_rights_that_are_missing(self, tmp_path, opened, delivering, caplog):
        rights = tmp_path / "rights"
        rights.write_text("topic write site/front_door\ntopic write site/front_door/status\ntopic read #\n")
        rights.chmod(0o644)
        broker = Broker(tmp_path, f"acl_file {rights}", "user root")
        broker.start()
        live = Subscriber(broker.port, "site/front_door")
        agent = delivering(opened(broker.port))
        for _ in range(6):
            agent.deliver(5)
            time.sleep(0.2)
        live.wait_for(30)
        assert len({payload for _, payload in live.messages}) == 30
        assert caplog.text.count("closes soon") == 0  # it is no namesake
        assert len(warnings(caplog)) == 1
        assert "may this user publish there?" in warnings(caplog)[0]
        live.close()
        broker.stop()

    def test_a_broker_that_takes_small_packets_only(self, tmp_path, opened, delivering, caplog):
        broker = Broker(tmp_path, "max_packet_size 2000")
        broker.start()
        live = Subscriber(broker.port, "#")
        agent = delivering(opened(broker.port, Watching("m", tuple(WatchedRule(f"rule {n}") for n in range(100)))))
        for _ in range(3):
            agent.deliver(5)
        live.wait_for(16)
        assert [topic for topic, _ in live.messages] == ["site/front_door/status", *["site/front_door"] * 15]
        assert len(warnings(caplog)) == 1
        assert "takes at most 2,000 bytes" in warnings(caplog)[0]
        live.close()
        broker.stop()

    def test_a_broker_that_retains_nothing(self, tmp_path, opened, delivering, story, caplog):
        """Home Assistant that listens hears of the device, asks for its states, and gets them."""
        broker = Broker(tmp_path, "retain_available false")
        broker.start()
        live = Subscriber(broker.port, "#")
        sink = opened(broker.port)
        assert sink.send(stored(story.visit("new"))) == 1
        sink.tend()
        live.wait_for(7)
        topics = [topic for topic, _ in live.messages]
        assert topics.index(next(topic for topic in topics if "/device/" in topic)) == 2
        assert any(topic.endswith(key("rule", YARD.name)) for topic in topics[3:])
        assert caplog.text.count("retains no messages") == 1
        live.close()
        broker.stop()

    def test_a_broker_without_acknowledgements(self, tmp_path, opened, story):
        broker = Broker(tmp_path, "max_qos 0")
        broker.start()
        sink = opened(broker.port)
        assert sink.send(stored(story.visit("new"))) == 1
        kept = retained(broker.port)
        assert state(kept, key("rule", YARD.name)) == b"ON"
        broker.stop()

    def test_a_broker_that_is_away_is_told_of_once(self, tmp_path, opened, delivering, caplog, monkeypatch):
        for pause in ("_FIRST_PAUSE_S", "_LONGEST_PAUSE_S"):
            monkeypatch.setattr(f"edgewright.agent.delivery.delivery.{pause}", 0.01)
        broker = Broker(tmp_path)
        sink = opened(broker.port)
        tries, tend = [], sink.tend
        monkeypatch.setattr(sink, "tend", lambda: tries.append(1) or tend())
        with caplog.at_level(logging.INFO):
            delivery = delivering(sink).delivery
            wait_for(lambda: len(tries) > 3)
            assert caplog.text.count("cannot be reached") == 1
            broker.start()
            wait_for(lambda: delivery.failure is None)
        assert "delivering again" in caplog.text
        wait_for(lambda: "rule_gate" in components(retained(broker.port)))
        broker.stop()

    def test_a_halted_broker_delays_events_by_no_more_than_it_does_anyway(self, broker, opened, story, monkeypatch):
        from edgewright.agent.delivery.sinks.home_assistant import saying

        monkeypatch.setattr(saying, "_ACKNOWLEDGE_S", 0.5)
        sink = opened(broker.port)
        sink.send(stored(story.visit("new", "a")))
        sink._home.take(stored(story.visit("end", "a")))
        with broker.halted():
            sink._home.speak()  # returns
        assert sink.send(stored(story.crossing(1, 1))) == 1
        assert state(retained(broker.port), key("rule", YARD.name)) == b"OFF"
