"""What Home Assistant reads of an agent: one device with its entities (device discovery, from 2024.11 on).

Fields are those of https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgewright.agent.delivery.sinks.home_assistant.naming import key, shown
from edgewright.agent.delivery.sinks.home_assistant.watching import WatchedRule, Watching

Component = dict[str, Any]

# How long an instant, such as that of crossing a line, is shown.
OFF_DELAY_S = 30

RUNNING, NOTICE, SEEN, PICTURE, INSIDE = "running", "notice", "seen", "picture", "inside"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is told of and speaks.

    `agent`: what tells it from every other one. `topic`: that of its events; beside it is its status. `prefix`: under
    which Home Assistant looks for devices. `name`: of the device, for people.
    """

    agent: str
    topic: str
    prefix: str
    name: str

    @property
    def device(self) -> str:
        """The id of the device."""
        return f"edgewright_{self.agent}"

    @property
    def discovery(self) -> str:
        """The topic of the discovery."""
        return f"{self.prefix}/device/{self.device}/config"

    @property
    def birth(self) -> str:
        """The topic where Home Assistant says that it has started."""
        return f"{self.prefix}/status"

    @property
    def status(self) -> str:
        """The topic where the agent says "online" or, by its last will, "offline"."""
        return f"{self.topic}/status"

    def state(self, key: str) -> str:
        """The topic of a state."""
        return f"{self.topic}/home_assistant/{self.agent}/{key}"

    def attributes(self, key: str) -> str:
        """The topic of what is said beside a state."""
        return f"{self.state(key)}/attributes"


def discovery(place: Place, watching: Watching, version: str, gone: Mapping[str, str]) -> dict[str, Any]:
    """The whole device; `gone`: the platforms, by key, of entities that it had before, which are taken away."""
    return {
        "device": {
            "identifiers": [place.device],
            "name": shown(place.name) or "Edgewright",
            "manufacturer": "Edgewright",
            "model": shown(watching.model) or "agent",
            "sw_version": version,
        },
        "origin": {"name": "Edgewright", "sw_version": version},
        "availability": [{"topic": place.status}],
        "components": {
            **components(place, watching),
            **{key: {"platform": platform} for key, platform in gone.items()},
        },
    }


def components(place: Place, watching: Watching) -> dict[str, Component]:
    """The entities, by key."""
    return {key: {**component, "unique_id": f"{place.device}_{key}"} for key, component in _components(place, watching)}


def topics(components: Mapping[str, Component]) -> list[str]:
    """All topics that entities read, but that of the status."""
    named = (component[kind] for component in components.values() for kind in _TOPICS if kind in component)
    return [topic for topic in named if "/home_assistant/" in topic]


_TOPICS = ("state_topic", "json_attributes_topic", "image_topic")


def _components(place: Place, watching: Watching) -> Iterator[tuple[str, Component]]:
    for rule in watching.rules:
        yield key("rule", rule.name), _rule(place, rule)
    if not watching.rules:
        yield SEEN, {**_sensor("Last seen", place, SEEN, "mdi:eye"), "json_attributes_topic": place.attributes(SEEN)}
    if watching.pictures:
        yield from _pictures(place, watching)
    for line in watching.lines:
        for way in ("in", "out"):
            counter = _sensor(f"{shown(line)} {way}", place, key(f"line_{way}", line), "mdi:counter")
            yield key(f"line_{way}", line), {**counter, "state_class": "total_increasing"}
    for rule in watching.rules:
        if rule.zone is not None:
            inside = _sensor(f"{shown(rule.name)} inside", place, key(INSIDE, rule.name), "mdi:map-marker-radius")
            yield key(INSIDE, rule.name), {**inside, "state_class": "measurement"}
    yield RUNNING, _running(place)
    notice = _sensor("Last notice", place, NOTICE, "mdi:alert-circle-outline")
    yield NOTICE, {**notice, "json_attributes_topic": place.attributes(NOTICE), "entity_category": "diagnostic"}


def _rule(place: Place, rule: WatchedRule) -> Component:
    name = key("rule", rule.name)
    found = {
        "platform": "binary_sensor",
        "name": shown(rule.name) or "rule",
        "icon": "mdi:eye",
        "state_topic": place.state(name),
        "json_attributes_topic": place.attributes(name),
    }
    return found if rule.lasts else {**found, "off_delay": OFF_DELAY_S}


def _sensor(name: str, place: Place, key: str, icon: str) -> Component:
    return {"platform": "sensor", "name": name, "icon": icon, "state_topic": place.state(key)}


def _pictures(place: Place, watching: Watching) -> Iterator[tuple[str, Component]]:
    named = {key(PICTURE, rule.name): f"{shown(rule.name)} picture" for rule in watching.rules}
    for name, text in (named or {PICTURE: "Last picture"}).items():
        yield (
            name,
            {
                "platform": "image",
                "name": text,
                "image_topic": place.state(name),
                "content_type": "image/jpeg",
            },
        )


def _running(place: Place) -> Component:
    """Says itself whether the agent runs; it is there when the others are not, so it has an availability of its own."""
    return {
        "platform": "binary_sensor",
        "name": "Agent",
        "device_class": "running",
        "entity_category": "diagnostic",
        "state_topic": place.status,
        "payload_on": "online",
        "payload_off": "offline",
        "availability": [],
    }
