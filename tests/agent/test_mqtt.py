"""Events published to a real Mosquitto."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from edgewright.agent import Credentials, SinkError, Stored, open_sink
from edgewright.errors import UsageError

from .servers import Broker, Subscriber, certificate, free_port

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

    def test_closing_after_the_broker_went_is_quiet(self, broker):
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        sink.send(stored(1))
        broker.stop()
        while sink._client.is_connected():
            time.sleep(0.02)
        sink.close()

    def test_the_last_will_says_offline_when_the_agent_dies(self, broker):
        subscriber = Subscriber(broker.port, "t/status")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        sink.send(stored(1))
        sink._client.socket().close()
        subscriber.wait_for(2)
        assert [payload for _, payload in subscriber.messages] == [b"online", b"offline"]
        subscriber.close()


class TestRefusals:
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
