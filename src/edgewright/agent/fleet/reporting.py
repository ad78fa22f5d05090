"""Telling a broker how this device is doing, and hearing from it which version the device is to have."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import edgewright
from edgewright.agent.backoff import Backoff
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.sinks.mqtt_connection import ACKNOWLEDGE_S, LIBRARY_ERRORS, MOST_BYTES, Connection
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.settings import FleetSettings
from edgewright.agent.fleet.updating import Update
from edgewright.agent.fleet.wishes import Inbox
from edgewright.documents import json_text
from edgewright.errors import OutputError

log = logging.getLogger(__name__)

COUNTERS = ("captured", "looked_at", "events", "sent", "dropped", "passed_over", "refused", "damaged", "still")
"""What a report says of an agent's work, named as in its status."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_LOOK_S, _STOP_S = 1.0, 2.0

Status = Callable[[], Mapping[str, Any]]
Troubles = Callable[[], Mapping[str, str]]


class Reporting:
    """Keeps `BASE/devices/NAME/status` true, a retained JSON object; by the last will its `state` is "offline".

    In a thread of its own, which nobody waits for. `status` gives the agent's, `troubles` what does not work now,
    `update` how far an update is.
    """

    def __init__(
        self,
        settings: FleetSettings,
        device: Device,
        *,
        identity: Identity,
        status: Status,
        troubles: Troubles,
        update: Callable[[], Update] | None = None,
        inbox: Inbox | None = None,
    ) -> None:
        self._settings, self._device, self._inbox = settings, device, inbox
        self._status, self._troubles, self._update = status, troubles, update
        self._started = _now()
        target = f"{settings.base}/devices/{device.name}"
        self._connection = Connection(
            target, settings.credentials, ahead=1, presence=self.report, most_bytes=MOST_BYTES
        )
        self._connection.client_name.identity = identity
        if inbox is not None:
            self._connection.heard = inbox.put
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="fleet", daemon=True)
        self._number = 0
        self._said: object = None
        self._next_s = 0.0
        self._failure = ""

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Say that the agent is gone, where the broker hears it at once."""
        self._stopping.set()
        self._thread.join(_STOP_S)

    def report(self, is_here: bool) -> str:
        """What is said of the device, as JSON."""
        device = self._device
        said: dict[str, Any] = {
            "name": device.name,
            "groups": device.groups,
            "state": "online" if is_here else "offline",
            "version": device.version,
            "label": device.label,
            "program": edgewright.__version__,
            "machine": device.platform.machine,
            "python": device.platform.python,
            "started": self._started,
            "time": _now(),
            "every_s": self._settings.every_s,
            **self._work_done(),
        }
        return json_text(said if self._update is None else {**said, "update": asdict(self._update())})

    def _work_done(self) -> dict[str, Any]:
        troubles = dict(self._troubles())
        try:
            status = self._status()
        except OutputError as error:
            return {"healthy": False, "troubles": {"disk": str(error), **troubles}}
        counters = {name: status[name] for name in COUNTERS}
        waiting = sum(status["pending"].values())
        return {"healthy": not troubles, "troubles": troubles, "counters": counters, "waiting": waiting}

    def _work(self) -> None:
        backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        while not self._stopping.is_set():
            try:
                self._keep_up()
                backoff.reset()
                pause_s = _LOOK_S
            except (SinkError, *LIBRARY_ERRORS) as error:
                self._failed(str(error))
                pause_s = backoff.pause()
            self._stopping.wait(pause_s)
        self._connection.close()

    def _keep_up(self) -> None:
        """Be connected, and say what has changed; raises `SinkError`."""
        self._connection.open()
        if self._connection.number != self._number:
            self._number = self._connection.number
            self._note()  # the welcome had the report in it
            self._listen()
            log.info("fleet: reports go to %s", self._connection.name)
            self._failure = ""
            return
        self._settle()  # at the look behind the first: a broker may be slow to send what it holds
        if time.monotonic() >= self._next_s or self._worth_telling() != self._said:
            self._note()
            self._publish(self.report(True))

    def _listen(self) -> None:
        """Ask for what is laid down."""
        if self._inbox is not None:
            self._inbox.begin()
            for topic in self._inbox.topics:
                self._connection.subscribe(topic)

    def _settle(self) -> None:
        """Forget what the broker holds no more."""
        inbox = self._inbox
        if inbox is None or inbox.is_settled:
            return
        if self._connection.has_read(time.monotonic() + ACKNOWLEDGE_S):
            inbox.settle()

    def _note(self) -> None:
        self._said = self._worth_telling()
        self._next_s = time.monotonic() + self._settings.every_s

    def _worth_telling(self) -> object:
        """What is told at once when it changes."""
        return dict(self._troubles()), self._update() if self._update is not None else None

    def _publish(self, text: str) -> None:
        try:
            self._connection.lay_down(f"{self._connection.topic}/status", text)
        except SinkError:
            self._connection.drop()
            raise

    def _failed(self, reason: str) -> None:
        if reason != self._failure:
            log.warning("fleet: %s: %s; the agent goes on without", self._connection.name, reason)
        self._failure = reason


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
