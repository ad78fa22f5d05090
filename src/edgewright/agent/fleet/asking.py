"""What the devices of a fleet have reported to a broker, and laying down there which version they are to have."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from edgewright.agent.credentials import Credentials
from edgewright.agent.delivery.sinks.mqtt_connection import ACKNOWLEDGE_S, LIBRARY_ERRORS, MOST_BYTES, Connection
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.documents import parse_json
from edgewright.errors import DeployError, UsageError

_PATIENCE_S, _LOOK_S = 2.0, 0.02


def read_reports(
    broker: str,
    credentials: Credentials | None = None,
    *,
    expected: Collection[str] = (),
    patience_s: float = _PATIENCE_S,
) -> dict[str, dict[str, Any]]:
    """The last report of each device below a target like "mqtts://broker/site", by its name.

    Devices that are `expected` are waited for, up to `patience_s` seconds: a broker may be slow to send what it holds.
    What is no report has `{"state": "unreadable"}`. Raises `DeployError` where the broker does not answer.
    """
    found: dict[str, bytes] = {}
    with _connected(broker, credentials, found) as connection:
        end = time.monotonic() + patience_s
        _subscribe(connection, f"{connection.topic}/devices/+/status")
        if not connection.has_read(time.monotonic() + ACKNOWLEDGE_S):
            raise SinkError(connection.reason("the broker does not answer"))
        while not {*expected} <= {*map(_name, tuple(found))} and time.monotonic() < end:  # more may come meanwhile
            time.sleep(_LOOK_S)
        return {_name(topic): _report(data) for topic, data in sorted(found.copy().items()) if data}


def lay_down(broker: str, wishes: Mapping[str, bytes], credentials: Credentials | None = None) -> None:
    """Lay down which version devices are to have, by the device's name; nothing (b"") takes it away.

    Raises `DeployError` where the broker does not take it.
    """
    with _connected(broker, credentials, {}) as connection:
        if not connection.limits.retain:
            raise SinkError("the broker retains no messages, so that a device would have to hear it right now")
        for name, data in wishes.items():
            try:
                connection.lay_down(f"{connection.topic}/devices/{name}/desired", data)
            except SinkError as error:
                raise SinkError(f"{name}: {error}") from None


@contextlib.contextmanager
def _connected(broker: str, credentials: Credentials | None, found: dict[str, bytes]) -> Iterator[Connection]:
    if urlsplit(broker).scheme not in ("mqtt", "mqtts"):
        raise UsageError(f"{broker}: expected a broker and a topic, like mqtts://broker/site")
    connection = Connection(
        broker, credentials or Credentials.read(None), ahead=1, presence=None, most_bytes=MOST_BYTES
    )
    asked = re.compile(f"{re.escape(connection.topic)}/devices/[^/]+/status")
    # A broker may send whatever it likes.
    connection.heard = lambda topic, data: found.update({topic: data} if asked.fullmatch(topic) else {})
    try:
        connection.open()
        yield connection
    except (SinkError, *LIBRARY_ERRORS) as error:
        raise DeployError(str(error), where=connection.name) from None
    finally:
        connection.close()


def _subscribe(connection: Connection, topic: str) -> None:
    """Ask for what is held; without acknowledgements, which would let only some of it be on the way."""
    said: list[Any] = []
    connection.client.on_subscribe = lambda _c, _u, _number, codes, _p: said.extend(codes)
    connection.client.subscribe(topic, qos=0)
    end = time.monotonic() + ACKNOWLEDGE_S
    while not said and connection.is_open and time.monotonic() < end:
        time.sleep(_LOOK_S)
    if not said:
        raise SinkError(connection.reason("the broker does not answer"))
    if said[0].is_failure:
        raise SinkError(f"the broker says: {said[0]} (may this user read {topic}?)")


def _name(topic: str) -> str:
    return topic.split("/")[-2]


def _report(data: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        value = parse_json(data, most_bytes=MOST_BYTES)
        if isinstance(value, dict):
            return value
    return {"state": "unreadable"}
