"""Events published to a real Mosquitto."""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgewright.agent import Credentials, Outbox, Sink, SinkError, Stored, open_sink
from edgewright.agent.delivery.delivery import Delivery
from edgewright.errors import UsageError

from .servers import Broker, SlowLine, Subscriber, certificate, free_port

pytestmark = pytest.mark.extras


def stored(*numbers: int) -> list[Stored]:
    return [Stored(n, f"id{n}", json.dumps({"sequence": n})) for n in numbers]


@pytest.fixture
def broker(tmp_path):
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


def sequences(subscriber: Subscriber, topic: str) -> list[int]:
    return [json.loads(payload)["sequence"] for name, payload in subscriber.messages if name == topic]


class TestDelivery:
    def test_events_arrive_in_order_with_the_status_beside_them(self, broker):
        subscriber = Subscriber(broker.port, "site/#")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/site/door")
        assert sink.send(stored(*range(100))) == 100
        sink.close()
        subscriber.wait_for(102)
        assert sequences(subscriber, "site/door") == list(range(100))
        assert [p for name, p in subscriber.messages if name == "site/door/status"] == [b"online", b"offline"]
        subscriber.close()

    def test_a_broker_that_goes_and_comes_back(self, broker):
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        assert sink.send(stored(1)) == 1
        broker.stop()
        for _ in range(2):
            with pytest.raises(SinkError):
                sink.send(stored(2))
        broker.start()
        subscriber = Subscriber(broker.port, "t")
        assert sink.send(stored(2, 3)) == 2
        subscriber.wait_for(2)
        assert sequences(subscriber, "t") == [2, 3]
        subscriber.close()
        sink.close()

    def test_on_a_slow_line_a_large_event_has_its_time(self, broker, monkeypatch):
        monkeypatch.setattr("edgewright.agent.delivery.sinks.mqtt.ACKNOWLEDGE_S", 1.0)
        monkeypatch.setattr("edgewright.agent.delivery.sinks.mqtt_connection._KEEP_ALIVE_S", 1)
        line = SlowLine(broker.port, 40_000)
        subscriber = Subscriber(broker.port, "t")
        sink = open_sink(f"mqtt://127.0.0.1:{line.port}/t")
        assert sink.send(stored(1)) == 1
        large = [Stored(n, f"id{n}", json.dumps({"sequence": n, "snapshot_jpeg": "A" * 120_000})) for n in (2, 3)]
        assert sink.send(large) == 2
        sink.close()
        line.close()
        subscriber.wait_for(3)
        assert sequences(subscriber, "t") == [1, 2, 3]
        subscriber.close()

    def test_closing_after_the_broker_went_is_quiet(self, broker, caplog):
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        sink.send(stored(1))
        broker.stop()
        while sink._connection.is_open:
            time.sleep(0.02)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            sink.close()
        assert caplog.messages == []

    def test_the_last_will_says_offline_when_the_agent_dies(self, broker):
        subscriber = Subscriber(broker.port, "t/status")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        sink.send(stored(1))
        sink._connection.client.socket().close()
        subscriber.wait_for(2)
        assert [payload for _, payload in subscriber.messages] == [b"online", b"offline"]
        subscriber.close()


class TestRefusals:
    def test_an_agent_without_events_is_online_also_where_the_broker_comes_later(self, tmp_path):
        broker = Broker(tmp_path)
        outbox = Outbox(tmp_path / "outbox.db")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        outbox.attach([sink.name])
        delivery = Delivery(sink, outbox)
        delivery.start()
        try:
            for _ in range(2):
                broker.start()
                subscriber = Subscriber(broker.port, "t/status")
                subscriber.wait_for(1)
                assert [payload for _, payload in subscriber.messages] == [b"online"]
                subscriber.close()
                broker.stop()
        finally:
            delivery.stop(10)
            outbox.close()

    def test_nobody_there(self):
        with pytest.raises(SinkError, match="cannot be reached"):
            open_sink(f"mqtt://127.0.0.1:{free_port()}/t").send(stored(1))

    def test_a_wrong_password(self, tmp_path: Path):
        passwords = tmp_path / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "door", "right"], check=True)
        passwords.chmod(0o644)
        broker = Broker(tmp_path, f"password_file {passwords}", "allow_anonymous false", "user root")
        broker.start()
        url = f"mqtt://127.0.0.1:{broker.port}/t"
        with pytest.raises(SinkError, match=r"(?i)not auth|bad user") as caught:
            open_sink(url, Credentials(user="door", password="wr0ng")).send(stored(1))
        assert "wr0ng" not in str(caught.value)
        good = open_sink(url, Credentials(user="door", password="right"))
        assert good.send(stored(1)) == 1
        good.close()
        broker.stop()

    def test_a_bad_certificate(self, tmp_path: Path):
        with certificate(tmp_path) as (known, key):
            broker = Broker(tmp_path, f"certfile {known}", f"keyfile {key}", "user root")
            broker.start()
            url = f"mqtts://localhost:{broker.port}/t"
            with pytest.raises(SinkError, match="certificate was not accepted"):
                open_sink(url).send(stored(1))
            good = open_sink(url, Credentials(ca=str(known)))
            assert good.send(stored(1)) == 1
            good.close()
            broker.stop()

    @pytest.mark.parametrize("target", ["mqtt://host", "mqtt://host/a/#", "mqtt:///topic", "mqtt://u:p@host/t"])
    def test_targets_that_make_no_sense(self, target):
        with pytest.raises(UsageError):
            open_sink(target)


@pytest.fixture
def broker_with(tmp_path) -> Iterator[Callable[..., Broker]]:
    brokers: list[Broker] = []

    def make(*settings: str) -> Broker:
        brokers.append(Broker(tmp_path, *settings))
        brokers[-1].start()
        return brokers[-1]

    yield make
    for one in brokers:
        one.stop()


def sized(*sizes: int) -> list[Stored]:
    """Events whose texts have so many bytes."""
    return [Stored(n, f"id{n}", json.dumps({"sequence": n, "x": ""}).ljust(size)) for n, size in enumerate(sizes, 1)]


def deliver(sink: Sink, events: list[Stored], rounds: int = 40) -> list[int]:
    """As a delivery does it, without its pauses: one by one after a failure that may lie in an event."""
    taken, alone = 0, False
    for _ in range(rounds):
        if taken == len(events):
            break
        try:
            taken += sink.send(events[taken:][: 1 if alone else None])
        except SinkError as error:
            if not error.of_event:
                raise
            alone = True
    return [event.sequence for event in events[:taken]]


LIMITS = [("max_packet_size 2000",), ("message_size_limit 2000",)]


class TestWhatABrokerTakes:
    """Mosquitto says it in its welcome, or shows it when it refuses."""

    @pytest.mark.parametrize("limit", LIMITS)
    @pytest.mark.parametrize("sizes", [(3001, 90), (90, 3001, 90), (3001, 3001, 90, 90, 3001), (90, 90, 3001)], ids=str)
    def test_what_is_too_large_is_logged_and_those_behind_it_arrive_in_order(self, broker_with, limit, sizes, caplog):
        broker = broker_with(*limit)
        subscriber = Subscriber(broker.port, "t")
        events, sink = sized(*sizes), open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        assert deliver(sink, events) == [event.sequence for event in events]
        small = [n for n, size in enumerate(sizes, 1) if size < 2000]
        subscriber.wait_for(len(small))
        assert list(dict.fromkeys(sequences(subscriber, "t"))) == small
        for number, size in enumerate(sizes, 1):
            assert (f"id{number} of {size} bytes was refused for good" in caplog.text) == (size > 2000)
        sink.close()
        subscriber.close()

    @pytest.mark.parametrize(("limit", "around"), [(200, 37), (2000, 37), (20_000, 38)])
    def test_the_largest_that_is_allowed_is_sent_to_the_byte(self, broker_with, limit, around):
        """Around an event: a length of 2 or 3 bytes and its number (4 and 1), topic (3), kind and id (29)."""
        broker = broker_with(f"max_packet_size {limit}")
        subscriber = Subscriber(broker.port, "t")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        sizes = range(limit - 60, limit + 1)
        assert sink.send([Stored(size, "id", json.dumps({"sequence": size}).ljust(size)) for size in sizes]) == 61
        subscriber.wait_for(61 - around)
        sink.close()
        assert sequences(subscriber, "t") == list(range(limit - 60, limit - around + 1))
        subscriber.close()

    @pytest.mark.parametrize(
        "settings",
        [
            ("retain_available false",),
            ("max_qos 0",),
            ("max_qos 1",),
            ("max_qos 0", "retain_available false"),
            ("max_inflight_messages 1",),
            ("max_qos 0", "max_inflight_messages 1", "max_packet_size 2000"),
        ],
        ids=", ".join,
    )
    def test_a_broker_that_can_less_is_connected_to_and_all_arrive_in_order(self, broker_with, settings, caplog):
        broker = broker_with(*settings)
        subscriber = Subscriber(broker.port, "site/#")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/site/door")
        assert deliver(sink, stored(*range(100))) == list(range(100))
        sink.close()
        subscriber.wait_for(102)
        assert sequences(subscriber, "site/door") == list(range(100))
        assert [p for name, p in subscriber.messages if name == "site/door/status"] == [b"online", b"offline"]
        assert ("acknowledges no messages" in caplog.text) == ("max_qos 0" in settings)
        assert ("retains no messages" in caplog.text) == ("retain_available false" in settings)
        subscriber.close()

    def test_a_broker_that_learns_more_is_believed(self, broker_with, tmp_path):
        broker = broker_with("retain_available false", "max_qos 0")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        assert sink.send(stored(1)) == 1
        port = broker.port
        broker.stop()
        again = Broker(tmp_path, port=port)
        again.start()
        while sink._connection.is_open:
            time.sleep(0.02)
        assert sink.send(stored(2)) == 1
        late = Subscriber(port, "t/status")
        late.wait_for(1)
        assert late.messages[0][1] == b"online"
        late.close()
        sink.close()
        again.stop()

    def test_without_acknowledgements_events_that_a_broker_has_not_read_do_not_count(self, broker_with, monkeypatch):
        monkeypatch.setattr("edgewright.agent.delivery.sinks.mqtt.ACKNOWLEDGE_S", 1.0)
        broker = broker_with("max_qos 0")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        assert sink.send(stored(1)) == 1
        with broker.halted(), pytest.raises(SinkError):
            sink.send(stored(2))
        assert sink.send(stored(2)) == 1
        sink.close()

    def test_rights_that_can_be_given_are_waited_for(self, tmp_path):
        """A refusal of all events on a topic is no refusal of one event."""
        rights = tmp_path / "rights"
        rights.write_text("topic write t/status\n")
        rights.chmod(0o644)
        broker = Broker(tmp_path, f"acl_file {rights}", "user root")
        broker.start()
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        for _ in range(2):
            with pytest.raises(SinkError, match="may this user publish to t"):
                sink.send(stored(1, 2))
        rights.write_text("topic write t\ntopic write t/status\n")
        broker.stop()
        broker.start()
        assert sink.send(stored(1, 2)) == 2
        sink.close()
        broker.stop()
