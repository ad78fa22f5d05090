"""Events published to an MQTT 5 broker, at least once each (quality of service 1) where the broker can that."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Sequence
from typing import Any

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.sinks.mqtt_limits import BrokerLimits, publish_size
from edgewright.agent.delivery.sinks.mqtt_name import ClientName
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored
from edgewright.agent.tls import client_context, verdict
from edgewright.errors import MissingExtraError, UsageError

log = logging.getLogger(__name__)

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNECT_S = 10.0
_ACKNOWLEDGE_S = 20.0
_KEEP_ALIVE_S = 30

# Reason codes from here on are failures (MQTT 5.0, section 2.4). These two are of the event, whatever is tried. A topic
# or rights that are wrong (0x90, 0x87) are so for all events, and somebody can set them right: those are tried again.
_FAILURE = 0x80
_REFUSED = frozenset({0x95, 0x99})  # packet too large, payload format invalid
_RIGHTS = frozenset({0x87, 0x90})  # not authorized, topic name invalid
_LOGIN = frozenset({0x86, 0x87, 0x8C})  # bad user name or password, not authorized, bad authentication method

# What the library says where it cannot read an answer. Mosquitto refuses a message over its `message_size_limit` with a
# reason that the standard does not have for that answer.
_UNREADABLE = 0x82


class Mqtt:
    """Publishes to one topic. Beside it, `TOPIC/status` says "online" or, by the last will, "offline"; it is retained.

    Each connection is a new session: what was not acknowledged is published again by us, in order, not by the library.
    What the broker's welcome says that it does not take is not sent: larger events are logged and passed over, retained
    messages and acknowledgements are done without.
    """

    batch = 200
    refused = 0

    def __init__(self, target: str, credentials: Credentials) -> None:
        parts = split_url(target)
        warn_if_bare(parts, credentials)
        try:
            import paho.mqtt.client as paho
        except ImportError:
            raise MissingExtraError("Sending to an MQTT broker", "agent") from None
        self._paho = paho
        self._host = str(parts.hostname)
        self._port = parts.port or _PORTS[parts.scheme]
        self._topic = _topic(target, parts.path)
        self.name = f"{parts.scheme}://{self._host}:{self._port}/{self._topic}"
        self._credentials = credentials
        self._tls = client_context(credentials) if parts.scheme == "mqtts" else None
        self._client_name = ClientName(self.name)
        self._client: Any = None
        self._said: dict[str, Any] = {}
        self._limits = BrokerLimits()
        self._noticed: tuple[str, ...] = ()

    def send(self, events: Sequence[Stored]) -> int:
        """Publish as many ahead as the broker lets be on the way, and count the acknowledgements in order."""
        done = self._taken(self._connected(), events)
        if done < len(events):
            reason = self._reason("the broker did not acknowledge in time")
            refused = len(events) == 1 and self._is_refusal()
            self._drop()
            if refused:
                self._refused(events[0], reason)
                return 1
            if not done:
                raise SinkError(reason, of_event=True)
        return done

    def identify(self, identity: Identity) -> None:
        """Take the name under which the broker knows us from the agent's state."""
        self._client_name.identity = identity

    def close(self) -> None:
        """Say that we are offline, and disconnect."""
        if self._client is None:
            return
        with contextlib.suppress(RuntimeError, ValueError):  # a connection that is gone: the last will says it
            self._say(self._client, "offline").wait_for_publish(1.0)
        self._drop()

    def _connected(self) -> Any:
        if self._client is not None and self._client.is_connected():
            return self._client
        self._heed_namesake()
        client = self._open()
        while (code := self._refusal(client)) is not None:
            less = self._limits.after(code)
            reason = self._reason("the broker did not answer")
            self._drop()
            if less == self._limits:
                raise SinkError(reason)
            self._limits = less
            client = self._open()
        self._welcomed(client)
        return client

    def _heed_namesake(self) -> None:
        """Learn from how the last connection ended, once."""
        code = self._said.pop("disconnect", None)
        if code is None:
            return
        notice = self._client_name.after(code, self._said["ended_s"], told=self._said["told"])
        if notice is not None:
            log.warning("%s: %s", self.name, notice)

    def _open(self) -> Any:
        self._drop()
        client = self._new_client()
        try:
            client.connect(self._host, self._port, _KEEP_ALIVE_S, clean_start=True)
        except OSError as error:
            raise SinkError(verdict(error) or f"cannot be reached: {error.strerror or error}") from error
        client.loop_start()
        self._client = client
        return client

    def _welcomed(self, client: Any) -> None:
        """Heed what the broker said, and say that we are here; its answer shows that it answers as MQTT has it."""
        self._client_name.welcomed()
        self._limits = BrokerLimits.of(self._said.get("properties"))
        for notice in self._limits.notices:
            if notice not in self._noticed:
                log.warning("%s: %s", self.name, notice)
        self._noticed = self._limits.notices
        if not self._arrived(self._say(client, "online"), time.monotonic() + _ACKNOWLEDGE_S):
            reason = self._reason("the broker did not acknowledge our status in time")
            self._drop()
            raise SinkError(reason)

    def _say(self, client: Any, status: str) -> Any:
        return client.publish(f"{self._topic}/status", status, qos=self._qos, retain=self._limits.retain)

    @property
    def _qos(self) -> int:
        return min(1, self._limits.qos)

    def _new_client(self) -> Any:
        self._said = {}
        paho = self._paho
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, self._client_name.text, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(self.batch + 1)
        client.will_set(f"{self._topic}/status", "offline", qos=self._qos, retain=self._limits.retain)
        if self._credentials.user:
            client.username_pw_set(self._credentials.user, self._credentials.password)
        if self._tls:
            client.tls_set_context(self._tls)
        said = self._said
        client.on_connect = lambda _c, _u, _f, code, given: said.update(connect=code, properties=given)
        client.on_disconnect = lambda _c, _u, flags, code, _p: _note_end(said, flags, code)
        client.on_publish = lambda _c, _u, number, code, _p: said.update({f"message {number}": code})
        # Events are small and one waits for the other: none shall wait for the next one to fill up a packet.
        client.on_socket_open = lambda _c, _u, opened: opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_unsubscribe = lambda _c, _u, number, _codes, _p: said.update({f"answer {number}": True})
        return client

    def _refusal(self, client: Any) -> int | None:
        """Wait for the welcome; the reason's number where there is none."""
        end = time.monotonic() + _CONNECT_S
        while "connect" not in self._said and "disconnect" not in self._said and time.monotonic() < end:
            time.sleep(0.01)
        welcome = self._said.get("connect")
        if welcome is not None and not welcome.is_failure and client.is_connected():
            return None
        return _FAILURE if welcome is None else int(welcome.value)

    def _reason(self, otherwise: str) -> str:
        """Why the broker refused or left, in its own words."""
        for step in ("connect", "refusal", "disconnect"):
            code = self._said.get(step)
            if code is None or not code.is_failure:
                continue
            if step == "disconnect" and not self._said["told"]:
                unreadable = code.value == _UNREADABLE
                return f"the broker {'answered what is no MQTT 5' if unreadable else 'closed the connection'}"
            return f"the broker says: {code}{self._hint(step, code.value)}"
        return otherwise

    def _hint(self, step: str, code: int) -> str:
        if step == "refusal" and code in _RIGHTS:
            return f" (may this user publish to {self._topic}?)"
        return " (are user and password right?)" if code in _LOGIN else ""

    def _is_refusal(self) -> bool:
        """Whether the broker left because of the one event that was on the way, as its last word says."""
        code = self._said.get("disconnect")
        if code is None or "refusal" in self._said:
            return False
        return code.value in _REFUSED if self._said["told"] else code.value == _UNREADABLE

    def _publish(self, client: Any, event: Stored) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        make: Any = Properties  # without types where the library is missing, untyped where it is there
        properties = make(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.UserProperty = [("id", event.id)]
        size, limit = publish_size(self._topic, event.data, properties, self._qos), self._limits.packet
        if limit is not None and size > limit:
            self._refused(event, f"the broker takes at most {limit:,} bytes (maximum packet size), got {size:,}")
            return None
        return client.publish(self._topic, event.data, qos=self._qos, properties=properties)

    def _taken(self, client: Any, events: Sequence[Stored]) -> int:
        messages: list[Any] = []
        end = time.monotonic() + _ACKNOWLEDGE_S
        for done, event in enumerate(events):
            ahead = events[len(messages) : done + self._limits.window]
            messages += [self._publish(client, one) for one in ahead]
            if not self._is_taken(event, messages[done], end):
                return done if self._qos else 0
        return len(events) if self._qos or self._has_read(end) else 0

    def _is_taken(self, event: Stored, message: Any, end: float) -> bool:
        if message is None:
            return True
        if not self._arrived(message, end):
            return False
        code = self._said.pop(f"message {message.mid}", None)
        if code is None or code.value < _FAILURE:
            return True
        if code.value in _REFUSED:
            self._refused(event, str(code))
            return True
        self._said["refusal"] = code
        return False

    def _refused(self, event: Stored, reason: str) -> None:
        self.refused += 1
        log.error("%s: event %s of %d bytes was refused for good: %s", self.name, event.id, len(event.data), reason)

    def _has_read(self, end: float) -> bool:
        """Without acknowledgements: whether the broker answers a question that went out behind the events."""
        _, number = self._client.unsubscribe(f"{self._topic}/status")
        while f"answer {number}" not in self._said:
            if number is None or "disconnect" in self._said or time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def _arrived(self, message: Any, end: float) -> bool:
        if message.rc != self._paho.MQTT_ERR_SUCCESS:
            return False
        while not message.is_published():
            if "disconnect" in self._said or time.monotonic() > end:
                return False
            message.wait_for_publish(0.05)
        return True

    def _drop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None


def _note_end(said: dict[str, Any], flags: Any, code: Any) -> None:
    """The first word stays: behind it the library may report the end of the connection once more."""
    if "disconnect" not in said:
        said.update(disconnect=code, told=flags.is_disconnect_packet_from_server, ended_s=time.monotonic())


def _topic(target: str, path: str) -> str:
    topic = path.removeprefix("/").rstrip("/")
    if not topic or any(sign in target for sign in "+#?"):
        raise UsageError(f"{target}: name the topic, without + and #, as in mqtts://broker/site/door")
    return topic


def open_mqtt(target: str, credentials: Credentials) -> Mqtt:
    """The sink of "mqtts://broker/site/door"."""
    return Mqtt(target, credentials)
