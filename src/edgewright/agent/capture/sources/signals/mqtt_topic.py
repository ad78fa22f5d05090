"""Readings from an MQTT topic: each message is a line of a table, or several, or JSON."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.signals.readings import TOO_LONG, Readings
from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.tls import client_context, verdict
from edgewright.errors import MissingExtraError, UsageError
from edgewright.media import LONGEST_ROW, SeriesPreparation

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_CONNECT_S = 10.0
_KEEP_ALIVE_S = 30
_LOOK_S = 0.25

# So many messages wait for the model at most; of more the oldest go.
_WAITING = 1000

# MQTT 5.0, section 2.4: bad user name or password, not authorized, bad authentication method.
_LOGIN = frozenset({0x86, 0x87, 0x8C})

_Message = str | None

log = logging.getLogger(__name__)


class MqttSource:
    """The messages of one topic, from now on: one that the broker keeps (retained) is of before, and passed over."""

    live = True
    can_stall = False  # it tells silence itself: how long is too long depends on how often the sensor speaks

    def __init__(self, target: str, credentials: Credentials, takes: SeriesPreparation) -> None:
        parts = split_url(target)
        warn_if_bare(parts, credentials)
        self._paho = _library()
        self._host, self._port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        self._topic = _topic(target, parts.path)
        self._credentials, self._takes = credentials, takes
        self._tls = client_context(credentials) if parts.scheme == "mqtts" else None
        self.name = f"{parts.scheme}://{self._host}:{self._port}/{self._topic}"
        self._lost, self._told_at = 0, 1
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give rows as they come; raises `SourceError` where the broker is not there, leaves, or nothing comes."""
        listening = _Listening(self._topic)
        client = self._client(listening)
        try:
            client.connect(self._host, self._port, _KEEP_ALIVE_S, clean_start=True)
            client.loop_start()
            yield from self._readings(listening)
        except OSError as error:
            reason = verdict(error) or f"cannot be reached: {error.strerror or error}"
            raise SourceError(f"the broker {reason}") from error
        finally:
            client.disconnect()
            client.loop_stop()

    def _readings(self, listening: _Listening) -> Iterator[Frame]:
        readings = Readings(self._takes)
        expected = 0
        while not self._closed.is_set():
            try:
                number, message = listening.messages.get(timeout=_LOOK_S)
            except queue.Empty:
                if (problem := listening.problem) is not None:
                    raise SourceError(problem) from None
            else:
                if number > expected:
                    self._tell_lost(number - expected)
                    readings.begin_anew()
                expected = number + 1
                for line in _lines(message):
                    yield from readings.frames(line) if line is not None else [readings.damaged(TOO_LONG)]
            readings.silence.check()

    def _tell_lost(self, count: int) -> None:
        """Log that messages were too many: the first time, and whenever there are ten times as many."""
        self._lost += count
        if self._lost >= self._told_at:
            log.warning("%s: messages come faster than they are looked at; %d so far are lost", self.name, self._lost)
            self._told_at = 10 * self._lost

    def _client(self, listening: _Listening) -> Any:
        paho = self._paho
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False)
        client.connect_timeout = _CONNECT_S
        if self._credentials.user:
            client.username_pw_set(self._credentials.user, self._credentials.password)
        if self._tls:
            client.tls_set_context(self._tls)
        client.on_connect = listening.connected
        client.on_subscribe = listening.subscribed
        client.on_disconnect = listening.disconnected
        client.on_message = listening.came
        return client

    def give_back(self, marks: Iterable[str]) -> None:
        """What a sensor measured is past."""

    def close(self) -> None:
        """End within a moment."""
        self._closed.set()


class _Listening:
    """What came of one connection, as the library's thread tells it: numbered messages, or a `problem`."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self.messages: queue.Queue[tuple[int, _Message]] = queue.Queue(_WAITING)
        self._count = 0
        self.problem: str | None = None

    def connected(self, client: Any, _data: object, _flags: object, code: Any, _properties: object) -> None:
        if code.is_failure:
            hint = " (are user and password right?)" if code.value in _LOGIN else ""
            self.problem = f"the broker says: {code}{hint}"
        else:
            client.subscribe(self._topic, qos=1)

    def subscribed(self, _client: object, _data: object, _number: int, codes: Any, _properties: object) -> None:
        if codes and codes[0].is_failure:
            self.problem = f"the broker says: {codes[0]} (may this user read {self._topic}?)"

    def disconnected(self, _client: object, _data: object, flags: Any, code: Any, _properties: object) -> None:
        told = flags.is_disconnect_packet_from_server
        self.problem = self.problem or (f"the broker says: {code}" if told else "the broker closed the connection")

    def came(self, _client: object, _data: object, message: Any) -> None:
        if message.retain:
            return
        text = None if len(message.payload) > LONGEST_ROW else message.payload.decode("utf-8", "replace")
        number, self._count = self._count, self._count + 1
        while True:
            try:
                self.messages.put_nowait((number, text))
                return
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self.messages.get_nowait()


def _lines(message: _Message) -> list[_Message]:
    """The lines of a table; JSON is one."""
    if message is None or message.lstrip()[:1] in ("{", "["):
        return [message]
    return [*message.splitlines()]


def _topic(target: str, path: str) -> str:
    topic = path.removeprefix("/").rstrip("/")
    if not topic or any(sign in target for sign in "+#?"):
        raise UsageError(f"{target}: name one topic, without + and #, as in mqtt://broker/pump/vibration")
    return topic


def _library() -> Any:
    try:
        import paho.mqtt.client as paho
    except ImportError:
        raise MissingExtraError("Reading from an MQTT broker", "agent") from None
    return paho


def open_topic(
    target: str, *, every_frame: bool, memory: Taken, takes: SeriesPreparation, credentials: Path | None = None
) -> MqttSource:
    """The source of "mqtt://broker/topic"; user and password as those of sinks. Raises `UsageError`."""
    if urlsplit(str(target)).scheme not in _PORTS:
        raise UsageError(f"{target}: expected the address of a broker and a topic, as in mqtt://broker/pump/vibration")
    return MqttSource(str(target), Credentials.read(credentials), takes)
