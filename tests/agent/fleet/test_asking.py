"""Reading reports, and laying down versions, at a real Mosquitto."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from edgewright.agent import Credentials, lay_down, read_reports
from edgewright.agent.fleet import asking
from edgewright.errors import DeployError, UsageError

from ..servers import Broker, Subscriber, certificate, free_port

pytestmark = pytest.mark.extras


def say(broker: Broker, topic: str, data: bytes) -> None:
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic, "-r", "-q", "1", "-s"],
                   input=data, check=True)  # fmt: skip


def test_reports_of_a_hundred_devices(broker):
    """More than a broker has on the way at once to who acknowledges."""
    import paho.mqtt.client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for number in range(100):
        report = json.dumps({"state": "online", "version": number})
        client.publish(f"site/devices/d{number:02}/status", report, qos=1, retain=True).wait_for_publish(10)
    client.publish("other/devices/x/status", "{}", qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    found = read_reports(f"mqtt://127.0.0.1:{broker.port}/site")
    assert [report["version"] for report in found.values()] == list(range(100))
    assert list(found)[:2] == ["d00", "d01"]


def test_one_that_comes_while_the_names_are_looked_through(broker, monkeypatch):
    """As the connection's thread lays it down."""
    say(broker, "site/devices/door/status", b"{}")
    connected, name = asking._connected, asking._name
    heard: list[dict[str, bytes]] = []

    def noted(target: str, credentials: Credentials | None, found: dict[str, bytes]):
        heard.append(found)
        return connected(target, credentials, found)

    def late(topic: str) -> str:
        heard[0].setdefault("site/devices/late/status", b"{}")
        return name(topic)

    monkeypatch.setattr(asking, "_connected", noted)
    monkeypatch.setattr(asking, "_name", late)
    found = read_reports(f"mqtt://127.0.0.1:{broker.port}/site", expected=["door"])
    assert found.keys() == {"door", "late"}


def test_topics_that_nobody_asked_for(broker, monkeypatch):
    """A broker can send any."""
    subscribe = asking._subscribe
    monkeypatch.setattr(asking, "_subscribe", lambda connection, _: subscribe(connection, "#"))
    others = ("devices", "site/devices/status", "site/devices/a/b/status", "other/site/devices/a/status", "/")
    for topic in (*others, "site/devices/door/status", "site/devices/door/desired", "site/devices/door/status/x"):
        say(broker, topic, b"{}")
    assert read_reports(f"mqtt://127.0.0.1:{broker.port}/site") == {"door": {}}


def test_what_is_no_report(broker):
    say(broker, "site/devices/a/status", b"garbage")
    say(broker, "site/devices/b/status", b"[1, 2]")
    say(broker, "site/devices/c/status", b"[" * 100_000)
    say(broker, "site/devices/d/status", b"x" * 1_000_000)
    found = read_reports(f"mqtt://127.0.0.1:{broker.port}/site/")
    assert found == {name: {"state": "unreadable"} for name in "abc"}


def test_one_that_never_reported_is_not_waited_for_long(broker):
    assert read_reports(f"mqtt://127.0.0.1:{broker.port}/site", expected=["door"], patience_s=0.2) == {}


def test_wishes_are_kept_for_who_comes_later_and_taken_away(broker):
    target = f"mqtt://127.0.0.1:{broker.port}/site"
    lay_down(target, {"door": b"7", "gate": b"8"})
    late = Subscriber(broker.port, "site/devices/+/desired")
    late.wait_for(2)
    late.close()
    assert sorted(late.messages) == [("site/devices/door/desired", b"7"), ("site/devices/gate/desired", b"8")]
    lay_down(target, {"door": b""})
    later = Subscriber(broker.port, "site/devices/+/desired")
    later.wait_for(2, timeout_s=0.5)
    later.close()
    assert later.messages == [("site/devices/gate/desired", b"8")]


def test_a_broker_that_is_away_and_what_is_none():
    with pytest.raises(DeployError, match=r"mqtt://127.0.0.1:\d+/site: cannot be reached: Connection refused"):
        read_reports(f"mqtt://127.0.0.1:{free_port()}/site")
    with pytest.raises(UsageError, match="expected a broker and a topic"):
        read_reports("https://127.0.0.1/site")
    with pytest.raises(UsageError, match="name the topic"):
        read_reports("mqtt://127.0.0.1")


def test_who_may_not_lay_down_is_told(tmp_path: Path):
    rights = tmp_path / "rights"
    rights.write_text("topic write site/devices/+/status\n")
    rights.chmod(0o644)
    broker = Broker(tmp_path, f"acl_file {rights}", "user root")
    broker.start()
    try:
        with pytest.raises(DeployError, match="door: the broker says: Not authorized"):
            lay_down(f"mqtt://127.0.0.1:{broker.port}/site", {"door": b"7"})
    finally:
        broker.stop()


def test_encrypted(tmp_path: Path):
    with certificate(tmp_path) as (public, key):
        broker = Broker(tmp_path, f"certfile {public}", f"keyfile {key}", "user root")
        broker.start()
        try:
            target = f"mqtts://localhost:{broker.port}/site"
            with pytest.raises(DeployError, match="the certificate was not accepted"):
                read_reports(target, Credentials())
            assert read_reports(target, Credentials(ca=str(public))) == {}
        finally:
            broker.stop()
