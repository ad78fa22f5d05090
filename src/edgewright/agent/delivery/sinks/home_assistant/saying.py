"""Messages said over a connection, many on the way at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edgewright.agent.delivery.sinks.mqtt_connection import RIGHTS, Connection
from edgewright.agent.delivery.sinks.mqtt_limits import publish_size

# What is said must not keep events waiting.
_ACKNOWLEDGE_S = 5.0


class LostError(Exception):
    """The connection ended, or nothing was heard of the broker, while something was being said."""


@dataclass(frozen=True, slots=True)
class Message:
    """`retain`: the broker keeps it for whoever comes later; an empty `payload` then removes what it keeps."""

    topic: str
    payload: bytes
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was refused; `by_broker`: by its answer, and not because it says beforehand that it takes no such.

    Mosquitto 2.0 answers that somebody has no right to a topic, and closes the connection then.
    """

    reason: str
    by_broker: bool


def say(connection: Connection, messages: Iterable[Message]) -> dict[str, Refusal]:
    """Publish and wait for the acknowledgements: what was refused, by its topic.

    Raises `LostError`.
    """
    refused: dict[str, Refusal] = {}
    waiting: deque[tuple[str, Any]] = deque()
    end = time.monotonic() + _ACKNOWLEDGE_S
    for message in messages:
        if reason := _too_large(connection, message):
            refused[message.topic] = Refusal(reason, by_broker=False)
            continue
        if len(waiting) >= connection.limits.window:
            _settle(connection, waiting, refused, end)
        published = connection.publish(message.topic, message.payload, retain=message.retain)
        waiting.append((message.topic, published))
    while waiting:
        _settle(connection, waiting, refused, end)
    return refused


def _settle(connection: Connection, waiting: deque[tuple[str, Any]], refused: dict[str, Refusal], end: float) -> None:
    topic, published = waiting.popleft()
    if not connection.arrived(published, end):
        raise LostError(connection.reason("the broker did not acknowledge in time"))
    if (code := connection.outcome(published)) is not None:
        hint = " (may this user publish there?)" if code.value in RIGHTS else ""
        refused[topic] = Refusal(f"the broker says: {code}{hint}", by_broker=True)


def _too_large(connection: Connection, message: Message) -> str | None:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    make: Any = Properties
    limit = connection.limits.packet
    size = publish_size(message.topic, message.payload, make(PacketTypes.PUBLISH), connection.qos)
    if limit is None or size <= limit:
        return None
    return f"the broker takes at most {limit:,} bytes (maximum packet size), got {size:,}"
