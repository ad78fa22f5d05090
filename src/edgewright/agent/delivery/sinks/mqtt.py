"""Events published to an MQTT 5 broker, at least once each (quality of service 1) where the broker can that."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.limits import SLOWEST_BYTES_S
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant
from edgewright.agent.delivery.sinks.home_assistant.talk import Talk
from edgewright.agent.delivery.sinks.home_assistant.watching import Memory, Watching
from edgewright.agent.delivery.sinks.mqtt_connection import ACKNOWLEDGE_S, REFUSED, Connection
from edgewright.agent.delivery.sinks.mqtt_limits import publish_size
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored

log = logging.getLogger(__name__)


class Mqtt:
    """Publishes to one topic. Beside it, `TOPIC/status` says "online" or, by the last will, "offline"; it is retained.

    What was not acknowledged is published again by us, in order, not by the library. What the broker's welcome says
    that it does not take is not sent: larger events are logged and passed over, retained messages and acknowledgements
    are done without.
    """

    batch = 200
    refused = 0

    def __init__(self, target: str, credentials: Credentials) -> None:
        warn_if_bare(split_url(target), credentials)
        self._connection = Connection(target, credentials, ahead=self.batch)
        self._topic = self._connection.topic
        self.name = self._connection.name
        self.broker = self._connection.broker
        self._home = Talk(self._connection, None)

    @property
    def announces(self) -> bool:
        """Whether Home Assistant is told of the agent."""
        return self._home.options is not None

    def announce(self, options: HomeAssistant) -> None:
        """Tell Home Assistant of the agent, from the next connection on."""
        self._home.options = options

    def introduce(self, identity: Identity, watching: Watching, memory: Memory) -> None:
        """Learn what Home Assistant is to be told of the agent."""
        self._home.introduce(identity, watching, memory)

    def tend(self) -> None:
        """Be there while there are no events: the status says so, and Home Assistant wants to hear more."""
        self._home.tend()

    def send(self, events: Sequence[Stored]) -> int:
        """Publish as many ahead as the broker lets be on the way, and count the acknowledgements in order."""
        self._connection.open(max((len(event.data) for event in events), default=0))
        done = self._delivered(events)
        self._home.take(events[:done])
        self._home.speak()
        return done

    def identify(self, identity: Identity) -> None:
        """Take the name under which the broker knows us from the agent's state."""
        self._connection.client_name.identity = identity

    def close(self) -> None:
        """Say that we are offline, and disconnect."""
        self._connection.close()

    def _delivered(self, events: Sequence[Stored]) -> int:
        """How many were taken; raises `SinkError` where none was."""
        done = self._taken(events)
        if done < len(events):
            reason = self._connection.reason("the broker did not acknowledge in time")
            refused = len(events) == 1 and self._connection.is_refusal
            self._connection.drop()
            if refused:
                self._refused(events[0], reason)
                return 1
            if not done:
                raise SinkError(reason, of_event=True)
        return done

    def _publish(self, event: Stored) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        make: Any = Properties  # without types where the library is missing, untyped where it is there
        properties = make(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.UserProperty = [("id", event.id)]
        connection = self._connection
        size, limit = publish_size(self._topic, event.data, properties, connection.qos), connection.limits.packet
        if limit is not None and size > limit:
            self._refused(event, f"the broker takes at most {limit:,} bytes (maximum packet size), got {size:,}")
            return None
        return connection.publish(self._topic, event.data, properties=properties)

    def _taken(self, events: Sequence[Stored]) -> int:
        messages: list[Any] = []
        qos = self._connection.qos
        for done, event in enumerate(events):
            ahead = events[len(messages) : done + self._connection.limits.window]
            messages += [self._publish(one) for one in ahead]
            if not self._is_taken(event, messages[done], _until([event])):
                return done if qos else 0
        return len(events) if qos or self._connection.has_read(_until(events)) else 0

    def _is_taken(self, event: Stored, message: Any, end: float) -> bool:
        if message is None:
            return True
        if not self._connection.arrived(message, end):
            return False
        code = self._connection.outcome(message)
        if code is None:
            return True
        if code.value in REFUSED:
            self._refused(event, str(code))
            return True
        self._connection.refused(code)
        return False

    def _refused(self, event: Stored, reason: str) -> None:
        self.refused += 1
        log.error("%s: event %s of %d bytes was refused for good: %s", self.name, event.id, len(event.data), reason)


def _until(events: Sequence[Stored]) -> float:
    """Until when (monotonic clock) a broker may leave them unacknowledged, those before them being there."""
    return time.monotonic() + ACKNOWLEDGE_S + sum(len(event.data) for event in events) / SLOWEST_BYTES_S


def open_mqtt(target: str, credentials: Credentials) -> Mqtt:
    """The sink of "mqtts://broker/site/door"."""
    return Mqtt(target, credentials)
