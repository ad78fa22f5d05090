"""A connection to an MQTT 5 broker: opened anew where it is gone, within what the broker takes."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import time
from collections.abc import Callable
from typing import Any

from edgewright.agent.credentials import Credentials, split_url
from edgewright.agent.delivery.limits import SLOWEST_BYTES_S
from edgewright.agent.delivery.sinks.mqtt_limits import BrokerLimits
from edgewright.agent.delivery.sinks.mqtt_name import ClientName
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.tls import client_context, verdict
from edgewright.errors import MissingExtraError, UsageError

log = logging.getLogger(__name__)

ACKNOWLEDGE_S = 20.0

MOST_BYTES = 1 << 18
"""Of a report or a wish that is taken from a broker: a larger message stays there, whoever lays it down."""

LIBRARY_ERRORS = (RuntimeError, ValueError, OSError)
"""What the library raises where a connection ends in its midst, or a message is over what MQTT has room for."""

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNECT_S = 10.0

# So long each side may hear nothing of the other. While a message is on a slow line that is all the time, and behind
# half of it the other side may be at its end, or the library, whose question waits behind the message.
_KEEP_ALIVE_S, _LONGEST_KEEP_ALIVE_S = 30, 65_535

# Reason codes from here on are failures (MQTT 5.0, section 2.4). These two are of the message, whatever is tried. A
# topic or rights that are wrong (0x90, 0x87) are so for all, and somebody can set them right: those are tried again.
FAILURE = 0x80
REFUSED = frozenset({0x95, 0x99})  # packet too large, payload format invalid
RIGHTS = frozenset({0x87, 0x90})  # not authorized, topic name invalid
_LOGIN = frozenset({0x86, 0x87, 0x8C})  # bad user name or password, not authorized, bad authentication method

# What the library says where it cannot read an answer. Mosquitto refuses a message over its `message_size_limit` with a
# reason that the standard does not have for that answer.
_UNREADABLE = 0x82


Presence = Callable[[bool], str | bytes]


def _in_a_word(is_here: bool) -> str:
    return "online" if is_here else "offline"


class Connection:
    """To the broker of a target such as "mqtts://broker/site/door", with a status beside its topic.

    `TOPIC/status` says "online" or, by the last will, "offline"; it is retained. `presence` makes other words of
    whether we are there; None says nothing. Each connection is a new session. `number` counts those that the broker has
    taken. `heard` is called, in another thread, with what comes in. `most_bytes`: of a message that we take.
    """

    def __init__(
        self,
        target: str,
        credentials: Credentials,
        *,
        ahead: int,
        presence: Presence | None = _in_a_word,
        most_bytes: int | None = None,
    ) -> None:
        try:
            import paho.mqtt.client as paho
        except ImportError:
            raise MissingExtraError("Sending to an MQTT broker", "agent") from None
        parts = split_url(target)
        self._paho = paho
        self._host = str(parts.hostname)
        self._port = parts.port or _PORTS[parts.scheme]
        self.topic = _topic(target, parts.path)
        self.broker = f"{parts.scheme}://{self._host}:{self._port}"
        self.name = f"{self.broker}/{self.topic}"
        self._credentials = credentials
        self._tls = client_context(credentials) if parts.scheme == "mqtts" else None
        self._ahead = ahead
        self._keep_alive_s = _KEEP_ALIVE_S
        self._presence, self._most_bytes = presence, most_bytes
        self.client_name = ClientName(self.name)
        self.client: Any = None
        self.limits = BrokerLimits()
        self.number = 0
        self.heard: Callable[[str, bytes], None] | None = None
        self._said: dict[str, Any] = {}
        self._noticed: tuple[str, ...] = ()

    @property
    def qos(self) -> int:
        """The quality of service of what is published: at least once each where the broker can that."""
        return min(1, self.limits.qos)

    @property
    def is_open(self) -> bool:
        """Whether it was open a moment ago."""
        return self.client is not None and bool(self.client.is_connected())

    def open(self, largest: int = 0) -> None:
        """Connect where it is not connected, so that a message of `largest` bytes can take its time.

        Raises `SinkError`.
        """
        need_s = min(2 * math.ceil(largest / SLOWEST_BYTES_S), _LONGEST_KEEP_ALIVE_S)
        if need_s > self._keep_alive_s:
            self._keep_alive_s = min(max(need_s, 2 * self._keep_alive_s), _LONGEST_KEEP_ALIVE_S)
            self.drop()
        if self.is_open:
            return
        self._heed_namesake()
        client = self._begin()
        while (code := self._refusal(client)) is not None:
            less = self.limits.after(code)
            reason = self.reason("the broker did not answer")
            self.drop()
            if less == self.limits:
                raise SinkError(reason)
            self.limits = less
            client = self._begin()
        self._welcomed()

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = False, properties: Any = None) -> Any:
        """Send a message; `arrived` waits for its acknowledgement, `outcome` tells what the broker thinks of it."""
        keeps = retain and self.limits.retain
        return self.client.publish(topic, payload, qos=self.qos, retain=keeps, properties=properties)

    def arrived(self, message: Any, end: float) -> bool:
        """Wait until it is acknowledged, or without acknowledgements sent, at most until `end` (monotonic clock)."""
        if message.rc != self._paho.MQTT_ERR_SUCCESS:
            return False
        while not message.is_published():
            if "disconnect" in self._said or time.monotonic() > end:
                return False
            message.wait_for_publish(0.05)
        return True

    def outcome(self, message: Any) -> Any:
        """The reason code of an acknowledged message where the broker refused it, else None."""
        code = self._said.pop(f"message {message.mid}", None)
        return code if code is not None and code.value >= FAILURE else None

    def lay_down(self, topic: str, payload: bytes | str) -> None:
        """Publish what the broker is to keep, and wait until it has it; raises `SinkError` with its reason."""
        message = self.publish(topic, payload, retain=True)
        arrived = self.arrived(message, time.monotonic() + ACKNOWLEDGE_S)
        code = self.outcome(message) if arrived else None
        if code is not None:
            self.refused(code)
        if not arrived or code is not None:
            raise SinkError(self.reason("the broker did not acknowledge in time"))

    def refused(self, code: Any) -> None:
        """Note a refusal that may pass, for `reason`."""
        self._said["refusal"] = code

    def has_read(self, end: float) -> bool:
        """Without acknowledgements: whether the broker answers a question that went out behind the messages."""
        _, number = self.client.unsubscribe(f"{self.topic}/status")
        while f"answer {number}" not in self._said:
            if number is None or "disconnect" in self._said or time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def subscribe(self, topic: str) -> None:
        """Ask for what is published on a topic; a broker that does not allow it sends nothing."""
        self.client.subscribe(topic, qos=self.qos)

    def reason(self, otherwise: str) -> str:
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

    @property
    def is_refusal(self) -> bool:
        """Whether the broker left because of the one message that was on the way, as its last word says."""
        code = self._said.get("disconnect")
        if code is None or "refusal" in self._said:
            return False
        return code.value in REFUSED if self._said["told"] else code.value == _UNREADABLE

    def drop(self) -> None:
        """Let the connection go."""
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None

    def close(self) -> None:
        """Say that we are offline, and disconnect."""
        if self.client is None:
            return
        with contextlib.suppress(RuntimeError, ValueError):  # a connection that is gone: the last will says it
            if self._presence is not None:
                self._say(self._presence(False)).wait_for_publish(1.0)
        self.drop()

    def _heed_namesake(self) -> None:
        """Learn from how the last connection ended, once; one that was never welcome says nothing."""
        code, welcome = self._said.pop("disconnect", None), self._said.get("connect")
        if code is None or welcome is None or welcome.is_failure:
            return
        notice = self.client_name.after(code, self._said["ended_s"], told=self._said["told"])
        if notice is not None:
            log.warning("%s: %s", self.name, notice)

    def _begin(self) -> Any:
        self.drop()
        client = self._new_client()
        try:
            client.connect(self._host, self._port, self._keep_alive_s, clean_start=True, properties=self._bounds())
        except OSError as error:
            raise SinkError(verdict(error) or f"cannot be reached: {error.strerror or error}") from error
        client.loop_start()
        self.client = client
        return client

    def _welcomed(self) -> None:
        """Heed what the broker said, and say that we are here; its answer shows that it answers as MQTT has it."""
        self.client_name.welcomed()
        self.limits = BrokerLimits.of(self._said.get("properties"))
        for notice in self.limits.notices:
            if notice not in self._noticed:
                log.warning("%s: %s", self.name, notice)
        self._noticed = self.limits.notices
        end = time.monotonic() + ACKNOWLEDGE_S
        if self._presence is not None and not self.arrived(self._say(self._presence(True)), end):
            reason = self.reason("the broker did not acknowledge our status in time")
            self.drop()
            raise SinkError(reason)
        self.number += 1

    def _bounds(self) -> Any:
        """What the broker is told of our own limits, where there are any (MQTT 5.0, section 3.1.2.11.4)."""
        if self._most_bytes is None:
            return None
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        make: Any = Properties
        bounds = make(PacketTypes.CONNECT)
        bounds.MaximumPacketSize = self._most_bytes
        return bounds

    def _say(self, status: str | bytes) -> Any:
        return self.publish(f"{self.topic}/status", status, retain=True)

    def _new_client(self) -> Any:
        self._said = {}
        paho = self._paho
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, self.client_name.text, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(self._ahead + 1)
        if self._presence is not None:
            will = self._presence(False)
            client.will_set(f"{self.topic}/status", will, qos=self.qos, retain=self.limits.retain)
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
        if self.heard is not None:
            heard = self.heard
            client.on_message = lambda _c, _u, message: heard(message.topic, message.payload)
        return client

    def _refusal(self, client: Any) -> int | None:
        """Wait for the welcome; the reason's number where there is none."""
        end = time.monotonic() + _CONNECT_S
        while "connect" not in self._said and "disconnect" not in self._said and time.monotonic() < end:
            time.sleep(0.01)
        welcome = self._said.get("connect")
        if welcome is not None and not welcome.is_failure and client.is_connected():
            return None
        return FAILURE if welcome is None else int(welcome.value)

    def _hint(self, step: str, code: int) -> str:
        if step == "refusal" and code in RIGHTS:
            return f" (may this user publish to {self.topic}?)"
        return " (are user and password right?)" if code in _LOGIN else ""


def _note_end(said: dict[str, Any], flags: Any, code: Any) -> None:
    """The first word stays: behind it the library may report the end of the connection once more."""
    if "disconnect" not in said:
        said.update(disconnect=code, told=flags.is_disconnect_packet_from_server, ended_s=time.monotonic())


def _topic(target: str, path: str) -> str:
    topic = path.removeprefix("/").rstrip("/")
    if not topic or any(sign in target for sign in "+#?"):
        raise UsageError(f"{target}: name the topic, without + and #, as in mqtts://broker/site/door")
    return topic
