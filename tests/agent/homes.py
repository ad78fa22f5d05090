"""A home: what an agent watches for in it, events as rules of a house make them, and what Home Assistant accepts."""

from __future__ import annotations

import base64
import datetime
import json
import time
from typing import Any

from edgewright.agent import Stored
from edgewright.agent.delivery.sinks.home_assistant.watching import WatchedRule, Watching

from .servers import Subscriber

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"

YARD = WatchedRule("person in yard", lasts=True, zone="yard")
GATE = WatchedRule("gate")
HOUSE = Watching("ssd.tflite", (YARD, GATE), lines=("gate",), pictures=True)

# By the documentation of each integration (home-assistant.io/integrations/binary_sensor.mqtt and so on): what an entity
# must have, and what it may have of all that we know.
_ANY = {"platform", "unique_id", "name", "icon", "availability", "entity_category"}
_NEEDED = {
    "binary_sensor": {"platform", "unique_id", "state_topic"},
    "sensor": {"platform", "unique_id", "state_topic"},
    "image": {"platform", "unique_id", "image_topic"},
}
_ALLOWED = {
    "binary_sensor": _ANY | {"state_topic", "json_attributes_topic", "device_class", "off_delay", "payload_on",
                             "payload_off"},
    "sensor": _ANY | {"state_topic", "json_attributes_topic", "state_class", "unit_of_measurement"},
    "image": _ANY | {"image_topic", "content_type"},
}  # fmt: skip
_VALUES = {
    "entity_category": {"diagnostic", "config"},
    "state_class": {"measurement", "total", "total_increasing"},
    "device_class": {"running"},
}


def check_payload(payload: dict[str, Any]) -> None:
    """Raise `AssertionError` for what Home Assistant would refuse or pass over."""
    assert payload.keys() == {"device", "origin", "availability", "components"}
    assert payload["device"].keys() <= {"identifiers", "name", "manufacturer", "model", "sw_version"}
    assert payload["device"]["identifiers"]
    assert payload["origin"].keys() == {"name", "sw_version"}
    assert all(entry.keys() == {"topic"} for entry in payload["availability"])
    ids = [component["unique_id"] for component in payload["components"].values() if len(component) > 1]
    assert len(ids) == len(set(ids))
    for key, component in payload["components"].items():
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        _check_component(component)


def _check_component(component: dict[str, Any]) -> None:
    platform = component["platform"]
    if component.keys() == {"platform"}:  # taken away
        return
    assert _NEEDED[platform] <= component.keys() <= _ALLOWED[platform]
    assert 0 < len(component["name"]) <= 120
    for name, allowed in _VALUES.items():
        assert component.get(name) in {None, *allowed}
    for name, value in component.items():
        assert not name.endswith("_topic") or not set(value) & set("+#\0")
    assert isinstance(component.get("off_delay", 1), int)


class Story:
    """Events of a house, one after the other."""

    def __init__(self) -> None:
        self.number = 0

    def event(self, rule: str | None, *, ago_s: float = 0.0, kind: str = "rule", **others: Any) -> dict[str, Any]:
        self.number += 1
        then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=ago_s)
        return {
            "sequence": self.number,
            "schema": 4,
            "id": f"event{self.number}",
            "source": "door camera",
            "kind": kind,
            "time": then.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "label": "person",
            "score": 0.91234,
            "rule": rule,
            "observation": {"label": "person", "score": 0.91234, "index": 0},
            "result": {"kind": "detection"},
            "visit": None,
            "place": None,
            **others,
        }

    def visit(self, phase: str, visitor: str = "v1", rule: str = YARD.name, **others: Any) -> dict[str, Any]:
        return self.event(rule, visit={"id": visitor, "phase": phase, "track": 3, "seconds": 2.5}, **others)

    def crossing(self, came: int, went: int, **others: Any) -> dict[str, Any]:
        place = {"line": "gate", "direction": "in", "counts": {"in": came, "out": went}}
        return self.event(GATE.name, place=place, **others)

    def notice(self, what: str, **facts: Any) -> dict[str, Any]:
        return self.event(None, kind="agent", what=what, **facts)


def stored(*events: dict[str, Any]) -> list[Stored]:
    return [Stored(event["sequence"], event["id"], json.dumps(event)) for event in events]


def with_picture(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "snapshot_jpeg": base64.b64encode(JPEG).decode()}


def retained(port: int) -> dict[str, bytes]:
    """All that a broker keeps, but the status."""
    late = Subscriber(port, "#")
    time.sleep(0.3)
    late.close()
    return {topic: payload for topic, payload in late.messages if not topic.endswith("/status")}


def device(kept: dict[str, bytes]) -> dict[str, Any]:
    (topic,) = [topic for topic in kept if topic.startswith("homeassistant/device/")]
    payload = json.loads(kept[topic])
    check_payload(payload)
    return dict(payload)


def state(kept: dict[str, bytes], name: str) -> bytes | None:
    (found,) = [payload for topic, payload in kept.items() if topic.endswith(f"/{name}")] or [None]
    return found


def components(kept: dict[str, bytes]) -> dict[str, Any]:
    return dict(device(kept)["components"])
