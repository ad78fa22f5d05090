"""Events published to an MQTT 5 broker, at least once each (quality of service 1)."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import time
from collections.abc import Sequence
from typing import Any

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.event import Stored
from edgewright.agent.sinks.protocol import SinkError
from edgewright.agent.sinks.tls import client_context, verdict
from edgewright.errors import MissingExtraError, UsageError

log = logging.getLogger(__name__)

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNECT_S = 10.0
_ACKNOWLEDGE_S = 20.0
_KEEP_ALIVE_S = 30

# Reason codes of an acknowledgement from here on are failures (MQTT 5.0, section 2.4); these are of the event itself.
_FAILURE = 0x80
_REFUSED = frozenset({0x90, 0x95, 0x99})  # topic name invalid, packet too large, payload format invalid
_LOGIN = frozenset({0x86, 0x87, 0x8C})  # bad user name or password, not authorized, bad authentication method


class Mqtt:
    """Publishes to one topic. Beside it, `TOPIC/status` says "online" or, by the last will, "offline"; it is retained.

    Each connection is a new session: what was not acknowledged is published again by us, in order, not by the library.
    """

    batch = 200

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
        self._client: Any = None
        self._said: dict[str, Any] = {}

    def send(self, events: Sequence[Stored]) -> int:
        """Publish all, then wait for the acknowledgements; those that came in order count."""
        client = self._connected()
        messages = [self._publish(client, event) for event in events]
        done = self._acknowledged(events, messages)
        if done < len(events):
            self._drop()
        if not done:
            raise SinkError(self._reason("the broker did not acknowledge in time"))
        return done

    def close(self) -> None:
        """Say that we are offline, and disconnect."""
        if self._client is None:
            return
        with contextlib.suppress(RuntimeError, ValueError):  # a connection that is gone: the last will says it
            self._client.publish(f"{self._topic}/status", "offline", qos=1, retain=True).wait_for_publish(1.0)
        self._drop()

    def _connected(self) -> Any:
        if self._client is not None and self._client.is_connected():
            return self._client
        self._drop()
        client = self._new_client()
        try:
            client.connect(self._host, self._port, _KEEP_ALIVE_S, clean_start=True)
        except OSError as error:
            raise SinkError(verdict(error) or f"cannot be reached: {error.strerror or error}") from error
        client.loop_start()
        self._client = client
        self._await_welcome(client)
        client.publish(f"{self._topic}/status", "online", qos=1, retain=True)
        return client

    def _new_client(self) -> Any:
        self._said = {}
        paho = self._paho
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, self._client_id(), protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(self.batch + 1)
        client.will_set(f"{self._topic}/status", "offline", qos=1, retain=True)
        if self._credentials.user:
            client.username_pw_set(self._credentials.user, self._credentials.password)
        if self._tls:
            client.tls_set_context(self._tls)
        client.on_connect = lambda _c, _u, _f, code, _p: self._said.update(connect=code)
        client.on_disconnect = lambda _c, _u, _f, code, _p: self._said.update(disconnect=code)
        client.on_publish = lambda _c, _u, number, code, _p: self._said.update({f"message {number}": code})
        return client

    def _client_id(self) -> str:
        """The same at each start of this device, so that a broker's log and its rules for access can name it."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:8]
        return f"edgewright-{socket.gethostname()[:32]}-{digest}"

    def _await_welcome(self, client: Any) -> None:
        end = time.monotonic() + _CONNECT_S
        while "connect" not in self._said and "disconnect" not in self._said and time.monotonic() < end:
            time.sleep(0.01)
        welcome = self._said.get("connect")
        if welcome is None or welcome.is_failure or not client.is_connected():
            reason = self._reason("the broker did not answer")
            self._drop()
            raise SinkError(reason)

    def _reason(self, otherwise: str) -> str:
        """Why the broker refused or left, in its own words."""
        for step in ("connect", "disconnect"):
            code = self._said.get(step)
            if code is not None and code.is_failure:
                hint = " (are user and password right?)" if code.value in _LOGIN else ""
                return f"the broker says: {code}{hint}"
        return otherwise

    def _publish(self, client: Any, event: Stored) -> Any:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        make: Any = Properties  # without types where the library is missing, untyped where it is there
        properties = make(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.UserProperty = [("id", event.id)]
        return client.publish(self._topic, event.data, qos=1, properties=properties)

    def _acknowledged(self, events: Sequence[Stored], messages: Sequence[Any]) -> int:
        end = time.monotonic() + _ACKNOWLEDGE_S
        for done, (event, message) in enumerate(zip(events, messages, strict=True)):
            if not self._arrived(message, end):
                return done
            code = self._said.pop(f"message {message.mid}", None)
            if code is not None and code.value in _REFUSED:
                log.error("%s: event %s was refused for good: %s", self.name, event.id, code)
            elif code is not None and code.value >= _FAILURE:
                self._said["disconnect"] = code
                return done
        return len(events)

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


def _topic(target: str, path: str) -> str:
    topic = path.removeprefix("/").rstrip("/")
    if not topic or any(sign in target for sign in "+#?"):
        raise UsageError(f"{target}: name the topic, without + and #, as in mqtts://broker/site/door")
    return topic


def open_mqtt(target: str, credentials: Credentials) -> Mqtt:
    """The sink of "mqtts://broker/site/door"."""
    return Mqtt(target, credentials)
